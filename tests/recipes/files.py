"""Programs that read and write files, and the standard streams."""

from . import program

# C and P.
CANNOT_OPEN = "unable to open database file|Could not open database"


@program(stdin=b"one\ntwo\n")
def capitals(result):
    assert result.stdout == b"ONE\nTWO\n"


@program(files={"logs/none": b""})
def rotating_log(result):
    logs = {path.name: path.read_text() for path in result.directory.glob("logs/daemon.log*")}
    assert logs == {
        "daemon.log": "message 8\nmessage 9\n",
        "daemon.log.1": "message 6\nmessage 7\n",
        "daemon.log.2": "message 4\nmessage 5\n",
    }


@program(
    files={"data/none": b""},
    refusals={
        "allow_scratch_dir('data')": ("OperationalError", CANNOT_OPEN),
        "allow_locks()": ("OperationalError", "access permission denied"),
    },
)
def database(result):
    assert result.stdout == b"4950\n"
    assert not (result.directory / "data/numbers.db-journal").exists()
    assert (result.directory / "data/numbers.db").read_bytes().startswith(b"SQLite format 3\0")


@program(
    files={"temporary/none": b"", "result/none": b""},
    refusals={"allow_change_metadata()": ("Error", ".*Operation not permitted")},
)
def temporary_files(result):
    assert (result.directory / "result" / "copy" / "page.html").read_text() == "<p>hello</p>"
    assert [path.name for path in result.directory.glob("temporary/*")] == ["none"]
