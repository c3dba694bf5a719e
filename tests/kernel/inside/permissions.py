"""Every public permission, as the Python that grants it and as tests/table/cases calls it."""

import inspect

import pyextrasafe

GIVEN = 900  # the descriptor, where one is given


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
                yield f"{name}().{method}({argument(kind, method)})", f"{name}.{method}"


def argument(kind, method):
    """What has to be given to a method, as code."""
    takes = inspect.signature(getattr(kind(), method)).parameters.values()
    return GIVEN if any(parameter.default is parameter.empty for parameter in takes) else ""


def together():
    """Everything that can be granted at once, as code."""
    rest = [
        code
        for code, _ in permissions()
        if code.startswith(("Networking().", "Threads().", "Time()."))
    ]
    return ", ".join(["SystemIO.everything()", "ForkAndExec()", *rest])
