"""A mutation run over the table of rule sets, and over the compiler: see __main__.py."""
