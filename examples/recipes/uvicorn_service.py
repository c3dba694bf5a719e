"""An ASGI application that locks itself down when its server listens."""

import encodings.ascii  # P imports it late otherwise
import pathlib

import uvicorn

from pyextrasafe import Networking, SafetyContext, SystemIO


async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"hello, {scope['path']}".encode()})


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        pathlib.Path("port").write_text(str(port))
        SafetyContext().enable(
            Networking().allow_running_tcp_servers(),
            SystemIO().allow_stdout().allow_stderr(),
        ).apply_to_all_threads()


# The loop is made before the lock-down: uvloop's could have an io_uring.
config = uvicorn.Config(application, port=0, loop="asyncio", http="h11", lifespan="off")
try:
    Server(config).run()
except KeyboardInterrupt:  # uvicorn ends by the signal that ended it
    pass
