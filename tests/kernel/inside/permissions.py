"""Every public permission, as the Python that grants it and as tests/table/cases calls it."""

import inspect

import pyextrasafe

# What is given, where a descriptor, a path or a port is.
GIVEN = 900
PATH = "/usr"
PORT = 443


def permissions():
    """Yield pairs of code and name."""
    for name in pyextrasafe.__all__:
        kind = getattr(pyextrasafe, name)
        if not isinstance(kind, type) or not issubclass(kind, pyextrasafe.RuleSet):
            continue
        if name in ("RuleSet", "Custom"):
            continue
        yield f"{name}()", f"{name}.itself"
        for method in sorted(vars(kind)):
            if method == "everything":
                yield f"{name}.everything()", f"{name}.everything"
            elif method.startswith("allow_"):
                for argument, told in arguments(kind, method):
                    yield f"{name}().{method}({argument})", f"{name}.{method}{told}"


def arguments(kind, method):
    """Yield what can be given to a method, as code, and what the lists add to its name then."""
    takes = inspect.signature(getattr(kind(), method)).parameters
    if "fileno" in takes:
        yield GIVEN, ""
    elif "paths" in takes:
        yield repr(PATH), ""
    else:
        yield "", " with a path" if method in pyextrasafe.SystemIO._looked_up else ""
    if "numbers" in takes:
        yield PORT, " with a port"


def together():
    """Everything that can be granted at once, as code."""
    rest = [
        code
        for code, _ in permissions()
        if code.startswith(("Networking().", "Threads().", "Time().")) and code.endswith("()")
    ]
    return ", ".join(["SystemIO.everything()", "ForkAndExec()", *rest])
