"""Denials that explain themselves."""
