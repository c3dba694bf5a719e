"""The library imports nothing of the command line."""

import subprocess
import sys

PROGRAM = """
import sys
import pyextrasafe
context = pyextrasafe.SafetyContext().enable(pyextrasafe.SystemIO().allow_stdout())
context.compile().decide("write", 1)
context.to_file(sys.argv[1])
pyextrasafe.SafetyContext.from_file(sys.argv[1])
if sys.argv[2:]:
    import pyextrasafe.cli
context.apply_to_all_threads()
print(*[name for name in sys.modules if name == "argparse" or name.startswith("pyextrasafe.cli")])
"""


def names(tmp_path, *arguments):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "policy.toml"), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().split()


def test_the_library_imports_nothing_of_it(tmp_path):
    assert names(tmp_path) == []
    assert "pyextrasafe.cli" in names(tmp_path, "as it would look")
