"""asyncio: loops that run already, loops that are made after the lock-down, servers, clients."""


def test_a_server_that_runs(run, form):
    """The loop and the server were made before the lock-down."""

    def case(box):
        import asyncio
        import socket

        from pyextrasafe import Networking

        def talk():
            answers = []
            for _ in range(3):
                with socket.create_connection(address, timeout=30) as client:
                    client.sendall(b"hello\n")
                    with client.makefile("rb") as file:
                        answers.append(file.read())
            return answers

        served = []

        async def serve(reader, writer):
            line = await reader.readline()
            writer.write(line.upper())
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            served.append(line)
            if len(served) == 3:
                done.set_result("served")

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        done = loop.create_future()
        server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
        address = server.sockets[0].getsockname()
        box.peer("client", talk)
        box.apply(Networking().allow_running_tcp_servers())
        box.gives("serve", "served", loop.run_until_complete, asyncio.wait_for(done, 30))
        box.refused("another server", socket.create_server, ("127.0.0.1", 0))
        connect = asyncio.open_connection(*address)
        box.refused("a connection", loop.run_until_complete, connect)
        box.works("close", lambda: (server.close(), loop.run_until_complete(asyncio.sleep(0))))
        box.works("close the loop", loop.close)

    assert run(case, form=form).peers["client"] == ("ok", [b"HELLO\n"] * 3)


def test_a_loop_that_is_made_after(run, form):
    def case(box):
        import asyncio
        import time

        from pyextrasafe import Networking

        async def work():
            start = time.monotonic()
            await asyncio.sleep(0.02)
            queue = asyncio.Queue()
            asyncio.get_running_loop().call_soon_threadsafe(queue.put_nowait, "woken")
            answers = [await asyncio.wait_for(queue.get(), 30)]
            try:
                await asyncio.wait_for(queue.get(), 0.01)
            except asyncio.TimeoutError:
                answers.append("timed out")
            return answers, time.monotonic() - start >= 0.02

        asyncio.run(asyncio.sleep(0))  # imports what it needs
        box.apply(Networking().allow_running_unix_clients())
        box.gives("run", (["woken", "timed out"], True), lambda: asyncio.run(work()))

    run(case, form=form)


def test_signals_of_a_loop(run, form):
    """A handler that was added before works; adding one asks what the loop's socket is."""

    def case(box):
        import asyncio
        import signal

        from pyextrasafe import Networking, SystemIO

        async def wait_for_signal(number, add):
            loop = asyncio.get_running_loop()
            arrived = loop.create_future() if add else before
            if add:
                loop.add_signal_handler(number, arrived.set_result, "arrived")
            signal.raise_signal(number)
            return await asyncio.wait_for(arrived, 30)

        loop = asyncio.new_event_loop()
        before = loop.create_future()
        loop.add_signal_handler(signal.SIGUSR1, before.set_result, "arrived")
        box.apply(Networking().allow_running_tcp_servers(), SystemIO().allow_metadata())
        run = loop.run_until_complete
        box.gives("added before", "arrived", lambda: run(wait_for_signal(signal.SIGUSR1, False)))
        box.gives("added after", "arrived", lambda: run(wait_for_signal(signal.SIGUSR2, True)))

    run(case, form=form)


def test_server_and_client_that_are_started_after(run, form):
    def case(box):
        import asyncio

        from pyextrasafe import Networking

        async def serve(reader, writer):
            writer.write((await reader.readline()).upper())
            await writer.drain()
            writer.close()

        async def ask(port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

        async def both():
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            answers = await asyncio.gather(*[ask(port) for _ in range(3)])
            server.close()
            return answers

        asyncio.run(both())  # imports what it needs
        box.apply(Networking().allow_start_tcp_servers().allow_start_tcp_clients())
        box.gives("serve and ask", [b"HELLO\n"] * 3, lambda: asyncio.run(both()))

    run(case, form=form)


def test_udp(run, form):
    def case(box):
        import asyncio

        from pyextrasafe import Networking

        class Echo(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                self.transport = transport

            def datagram_received(self, data, address):
                self.transport.sendto(data.upper(), address)

        class Ask(asyncio.DatagramProtocol):
            def __init__(self, answer):
                self.answer = answer

            def datagram_received(self, data, address):
                self.answer.set_result(data)

        async def both():
            loop = asyncio.get_running_loop()
            local = ("127.0.0.1", 0)
            server, _ = await loop.create_datagram_endpoint(Echo, local_addr=local)
            address = server.get_extra_info("sockname")
            answer = loop.create_future()
            client, _ = await loop.create_datagram_endpoint(
                lambda: Ask(answer), remote_addr=address
            )
            client.sendto(b"hello")
            data = await asyncio.wait_for(answer, 30)
            client.close()
            server.close()
            return data

        asyncio.run(both())  # imports what it needs
        box.apply(Networking().allow_start_udp_servers())
        box.gives("ask", b"HELLO", lambda: asyncio.run(both()))

    run(case, form=form)


def test_threads_of_the_loop_need_allow_create(run, form):
    def case(box):
        import asyncio

        from pyextrasafe import Networking, Threads

        async def work():
            return await asyncio.get_running_loop().run_in_executor(None, len, "abc")

        asyncio.run(work())  # imports what it needs
        box.apply(Networking().allow_running_tcp_servers(), Threads().allow_create())
        box.gives("run_in_executor", 3, lambda: asyncio.run(work()))

    run(case, form=form)


def test_subprocesses(run, form):
    def case(box):
        import asyncio
        import subprocess

        from pyextrasafe import ForkAndExec, Networking, SystemIO, Threads

        async def work():
            child = await asyncio.create_subprocess_exec("echo", "hello", stdout=subprocess.PIPE)
            output, _ = await child.communicate()
            return output, child.returncode

        asyncio.run(asyncio.sleep(0))  # imports what it needs
        rules = SystemIO().allow_open_readonly().allow_metadata().allow_close()
        box.apply(
            ForkAndExec(),
            rules.allow_read().allow_write(),
            Networking().allow_running_unix_clients(),
            Threads().allow_create().allow_sleep(),
        )
        box.gives("echo", (b"hello\n", 0), lambda: asyncio.run(work()))

    run(case, form=form)


def test_threads_of_the_loop_are_refused_without(run, form):
    def case(box):
        import asyncio

        from pyextrasafe import Networking

        async def work():
            return await asyncio.get_running_loop().run_in_executor(None, len, "abc")

        asyncio.run(work())  # imports what it needs
        box.apply(Networking().allow_running_tcp_servers())
        box.raises("run_in_executor", RuntimeError, lambda: asyncio.run(work()))

    run(case, form=form)


def test_a_loop_needs_networking(run, form):
    def case(box):
        import asyncio

        from pyextrasafe import SystemIO

        asyncio.run(asyncio.sleep(0))
        box.apply(SystemIO().allow_stderr())  # for what the half-made loop says at its end
        box.refused("run", lambda: asyncio.run(asyncio.sleep(0)))

    run(case, form=form)
