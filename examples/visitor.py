"""The visitor of the demonstration: starts the server, fetches its pages, looks at the effects.

A refusal that the server reports proves little by itself.  So the visitor holds the other ends of
the server's standard streams, and looks at its files and at its process from outside.
"""

import json
import pathlib
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

import breakout

GREETING = b"can do nothing but serve its folder"
HEADINGS = {
    "tried": "tried",
    "answer": "refused with",
    "rule": "rule that would have to be granted",
}


class ServerProcess:
    """A server in a child process, from its start to its end.

    Its standard input is a socket and not a pipe, because a socket, like a terminal, could be
    written to as well.
    """

    def __init__(self, command):
        self.stdin, theirs = socket.socketpair()
        self.stdin.settimeout(30)
        # Before the server can be dead.
        self.stdin.sendall(b"not for you")
        with theirs:
            self.process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                universal_newlines=True,
            )
        # Whatever goes wrong in the server: when it ends, so do the pipes, and our waiting.
        self.watchdog = threading.Timer(120, self.process.kill)
        self.watchdog.start()

    def __enter__(self):
        self.facts = {}
        for line in self.process.stdout:
            name, colon, value = line.strip().partition(": ")
            if not colon:  # "locking down"
                break
            self.facts[name] = value
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.watchdog.cancel()
        self.stdin.close()

    def fetch(self, page):
        """Fetch a page over TLS from the server that has the certificate, and from no other."""
        tls = ssl.create_default_context(cafile=self.facts["certificate"])
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls)
        )
        with opener.open(self.facts["address"] + page, timeout=60) as response:
            return response.read()

    def stop(self):
        """Stop the server.  Returns what it wrote to 0, 1 and 2 since it locked itself down."""
        self.process.terminate()
        stdout, stderr = self.process.communicate()
        try:
            return self.stdin.recv(1024), stdout, stderr
        except ConnectionResetError:  # it wrote nothing, and did not read what was sent to it
            return b"", stdout, stderr


def look_from_outside(server):
    """Return what can be seen while the server runs: sentences, and whether each is true."""
    directory = pathlib.Path(server.facts["certificate"]).parent
    files = {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }

    def namespaces(process):
        links = pathlib.Path("/proc", process, "ns")
        return [(links / name).readlink() for name in ("mnt", "uts", "net", "user")]

    return {
        "no file was made or removed": sorted(files) == breakout.FILES,
        "the file is as it was": files.get("precious") == breakout.PRECIOUS,
        "the mode of the log is as it was": (directory / "log").stat().st_mode & 0o777 != 0o666,
        "the pages are as they were": (
            files.get("site/index.html") == files.get("site/spare.html") == breakout.PAGE
        ),
        "the file that was left open was written to, as admitted": (
            files.get("log") == breakout.SCRIBBLE
        ),
        "the server is in the namespaces that it started in": (
            namespaces(str(server.process.pid)) == namespaces("self")
        ),
    }


def is_refused(server, page):
    """Return whether the server may not read what it is asked for."""
    try:
        server.fetch(page)
    except urllib.error.HTTPError as answer:
        return answer.code == 403
    return False


def print_table(attempts):
    """One line an attempt; those that the kernel did not answer as it should are marked."""
    widths = {key: max(len(row[key]) for row in [HEADINGS, *attempts]) for key in HEADINGS}
    rule = {key: "-" * width for key, width in widths.items()}
    for row in [HEADINGS, rule, *attempts]:
        line = "  ".join(row[key].ljust(width) for key, width in widths.items())
        wrong = row in attempts and row["answer"] != row["expected"]
        print(line.rstrip() + (f"  <-- should be {row['expected']}" if wrong else ""))


def demo(command):
    """Run the server that the command starts, and print what it could and could not do.

    Returns an exit status: 0 if the pages were served and nothing was let through that should not
    be, otherwise 1.
    """
    with ServerProcess(command) as server:
        try:
            pages = [server.fetch(page) for page in ("", "break-out", "")]
            outside = [is_refused(server, page) for page in ("../precious", "link")]
        except (KeyError, OSError) as error:
            print(f"The server did not serve its pages: {error!r}")
            print(server.stop()[2])
            return 1
        report = json.loads(pages[1])
        effects = {**report["effects"], **look_from_outside(server)}
        stdin, stdout, stderr = server.stop()

    effects.update(
        {
            "the page was served before the attempts": GREETING in pages[0],
            "the page was served after them": GREETING in pages[2],
            "nothing outside of the folder was served": all(outside),
            "nothing arrived on the server's standard input": stdin == b"",
            "nothing arrived on its standard output": stdout == "",
            "its log arrived on its standard error": "GET /break-out" in stderr,
            "it stopped in good order": server.process.returncode == 0,
        }
    )
    print_table(report["attempts"])
    print("\nWhat can be seen of it:")
    for sentence, true in effects.items():
        print(f"  {'yes' if true else 'NO '}  {sentence}")
    answers = [row["answer"] for row in report["attempts"]]
    if answers != [row["expected"] for row in report["attempts"]] or not all(effects.values()):
        print("\nThe lock-down FAILED.")
        return 1
    admitted = answers.count(breakout.LET_THROUGH)
    print(
        f"\nThe kernel refused {len(answers) - admitted} attempts; admitted by design: {admitted}."
    )
    return 0
