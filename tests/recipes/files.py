"""Programs that read and write files, and the standard streams."""

from . import program

# C and P.
CANNOT_OPEN = "unable to open database file|Could not open database"


@program(stdin=b"one\ntwo\n")
def capitals(result):
    assert result.stdout == b"ONE\nTWO\n"


# os.path.exists() says False, so that nothing is renamed; P opens no file.
@program(refusals={"allow_metadata()": ("ok|PermissionError", "")})
def rotating_log(result):
    logs = {path.name: path.read_text() for path in result.directory.glob("daemon.log*")}
    assert logs == {
        "daemon.log": "message 8\nmessage 9\n",
        "daemon.log.1": "message 6\nmessage 7\n",
        "daemon.log.2": "message 4\nmessage 5\n",
    }


@program(
    refusals={
        "allow_open()": ("OperationalError", CANNOT_OPEN),
        "allow_metadata()": ("OperationalError", CANNOT_OPEN),
        "allow_locks()": ("OperationalError", "access permission denied"),
        "allow_read()": ("OperationalError", f"disk I/O error|{CANNOT_OPEN}"),
        "allow_write()": ("OperationalError", "disk I/O error"),
        "add_simple('unlink')": ("OperationalError", "disk I/O error"),
    }
)
def database(result):
    assert result.stdout == b"4950\n"
    assert not (result.directory / "numbers.db-journal").exists()
    assert (result.directory / "numbers.db").read_bytes().startswith(b"SQLite format 3\0")


@program()
def temporary_files(result):
    assert (result.directory / "result" / "copy" / "page.html").read_text() == "<p>hello</p>"
    assert not list(result.directory.glob("tmp*"))
