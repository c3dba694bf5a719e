"""Refusals that nobody hears: what docs/limits.rst says of them."""

from .box import with_glibc


def test_metadata(run, form):
    def case(box):
        import glob
        import os
        import pathlib
        import sys

        os.symlink("/", "link")
        path = pathlib.Path("/")
        box.apply()
        for function in (os.path.exists, os.path.lexists, os.path.isdir, os.path.ismount):
            box.gives(function.__name__, False, function, "/")
        box.gives("walk", [], lambda: list(os.walk("/")))
        box.gives("glob", [], glob.glob, "/*")
        box.gives("realpath", f"{os.getcwd()}/link", os.path.realpath, "link")
        box.refused("stat", os.stat, "/")
        if sys.version_info < (3, 14):
            box.refused("Path.exists", path.exists)
            box.refused("Path.is_dir", path.is_dir)
        box.raises("import", ModuleNotFoundError, __import__, "colorsys")

    run(case, form=form)


def test_clocks(run, form):
    def case(box):
        import os
        import sys
        import time

        box.apply()
        before, user = time.process_time(), os.times().user
        while time.process_time() - before < 0.1:
            pass
        box.true("times says the same", 0 < os.times().user + os.times().system - user < 10)
        if sys.implementation.name == "pypy":
            box.gives("thread_time", None, time.thread_time)
        else:
            box.refused("thread_time", time.thread_time)

    run(case, form=form)


@with_glibc
def test_a_name_needs_metadata(run, form):
    def case(box):
        import os
        import socket

        from pyextrasafe import Networking, SafetyContext, SystemIO

        files = SystemIO().allow_open_readonly().allow_read().allow_close()

        def look_up():
            return socket.gethostbyname("localhost")

        def in_a_child(*rulesets):
            """Whether the name is found."""
            pid = os.fork()
            if pid == 0:
                context = SafetyContext().enable(*rulesets)
                getattr(context, box.form)()
                try:
                    os._exit(look_up() != "127.0.0.1")
                except OSError:
                    os._exit(1)
            return os.waitpid(pid, 0)[1] == 0

        box.true("without a filter", look_up())
        udp = Networking().allow_start_udp_servers()
        box.gives("without metadata", False, in_a_child, udp, files)
        box.gives("with metadata", True, in_a_child, udp, files, SystemIO().allow_metadata())

    run(case, form=form)
