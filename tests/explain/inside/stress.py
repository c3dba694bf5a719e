"""What tests/explain/test_stress.py does inside its box."""

import errno
import os
import signal
import subprocess
import sys
import threading

EPERM, EACCES = 1, 13
THREADS, ROUNDS, STACK = 6, 150, 64 << 10
FILES = [*[str(number) for number in range(THREADS)], "child"]


class Stress:
    """Threads with small stacks, a timer, forks and programs; all of them are denied something."""

    def __init__(self):
        self.wrong = []
        self.by_timer = 0
        for name in FILES:
            with open(name, "w"):
                pass

    def expected(self):
        """The calls that must be explained."""
        made = {("mkdir", f"{own}-{turn}") for own in range(THREADS) for turn in range(3)}
        return {("open", name) for name in FILES} | made

    def run(self):
        """Do it all."""
        threading.stack_size(STACK)
        signal.signal(signal.SIGALRM, self.on_timer)
        signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)
        threads = [threading.Thread(target=self.work, args=(own,)) for own in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        signal.setitimer(signal.ITIMER_REAL, 0)

    def expect(self, number, function, *args):
        """The call must fail with this errno."""
        try:
            function(*args)
        except OSError as error:
            # Free-threaded CPython may lose the number while it waits: see _PyThreadState_Attach().
            is_lost = error.errno == errno.EINTR and "t" in sys.abiflags
            if error.errno != number and not is_lost:
                self.wrong.append((function.__name__, error.errno))
        else:
            self.wrong.append((function.__name__, "allowed"))

    def on_timer(self, *_):
        """A signal handler is denied something, too."""
        self.by_timer += 1
        self.expect(EPERM, os.getsid, 0)

    def work(self, own):
        """One thread."""
        for turn in range(ROUNDS):
            self.expect(EPERM, os.getsid, 0)
            self.expect(EPERM, os.mkdir, f"{own}-{turn % 3}")
            self.expect(EACCES, os.open, str(own), os.O_RDONLY)
            if own == 0 and turn % 10 == 0:
                self.fork()
            if own == 1 and turn % 30 == 0:
                ended = subprocess.run(["/bin/true"], check=False)
                if ended.returncode:
                    self.wrong.append(("a program", ended.returncode))

    def fork(self):
        """A child is denied the same."""
        child = os.fork()
        if not child:
            self.expect(EPERM, os.getsid, 0)
            self.expect(EACCES, os.open, "child", os.O_RDONLY)
            os._exit(1 if self.wrong else 42)
        if os.waitpid(child, 0)[1] != 42 << 8:
            self.wrong.append("child")
