"""What tests/learn/test_counts.py watches in two ways: files, a child, a thread, and a server.

The first argument is "learn", and then the calls are printed, or "plain". What counts is between
the marks, calls of access(2).
"""

import asyncio
import os
import sys
import tempfile
import threading

from pyextrasafe import learn


async def talk():
    async def serve(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    await reader.readline()
    writer.close()
    server.close()


def work():
    with tempfile.TemporaryDirectory() as folder:
        for number in range(50):
            with open(f"{folder}/{number}", "w") as file:
                file.write("x")
    child = os.fork()
    if not child:
        os.getsid(0)
        os._exit(0)
    os.waitpid(child, 0)
    thread = threading.Thread(target=os.listdir, args=("/",))
    thread.start()
    thread.join()
    asyncio.run(talk())


def marked():
    os.access("/begin", os.F_OK)
    work()
    os.access("/end", os.F_OK)


# PyPy tries out once whether O_CLOEXEC works.
os.close(os.open("/", os.O_RDONLY))
if sys.argv[1] == "learn":
    with learn() as seen:
        marked()
    counts = {}
    for observation in seen.calls:
        counts[observation.call] = counts.get(observation.call, 0) + observation.count
    print(counts)
else:
    marked()
