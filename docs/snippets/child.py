import json
import os

from pyextrasafe import SafetyContext, SystemIO


def parse(data, answer):
    """In a child: a parser with a bug can give a wrong answer, and not open a file."""
    SafetyContext().enable(SystemIO().allow_file_write(answer)).apply_to_all_threads()
    os.write(answer, str(sum(json.loads(data))).encode())


reader, writer = os.pipe()
child = os.fork()
if child == 0:
    try:
        parse(b"[1, 2, 3]", writer)
    finally:
        os._exit(0)
os.close(writer)
print("the child says:", os.read(reader, 100).decode())
os.waitpid(child, 0)
print("the parent is not confined:", os.path.exists("/etc/passwd"))
