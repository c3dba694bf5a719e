import json
import os

from pyextrasafe import SafetyContext, SystemIO


def parse(data, answer):
    """In a child: whatever is wrong with the parser, all it can do is answer."""
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
