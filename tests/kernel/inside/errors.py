"""Errors of all kinds, and the ways in which Python reports them.

Imports nothing at the start, as child.py: what a report needs must not be here by accident. Names
are ASCII, since Python imports unicodedata for others.
"""

import sys


def unwise():
    one = 1
    return one + 1 / 0 + one


def in_turn():
    try:
        unwise()
    except ZeroDivisionError as error:
        raise KeyError("a name") from error


def too_deep():
    too_deep()


class Thing:
    def __init__(self):
        self.inner = ""

    @property
    def broken(self):
        return self.innner


def generated():
    """Code whose source is known without reading a file, as that of templates."""
    import linecache

    source = "text = 'größe 日本', 1 / 0\n"
    linecache.cache["<generated>"] = (len(source), None, [source], "<generated>")
    exec(compile(source, "<generated>", "exec"), {"__builtins__": {}})


def grouped():
    errors = []
    for kind in (unwise, in_turn):
        try:
            kind()
        except Exception as error:  # noqa: BLE001
            errors.append(error)
    raise ExceptionGroup("two", errors)  # noqa: F821


def noted():
    error = ValueError("with a note")
    error.add_note("a note")
    raise error


def import_submodule():
    import os.no_such_module  # noqa: F401


def import_name():
    from os import pathh  # noqa: F401


def import_module():
    import no_such_module  # noqa: F401


# What an exception knows decides which hints Python looks for.
KINDS = {
    "a number": unwise,
    "a cause": in_turn,
    "depth": too_deep,
    "a name": lambda: prnit,  # noqa: F821
    "an attribute": lambda: "".joiin,
    "an attribute within": lambda: Thing().upper,
    "a property": lambda: Thing().broken,
    "a module": import_module,
    "a submodule": import_submodule,
    "a name of a module": import_name,
    "syntax": lambda: compile("imprt os\n", "code", "exec"),
    "syntax of two lines": lambda: compile("x = (1,\nfro x in y:\n  pass\n", "code", "exec"),
    "an encoding": lambda: b"\xff".decode(),
    "generated code": generated,
    "code without a file": lambda: exec("def f():\n    1 / 0\nf()", {"__builtins__": {}}),
}
if sys.version_info >= (3, 11):
    KINDS.update({"a group": grouped, "a note": noted})


def caught(kind):
    try:
        KINDS[kind]()
    except Exception:  # noqa: BLE001
        return sys.exc_info()
    raise AssertionError(kind)


# ---- Ways of formatting --------------------------------------------------------------------------


def format_exception(kind):
    import traceback

    return "".join(traceback.format_exception(*caught(kind)))


def format_exc(kind):
    import traceback

    try:
        KINDS[kind]()
    except Exception:  # noqa: BLE001
        return traceback.format_exc()


def with_locals(kind):
    import traceback

    report = traceback.TracebackException(*caught(kind), capture_locals=True)
    return "".join(report.format())


def format_warning(kind):
    import warnings

    return warnings.formatwarning(kind, UserWarning, __file__, 10)


FORMATS = [format_exception, format_exc, with_locals, format_warning]


# ---- Ways of printing ----------------------------------------------------------------------------


def hook(kind):
    sys.excepthook(*caught(kind))


def print_exc(kind):
    import traceback

    try:
        KINDS[kind]()
    except Exception:  # noqa: BLE001
        traceback.print_exc()


def print_stack(kind):
    import traceback

    traceback.print_stack()


def unraisable(kind):
    class Last:
        def __del__(self):
            KINDS[kind]()

    Last()
    collect()


def warn(kind):
    import warnings

    warnings.simplefilter("always")
    warnings.warn(kind, stacklevel=1)
    warnings.warn(kind, ResourceWarning, stacklevel=1, source=Thing())
    warnings.warn_explicit(kind, DeprecationWarning, "no-such-file.py", 1)
    compile(f"assert ({kind!r}, 'always true')\n", "no-such-file.py", "exec")


async def never_awaited():
    pass


def forget(kind):
    never_awaited()
    collect()


def collect():
    import gc

    for _ in range(3):
        gc.collect()


PRINTS = [hook, print_exc, print_stack, unraisable, warn, forget]
