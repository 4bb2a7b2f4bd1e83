"""Cases: many mebibytes through one connection. The other end is always the standard library's."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from cffisock.bench.case import Net, Run, case

MIB = 1 << 20
CHUNK = 1 << 18


def _adopted(net: Net, end: socket.socket) -> Any:
    return net.socket(fileno=end.detach())


@contextmanager
def _drained(net: Net, total: int) -> Iterator[tuple[Any, Any]]:
    """A sending socket of `net`, and a function that waits until `total` bytes were read."""
    plain, sink = socket.socketpair()
    sender = _adopted(net, plain)

    def drain() -> None:
        buffer = bytearray(CHUNK)
        got, left = 1, total
        while got:
            got = sink.recv_into(buffer)
            left -= got
            if not left:
                left = total
                sink.send(b"!")

    thread = Thread(target=drain, daemon=True)
    thread.start()
    with sink:
        with sender:
            yield sender, lambda: sender.recv(1)
        thread.join()


@case("sendall.64M", "sendall of 64 MiB", goal=(1.05, 1.05), loops=1)
def sendall(net: Net) -> Iterator[Run]:
    data = b"x" * (64 * MIB)
    with _drained(net, len(data)) as (sender, drained):

        def run(loops: int) -> None:
            for _ in range(loops):
                sender.sendall(data)
                drained()

        yield run


@case("makefile.64M", "64 MiB read through makefile('rb')", goal=(1.05, 1.05), loops=1)
def makefile(net: Net) -> Iterator[Run]:
    total = 64 * MIB
    data = b"x" * total
    plain, source = socket.socketpair()

    def feed() -> None:
        while source.recv(1):
            source.sendall(data)

    thread = Thread(target=feed, daemon=True)
    thread.start()
    with source:
        with _adopted(net, plain) as reader, reader.makefile("rb") as file:

            def run(loops: int) -> None:
                for _ in range(loops):
                    reader.send(b"!")
                    left = total
                    while left:
                        left -= len(file.read(min(left, CHUNK)))

            yield run
        thread.join()


@case("sendfile.256M", "sendfile of 256 MiB", goal=(1.02, 1.02), loops=1)
def sendfile(net: Net) -> Iterator[Run]:
    total = 256 * MIB
    with tempfile.TemporaryFile() as file, _drained(net, total) as (sender, drained):
        file.truncate(total)  # a hole reads as zeros

        def run(loops: int) -> None:
            for _ in range(loops):
                sender.sendfile(file)
                drained()

        yield run
