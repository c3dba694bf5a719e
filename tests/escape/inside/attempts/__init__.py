"""The attempts, a module for each section of the table; its docstring heads the section."""
