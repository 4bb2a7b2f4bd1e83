"""Cases: small and large messages on connected streams, both ends in one thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cffisock.bench.case import Net, Run, case

SMALL = b"x" * 64


def tcp_pair(net: Net) -> tuple[Any, Any]:
    """Two ends of a loopback connection, without delays."""
    with net.create_server(("127.0.0.1", 0)) as listener:
        client = net.create_connection(listener.getsockname())
        server, _ = listener.accept()
    for end in (client, server):
        end.setsockopt(net.IPPROTO_TCP, net.TCP_NODELAY, 1)
    return client, server


def _small(pair: tuple[Any, Any], timeout: float | None, size: int = 4096) -> Iterator[Run]:
    left, right = pair

    def run(loops: int) -> None:
        for _ in range(loops):
            left.send(SMALL)
            while True:
                try:
                    right.recv(size)
                    break
                except BlockingIOError:
                    pass  # loopback may deliver a moment later

    with left, right:
        left.settimeout(timeout)
        right.settimeout(timeout)
        yield run


@case("unix.timed", "Unix pair, 64 B send+recv, timed", goal=(0.80, 0.60))
def unix_timed(net: Net) -> Iterator[Run]:
    return _small(net.socketpair(), 30.0)


@case("tcp.timed", "TCP loopback, 64 B send+recv, timed", goal=(0.92, 0.75))
def tcp_timed(net: Net) -> Iterator[Run]:
    return _small(tcp_pair(net), 30.0)


@case("unix.blocking", "Unix pair, 64 B send+recv, blocking", goal=(1.25, 0.95))
def unix_blocking(net: Net) -> Iterator[Run]:
    return _small(net.socketpair(), None)


@case("unix.nonblocking", "Unix pair, 64 B send+recv, non-blocking", goal=(1.25, 0.95))
def unix_nonblocking(net: Net) -> Iterator[Run]:
    return _small(net.socketpair(), 0.0)


@case("tcp.blocking", "TCP loopback, 64 B send+recv, blocking", goal=(1.12, 0.95))
def tcp_blocking(net: Net) -> Iterator[Run]:
    return _small(tcp_pair(net), None)


@case("tcp.nonblocking", "TCP loopback, 64 B send+recv, non-blocking", goal=(1.12, 0.95))
def tcp_nonblocking(net: Net) -> Iterator[Run]:
    return _small(tcp_pair(net), 0.0)


@case("recv.65536", "recv(65536) that gets 64 B", goal=(1.15, 1.0))
def recv_64k_request(net: Net) -> Iterator[Run]:
    return _small(net.socketpair(), None, 65536)


@case("recv.262144", "recv(262144) that gets 64 B", goal=(0.30, 0.50))
def recv_256k_request(net: Net) -> Iterator[Run]:
    return _small(net.socketpair(), None, 262144)


def _message(net: Net, size: int) -> Iterator[Run]:
    left, right = net.socketpair()
    data = b"x" * size

    def run(loops: int) -> None:
        for _ in range(loops):
            left.send(data)
            right.recv(size)

    with left, right:
        yield run


def _message_into(net: Net, size: int) -> Iterator[Run]:
    left, right = net.socketpair()
    data = b"x" * size
    buffer = bytearray(size)

    def run(loops: int) -> None:
        for _ in range(loops):
            left.send(data)
            right.recv_into(buffer)

    with left, right:
        yield run


@case("message.16k", "send+recv of 16 KiB", goal=(1.20, 1.05))
def message_16k(net: Net) -> Iterator[Run]:
    return _message(net, 16384)


@case("message.64k", "send+recv of 64 KiB", goal=(1.20, 1.05))
def message_64k(net: Net) -> Iterator[Run]:
    return _message(net, 65536)


@case("into.16k", "send+recv_into of 16 KiB", goal=(1.05, 1.05))
def into_16k(net: Net) -> Iterator[Run]:
    return _message_into(net, 16384)


@case("into.64k", "send+recv_into of 64 KiB", goal=(1.05, 1.05))
def into_64k(net: Net) -> Iterator[Run]:
    return _message_into(net, 65536)
