"""What is known of a program: how it is run, what it must do, and how it fails.

A program is a file of a folder of examples, which the documentation shows. It runs in a box as
``python program.py`` would run it, but for one thing: when it fails, the exception is written down
in memory, since a program seldom keeps the permission to print it.
"""

import re

import pytest

from . import chain

# By the filter, or by Landlock.
REFUSED = ("PermissionError", "EPERM|EACCES")
# No exception: Python takes the refusal for an answer, and what the program is for does not happen.
SILENT = ("ok", "")
# A library in C waits for ever, or aborts, or has done by then what would be refused, or aborts.
HANGS = ("a hang", "")
# Or it gives up, with nothing done.
MAY_HANG = (r"a hang|exit \d+", "")
ABORTS = ("signal 6", "")
MAY_ABORT = ("signal 6|exit 0", "")


# A descriptor that no program has.
EXPLAINED = 77


def case(box, path, source, files, environ, visitor, awaits, terminal, explain):  # noqa: C901
    """Runs inside the box. The visitor is a process of its own, without a filter."""
    import os
    import sys
    import time

    from terminal import Terminal

    tty = Terminal(*terminal) if terminal else None

    def visit(process):
        space = {"terminal": tty and tty.other_end()}
        exec(compile(visitor, "visitor", "exec"), space)
        return space["visit"](process)

    os.environ.update(environ)
    if explain:
        told = os.open("explained", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(told, explain)
        source = source.replace("SafetyContext()", f"SafetyContext().explain_denials({explain})")
    for name, data in files.items():
        if os.path.dirname(name):
            os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "wb", opener=lambda path, flags: os.open(path, flags, 0o755)) as file:
            file.write(data)
    process = os.getpid()
    if visitor:
        box.peer("visitor", visit, process)
    if tty:
        tty.take_streams()
    while awaits and not os.path.exists(awaits):
        time.sleep(0.01)
    box.note("program", path)  # so that there is a report, even if it ends by itself
    main = sys.modules["__main__"] = type(sys)("__main__")
    main.__file__ = path
    sys.path[0] = os.path.dirname(path)
    sys.argv[:] = [path]
    try:
        box.works("the program", exec, compile(source, path, "exec"), main.__dict__)
    except (KeyboardInterrupt, SystemExit) as end:
        if os.getpid() != process:  # a child that was forked
            raise
        done = isinstance(end, SystemExit) and not end.code
        answer = ("ok", "") if done else (type(end).__name__, str(end))
        box.check("the program", "success", answer, done)
    if explain:
        from pyextrasafe import denials

        box.note("denials", [(it.call, it.needs, it.stack) for it in denials()])


class Program:
    """A program, and what has to be known to run it and to judge what became of it."""

    def __init__(
        self,
        path,
        visitors,  # the folder that has them
        check,
        packages=(),  # the names of the packages that it needs; see where.py
        environ=(),  # variables of the environment
        services=(),  # the names of fixtures that start servers, and give more variables
        namespaces=(),  # options of unshare(1): what the program has for itself in the box
        stdin=b"",
        ends="exit 0",
        files=(),  # what lies in its directory beforehand: contents by names
        made=(),  # the names of more such files, which the fixture ``made`` makes
        visitor="",  # the name of a file of visitors/
        awaits="",  # a file that the visitor makes when it is ready
        terminal=(),  # rows and columns of one, in place of the streams; the visitor has its end
        # How it fails without a permission, if not by a PermissionError: expressions that match the
        # name of the exception, and its errno or the beginning of its message.
        refusals=(),
        lingers=(),  # without these a library may wait for ever, or crash, when the process ends
        needless=(),  # what this interpreter does not need, though others do
    ):
        self.name = path.stem
        self.check = check
        self.packages = packages
        self.environ = dict(environ)
        self.services = services
        self.namespaces = namespaces
        self.visitor = visitor
        self.refusals = dict(refusals)
        self.lingers = lingers
        self.needless = needless
        self.source = path.read_text()
        self.values = {
            "path": str(path),
            "visitor": (visitors / f"{visitor}.py").read_text() if visitor else "",
            "awaits": awaits,
            "terminal": terminal,
        }
        self.stdin = stdin
        self.ends = ends
        self.files = dict(files)
        self.made = made

    def __repr__(self):
        return self.name

    def permissions(self):
        named = chain.permissions(self.source)
        return [name for name in named if name not in self.needless]

    def refusal(self, permission):
        """How it fails without a permission."""
        named = self.refusals.get(permission)
        return named or self.refusals.get(chain.whole(permission), REFUSED)

    def run(self, launch, made, environ, without=None, form="apply_to_all_threads", explain=False):
        """Run it, without one of its permissions if that is asked for; returns a Result.

        explain: what is denied is explained in the file "explained" of its directory.
        """
        waits = without and self.refusal(without) in (HANGS, MAY_HANG)
        # It has to come to the denial.
        patience = {"timeout": 20 if explain else 5} if waits else {}
        source = chain.without(self.source, without) if without else self.source
        source = source.replace("apply_to_all_threads", form)
        files = {**self.files, **{name: made[name] for name in self.made}}
        return launch(
            case,
            stdin=self.stdin,
            namespaces=self.namespaces,
            source=source,
            files=files,
            environ={**self.environ, **environ},
            explain=EXPLAINED if explain else 0,
            **patience,
            **self.values,
        )

    def check_run(self, result):
        """Fail unless the program did what it is for."""
        assert not result.faults(), str(result)
        assert result.ending == self.ends, str(result)
        assert result.finished or self.ends != "exit 0", str(result)
        assert b"Traceback" not in result.stderr, str(result)
        self.check(result)

    def check_refusal(self, permission, result):
        """Fail unless the program failed as a program of Python does."""
        kind, detail = refusal = self.refusal(permission)
        if refusal in (HANGS, MAY_HANG, ABORTS, MAY_ABORT):
            assert re.fullmatch(kind, result.ending), str(result)
            if refusal == MAY_HANG:
                with pytest.raises(AssertionError):
                    self.check(result)
            return
        outcome = result.checks[0][2] if result.checks else SILENT  # it ended itself
        assert re.fullmatch(kind, outcome[0]), str(result)
        assert re.match(detail, str(outcome[1]), re.DOTALL), str(result)
        lingers = "|a hang|signal 11" if permission in self.lingers else ""
        assert re.fullmatch(r"exit \d+" + lingers, result.ending), str(result)
        if outcome[0] == "ok":
            with pytest.raises((AssertionError, FileNotFoundError)):
                self.check(result)
