"""Why the compiled module cannot be imported, for those who have to mend that."""

import os
import sys


def explain(error: ImportError) -> ImportError:
    """Return an error that says what to do, or the same one where something else is wrong."""
    is_missing = isinstance(error, ModuleNotFoundError)
    if not is_missing or not str(error.name).startswith("pyextrasafe."):
        return error
    folder = os.path.dirname(__file__)
    if not os.path.isdir(folder):
        return ImportError(
            "pyextrasafe cannot be imported from a zip file, since it has a compiled module: "
            "install it beside the zip file, or use a tool that unpacks packages, such as shiv or "
            "PEX",
            name=error.name,
        )
    return ImportError(
        f"{folder} has no compiled module for this Python ({sys.implementation.cache_tag}): "
        f"install pyextrasafe with its own pip: {sys.executable} -m pip install pyextrasafe",
        name=error.name,
    )
