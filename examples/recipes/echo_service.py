"""An asyncio service that returns every line; its clients come after the lock-down."""

import asyncio
import pathlib
import signal

from pyextrasafe import Networking, SafetyContext

conversations = []


async def echo(reader, writer):
    conversations.append(asyncio.current_task())
    while True:
        line = await reader.readline()
        if not line:
            break
        writer.write(line)
        await writer.drain()
    writer.close()


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=200)
    pathlib.Path("port").write_text(str(server.sockets[0].getsockname()[1]))
    SafetyContext().enable(Networking().allow_running_tcp_servers()).apply_to_all_threads()
    await stop.wait()
    server.close()
    await asyncio.gather(*conversations)  # or asyncio would end them, and log that


asyncio.run(main())
