"""Whoever has taken over a program tries what lies outside of its paths and ports."""

import copy
import socket

APPLY = ".apply_to_all_threads()\n"
SECRET = b"swordfish"
# The methods that name paths or ports.
LIMITS = (
    "allow_read_path(",
    "allow_create_in_dir(",
    "allow_scratch_dir(",
    "allow_python_files(",
    "allow_dns_files(",
    "allow_start_tcp_clients(",
)
# Runs before the program: what is needed later is there by then, and what was found is told by
# memory, since a file may not be written.
PREPARE = """
def make_thief(port):
    import builtins, mmap, os, socket

    outside = os.path.abspath("../outside")
    secret = f"{{outside}}/secret"
    os.mkdir(outside)
    with open(secret, "wb") as file:
        file.write({secret!r})
    for name in ("own", f"{{outside}}/other"):
        open(name, "wb").close()
    with open("../report", "w+b") as file:
        file.truncate(mmap.PAGESIZE)
        report = mmap.mmap(file.fileno(), 0)

    def bind():
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))

    def connect():
        with socket.socket() as other:
            other.connect(("127.0.0.1", port))

    attempts = (
        lambda: os.chmod(secret, 0o777),
        lambda: open(secret),
        lambda: open("../outside/secret"),
        lambda: open(f"/proc/self/root{{secret}}"),
        lambda: os.listdir(outside),
        lambda: open(secret, "ab"),
        lambda: open(f"{{outside}}/new", "w"),
        lambda: os.mkdir(f"{{outside}}/folder"),
        lambda: os.link(secret, "linked"),
        lambda: os.rename("own", f"{{outside}}/brought"),
        lambda: os.rename(secret, f"{{outside}}/moved"),
        lambda: os.rename(f"{{outside}}/other", f"{{outside}}/secret"),
        lambda: os.symlink(secret, f"{{outside}}/symlink"),
        lambda: os.truncate(secret, 0),
        lambda: os.unlink(secret),
        connect,
        bind,
    )

    def thief():
        answers = []
        for attempt in attempts:
            try:
                attempt()
            except PermissionError:
                answers.append("refused")
            except OSError as other:
                answers.append(repr(other))
            else:
                answers.append("worked")
        found = " ".join(answers).encode()
        report[:len(found)] = found

    builtins.thief = thief


make_thief({port})
"""
# Metadata of files are not limited by their paths.
EVERYWHERE = "allow_change_metadata("
ATTEMPTS = PREPARE.count("lambda: ") + 2


def limited(programs):
    """Those that name paths or ports."""
    return [program for program in programs if any(name in program.source for name in LIMITS)]


def check_outside(play, program, filtered=True):
    """Fail unless everything outside is refused; without a filter, unless everything works."""
    with socket.create_server(("127.0.0.1", 0)) as neighbour:
        neighbour.settimeout(0)
        prepare = PREPARE.format(secret=SECRET, port=neighbour.getsockname()[1])
        robbed = copy.copy(program)
        assert program.source.count(APPLY) == 1
        robbed.source = prepare + program.source.replace(
            APPLY, f"{APPLY.rstrip() if filtered else ''}; thief()\n"
        )
        result = play(robbed)
        answers = (result.directory.parent / "report").read_bytes().rstrip(b"\0").decode().split()
        chmod, *others = answers
        assert others == ["refused" if filtered else "worked"] * (ATTEMPTS - 1), answers
        assert chmod == ("refused" if filtered and EVERYWHERE not in program.source else "worked")
        called = True
        try:
            neighbour.accept()[0].close()
        except BlockingIOError:
            called = False
    folder = result.directory.parent / "outside"
    contents = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert called != filtered
    assert (contents == {"secret": SECRET, "other": b""}) == filtered
    assert (result.directory / "linked").exists() != filtered
