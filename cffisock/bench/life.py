"""Cases: making and closing sockets, and the small calls around them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cffisock.bench.case import Net, Run, case


@contextmanager
def _listener(net: Net) -> Iterator[Any]:
    with net.create_server(("127.0.0.1", 0), backlog=8) as listener:
        # What it accepts ends with a reset: thousands of connections would fill TIME_WAIT.
        listener.setsockopt(net.SOL_SOCKET, net.SO_LINGER, struct.pack("ii", 1, 0))
        yield listener


@case("connect", "socket + connect + accept + close of both", goal=(1.0, 1.0))
def connect(net: Net) -> Iterator[Run]:
    with _listener(net) as listener:
        address = listener.getsockname()

        def run(loops: int) -> None:
            for _ in range(loops):
                client = net.socket(net.AF_INET, net.SOCK_STREAM)
                client.connect(address)
                server, _peer = listener.accept()
                server.close()
                client.close()

        yield run


@case("create_connection", "create_connection to a numeric address", goal=(1.0, 1.0))
def create_connection(net: Net) -> Iterator[Run]:
    with _listener(net) as listener:
        address = listener.getsockname()

        def run(loops: int) -> None:
            for _ in range(loops):
                client = net.create_connection(address)
                server, _peer = listener.accept()
                server.close()
                client.close()

        yield run


@case("socket", "socket() + close()", goal=(1.2, 1.0))
def socket(net: Net) -> Iterator[Run]:
    def run(loops: int) -> None:
        for _ in range(loops):
            net.socket().close()

    yield run


@case("settimeout", "settimeout", goal=(1.2, 1.0))
def settimeout(net: Net) -> Iterator[Run]:
    with net.socket() as sock:

        def run(loops: int) -> None:
            for _ in range(loops):
                sock.settimeout(2.5)

        yield run


@case("getsockopt", "getsockopt of an int", goal=(1.2, 1.0))
def getsockopt(net: Net) -> Iterator[Run]:
    with net.socket() as sock:
        level, name = net.SOL_SOCKET, net.SO_REUSEADDR

        def run(loops: int) -> None:
            for _ in range(loops):
                sock.getsockopt(level, name)

        yield run


@case("family", ".family", goal=(1.0, 1.0))
def family(net: Net) -> Iterator[Run]:
    with net.socket() as sock:

        def run(loops: int) -> None:
            for _ in range(loops):
                sock.family  # noqa: B018 -- reading it is the case

        yield run


@case("fileno", "fileno()", goal=(1.2, 1.0))
def fileno(net: Net) -> Iterator[Run]:
    with net.socket() as sock:

        def run(loops: int) -> None:
            for _ in range(loops):
                sock.fileno()

        yield run


@case("getaddrinfo", "getaddrinfo of a numeric host and port", goal=(1.0, 1.0))
def getaddrinfo(net: Net) -> Iterator[Run]:
    kind = net.SOCK_STREAM

    def run(loops: int) -> None:
        for _ in range(loops):
            net.getaddrinfo("127.0.0.1", 80, 0, kind)

    yield run
