"""A UDP echo server and its load: packets a second by single calls, by batches, by offload.

    python examples/udp_echo.py                      both, over loopback, for each way
    python examples/udp_echo.py --serve 9999         the server alone
    python examples/udp_echo.py --load HOST 9999     the load alone

The load keeps a window of datagrams in flight and counts what comes back; what is lost on the way is
made good after a short silence.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable
from typing import Any

import cffisock as socket
from cffisock import ancillary, datagram

SIZE, WINDOW = 1200, 32
WAYS = ("plain", "batch", "offload")
SILENCE = 0.2


def bound(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    sock.bind((host, port))
    sock.settimeout(SILENCE)
    return sock


class Plain:
    """One call a datagram."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def receive(self) -> list[tuple[bytes, Any]]:
        return [self.sock.recvfrom(65535)]

    def send(self, items: list[tuple[bytes, Any]]) -> None:
        for data, address in items:
            self.sock.sendto(data, address)


class Batched(Plain):
    """One call for as many as there are."""

    offload = False

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.batch = datagram.Batch(WINDOW, 2048)

    def receive(self) -> list[tuple[bytes, Any]]:
        datagram.recv_batch(self.sock, self.batch)
        return list(self.batch)

    def send(self, items: list[tuple[bytes, Any]]) -> None:
        datagram.send_batch(self.sock, items, offload=self.offload)


class Offloaded(Batched):
    """One pass through the stack for as many as the kernel joins."""

    offload = True

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.batch = datagram.Batch(4, datagram.COALESCED_SIZE, ancillary.space())
        datagram.enable_coalescing(sock, self.batch)

    def receive(self) -> list[tuple[bytes, Any]]:
        count = datagram.recv_batch(self.sock, self.batch)
        return [
            (data, self.batch.address(row))
            for row in range(count)
            for data in self.batch.segments(row)
        ]


MAKE: dict[str, Callable[[socket.socket], Plain]] = dict(zip(WAYS, (Plain, Batched, Offloaded)))


def serve(end: Plain, stop: threading.Event) -> None:
    """Send back what comes until told to stop."""
    while not stop.is_set():
        try:
            end.send(end.receive())
        except OSError:  # silence, or a peer that no answer can go to
            continue


def load(end: Plain, address: Any, seconds: float) -> tuple[float, int]:
    """``(datagrams a second that came back, datagrams lost)``."""
    payload = b"x" * SIZE
    start = time.perf_counter()
    back = sent = flying = 0
    while time.perf_counter() - start < seconds:
        if flying <= WINDOW // 2:
            end.send([(payload, address)] * (WINDOW - flying))
            sent += WINDOW - flying
            flying = WINDOW
        try:
            got = len(end.receive())
        except socket.timeout:
            got = flying = 0
        back += got
        flying -= got
    rate = back / (time.perf_counter() - start)
    return rate, sent - back - max(flying, 0)


def both(way: str, seconds: float) -> tuple[float, int]:
    stop = threading.Event()
    with bound() as server, bound() as client:
        helper = threading.Thread(target=serve, args=(MAKE[way](server), stop))
        helper.start()
        try:
            return load(MAKE[way](client), server.getsockname(), seconds)
        finally:
            stop.set()
            helper.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", type=int, metavar="PORT")
    parser.add_argument("--load", nargs=2, metavar=("HOST", "PORT"))
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    if options.serve is not None:
        with bound("0.0.0.0", options.serve) as sock:
            serve(MAKE[options.way or "batch"](sock), threading.Event())
    for way in [options.way] if options.way else WAYS:
        if options.load:
            host, port = options.load
            with bound("0.0.0.0") as sock:
                rate, lost = load(MAKE[way](sock), (host, int(port)), options.seconds)
        else:
            rate, lost = both(way, options.seconds)
        print(f"{way:8} {rate:10,.0f} datagrams/s there and back, {lost} lost", flush=True)


if __name__ == "__main__":
    main()
