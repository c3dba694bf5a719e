"""Networking.allow_start_unix_datagrams: what sd_notify and syslog are made of."""


def test_datagrams_arrive(run, form):
    def case(box):
        import logging
        import logging.handlers
        import os
        import socket

        from pyextrasafe import Networking

        receivers = []
        for path in ("notify", "log"):
            receivers.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            receivers[-1].bind(path)
        os.environ["NOTIFY_SOCKET"] = "notify"

        def receive():
            notify, log = receivers
            return [notify.recv(100) for _ in range(4)], log.recv(100)

        def notify(state):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                client.sendto(state, os.environ["NOTIFY_SOCKET"])
                client.connect(os.environ["NOTIFY_SOCKET"])
                client.send(state + b" again")
                client.sendmsg([state, b" by sendmsg"])

        def log(text):
            handler = logging.handlers.SysLogHandler("log")
            logger = logging.getLogger("program")
            logger.addHandler(handler)
            logger.warning(text)
            handler.close()

        box.peer("service manager", receive)
        box.apply(Networking().allow_start_unix_datagrams())
        box.works("notify", notify, b"READY=1")
        box.works("log", log, "a line")
        client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        box.gives("sendmsg to an address", 4, client.sendmsg, [b"last"], [], 0, "notify")

    notified, logged = run(case, form=form).peers["service manager"][1]
    assert notified == [b"READY=1", b"READY=1 again", b"READY=1 by sendmsg", b"last"]
    assert logged == b"<12>a line\x00"


def test_it_only_sends(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind("own")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("stream")
        listener.listen()
        box.apply(Networking().allow_start_unix_datagrams())
        client = box.works("socket", socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM)
        box.works("send", client.sendto, b"x", "own")
        box.refused("recv", receiver.recv, 9)
        box.refused("recvmsg", receiver.recvmsg, 9)
        box.refused("bind", client.bind, "another")
        box.refused("listen", client.listen)
        box.refused("accept", listener.accept)
        box.refused("a stream socket", socket.socket, socket.AF_UNIX)
        box.refused("a sequenced one", socket.socket, socket.AF_UNIX, socket.SOCK_SEQPACKET)
        box.refused("a pair", socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
        box.refused("UDP", socket.socket, type=socket.SOCK_DGRAM)
        box.refused("TCP", socket.socket)

    assert not (run(case, form=form).directory / "another").exists()


def test_no_datagrams_without(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind("own")
        unconnected = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        box.apply(Networking().allow_running_unix_clients().allow_event_loop())
        box.refused("socket", socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM)
        box.refused("sendto", unconnected.sendto, b"x", "own")
        box.refused("connect", unconnected.connect, "own")

    run(case, form=form)
