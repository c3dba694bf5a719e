"""Policies outside of Python: files that are read and written, and forms for other programs.

Nothing here is imported before a method of SafetyContext or Filter asks for it.
"""
