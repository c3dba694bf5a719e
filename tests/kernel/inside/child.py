"""The half of a box that runs inside its PID namespace. Imports nothing that Python has not
loaded at start, but for marshal and mmap: what a case needs later must not be here by accident.

This process is PID 1, which a namespace needs as its init: it forks the case, ends it when its
time is over, and writes down how it ended.
"""

import errno
import marshal
import mmap
import os
import signal
import sys
from _thread import RLock

GRACE = 10  # seconds that the helpers of a case get after its end


class Hang(Exception):
    """The time is over."""


def describe(error):
    """Where an exception came from, without the traceback module, which would open files."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} ({' > '.join(places)})"


def outcome(function, args, kwargs):
    """Call a function: what can be marshalled about the result, and the result."""
    try:
        value = function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001
        number = getattr(error, "errno", None)
        detail = errno.errorcode.get(number, number) if isinstance(number, int) else str(error)
        return (type(error).__name__, detail), None
    return ("ok", repr(value)[:200]), value


class Box:
    """What a case reports to. Nothing here makes a system call, but for apply, peer and raw.

    Must not be used in a child that the case forks after the lock-down: its report would replace
    the case's own.
    """

    def __init__(self, report, form, numbers):
        self._report = report
        self._found = {"checks": [], "notes": {}, "peers": [], "finished": False, "error": None}
        self._lock = RLock()  # re-entrant: signal handlers report, too
        self._numbers = numbers
        self.form = form

    def apply(self, *rulesets):
        """Lock down, in the form that the test asked for."""
        from pyextrasafe import SafetyContext

        getattr(SafetyContext().enable(*rulesets), self.form)()

    def raw(self):
        """A caller of raw system calls; to be made before the lock-down."""
        from raw import Raw

        return Raw(self._numbers)

    def peer(self, label, function, *args):
        """Run a function in a process of its own, which is not locked down; returns its id.

        The test fails if it raises; what it returns is in Result.peers.
        """
        self._found["peers"].append(label)
        pid = os.fork()
        if pid:
            return pid
        answer, value = outcome(function, args, {})
        if answer[0] == "ok":
            answer = ("ok", value)
        with open(f"report of {label}", "wb") as file:
            file.write(marshal.dumps(answer))
        os.rename(f"report of {label}", f"peer-{label}")
        os._exit(0)

    def note(self, name, value):
        """Hand a value to the test: Result.notes."""
        self._found["notes"][name] = value
        self._write()

    def check(self, label, expected, answer, good):
        with self._lock:
            self._found["checks"].append((label, expected, answer, bool(good)))
        self._write()

    def true(self, label, value):
        """A plain assertion."""
        self.check(label, "a true value", repr(value)[:200], value)

    def equal(self, label, expected, value):
        """An assertion of equality."""
        self.check(label, repr(expected)[:200], repr(value)[:200], expected == value)

    def works(self, label, function, *args, **kwargs):
        """The call raises nothing. Returns its result."""
        answer, value = outcome(function, args, kwargs)
        self.check(label, "success", answer, answer[0] == "ok")
        return value

    def gives(self, label, expected, function, *args, **kwargs):
        """The call raises nothing and returns what is expected."""
        answer, value = outcome(function, args, kwargs)
        good = answer[0] == "ok" and value == expected
        self.check(label, f"success: {expected!r}", answer, good)

    def refused(self, label, function, *args, **kwargs):
        """The filter refuses the call: EPERM, as a PermissionError."""
        answer, _ = outcome(function, args, kwargs)
        self.check(label, "PermissionError EPERM", answer, answer == ("PermissionError", "EPERM"))

    def outside(self, label, function, *args, **kwargs):
        """Landlock refuses the path or port: EACCES, as a PermissionError."""
        answer, _ = outcome(function, args, kwargs)
        self.check(label, "PermissionError EACCES", answer, answer == ("PermissionError", "EACCES"))

    def absent(self, label, function, *args, **kwargs):
        """The filter pretends that the kernel has no such call: ENOSYS, as an OSError."""
        answer, _ = outcome(function, args, kwargs)
        self.check(label, "OSError ENOSYS", answer, answer == ("OSError", "ENOSYS"))

    def reaches(self, label, code, function, *args, **kwargs):
        """The filter lets the call through to the kernel, which answers with an errno of its own.

        For calls with a bad descriptor or pointer, which do no harm.
        """
        answer, _ = outcome(function, args, kwargs)
        good = answer[0] not in ("ok", "OverflowError") and answer[1] == errno.errorcode[code]
        self.check(label, errno.errorcode[code], answer, good)

    def raises(self, label, kind, function, *args, **kwargs):
        """The call raises this exception, or one of these. Returns it."""
        answer, error = "success", None
        try:
            function(*args, **kwargs)
        except BaseException as caught:  # noqa: BLE001
            answer, error = describe(caught), caught
        self.check(label, repr(kind), answer, isinstance(error, kind))
        return error

    def end(self, error):
        """The case came to its last line, or broke off."""
        self._found["finished"] = error is None
        self._found["error"] = describe(error) if error else None
        self._write()

    def _write(self):
        with self._lock:
            write_block(self._report, 0, self._found)


def write_block(report, position, found):
    data = marshal.dumps(found)
    report[position + 8 : position + 8 + len(data)] = data
    report[position : position + 8] = len(data).to_bytes(8, "little")


def run_case(order, report):
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    box = Box(report, order["form"], order["numbers"])
    space = {"__name__": "case"}
    blank = "\n" * (order["line"] - 1)  # so that tracebacks name the lines of the test
    exec(compile(blank + order["source"], order["file"], "exec"), space)
    try:
        space[order["case"]](box, **order["values"])
    except SystemExit:
        raise
    except BaseException as error:
        box.end(error)
        raise
    box.end(None)


def stop(number, frame):
    raise Hang


def wait_for(case, timeout):
    """Wait until the case and its helpers are gone; how the case ended, in words."""
    ending = None
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(timeout)
    try:
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == case:
                signal.alarm(GRACE)
                if os.WIFSIGNALED(status):
                    ending = f"signal {os.WTERMSIG(status)}"
                else:
                    ending = f"exit {os.WEXITSTATUS(status)}"
    except ChildProcessError:
        return ending
    except Hang:
        return "a hang" if ending is None else f"{ending} and a helper that does not end"


def give_back(owner):
    """What root made here, on behalf of a user who came by sudo, is the user's."""
    for folder, _, names in os.walk("."):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            os.chown(path, owner, -1, follow_symlinks=False)


def main():
    order_path, report_path = sys.argv[1:]
    with open(order_path, "rb") as file:
        order = marshal.load(file)
    with open(report_path, "r+b") as file:
        report = mmap.mmap(file.fileno(), 0)
    case = os.fork()
    if case == 0:
        del sys.argv[1:]
        run_case(order, report)
        return
    ending = wait_for(case, order["timeout"])
    write_block(report, len(report) // 2, {"ending": ending})
    owner = os.stat(report_path).st_uid
    if owner != os.geteuid():
        give_back(owner)
    os._exit(0)


if __name__ == "__main__":
    main()
