"""Attempts to get out of a locked-down process, on the real kernel. See suite.py."""
