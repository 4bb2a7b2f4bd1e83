"""Datagrams a program can move, ours against the best loop over the standard library's socket.

    python tools/bench_datagrams.py [--rounds N] [--only WORDS] [--json FILE]

Both run in this process in alternating rounds, so what the machine does meanwhile hits both; a ratio
is the median over rounds of ours / stdlib, per datagram. Each round moves some hundred datagrams
over loopback, and only the side in question is timed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import socket as stdlib
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, NamedTuple

import cffisock
from cffisock import ancillary, datagram

COUNT = 32  # datagrams a batch
REPEAT = 8  # samples a round, of which the fastest counts
SIZES = (1200, 64)
HOST = "127.0.0.1"
PYPY = sys.implementation.name == "pypy"
WARM = 1500 if PYPY else 3  # rounds for PyPy's compiler, and for caches


class Case(NamedTuple):
    """Two ways to do the same: each callable moves one round and answers seconds a datagram."""

    name: str
    size: int
    goal: tuple[float, float]  # CPython, PyPy
    ours: Callable[[], float]
    theirs: Callable[[], float]


def pair(module: Any, connect: bool = True) -> tuple[Any, Any]:
    receiver = module.socket(module.AF_INET, module.SOCK_DGRAM)
    receiver.setsockopt(module.SOL_SOCKET, module.SO_RCVBUF, 1 << 22)
    receiver.bind((HOST, 0))
    sender = module.socket(module.AF_INET, module.SOCK_DGRAM)
    sender.bind((HOST, 0))
    if connect:
        sender.connect(receiver.getsockname())
    return sender, receiver


def drain(receiver: Any) -> None:
    """Empty the queue, which is not what is timed."""
    receiver.setblocking(False)
    try:
        while True:
            receiver.recv(65535)
    except BlockingIOError:
        receiver.setblocking(True)


def timed(work: Callable[[], int], before: Callable[[], None], after: Callable[[], None]) -> float:
    """Seconds a datagram in the fastest sample of a round: the others were interrupted."""
    best = float("inf")
    for _ in range(REPEAT):
        before()
        start = perf_counter()
        moved = work()
        best = min(best, (perf_counter() - start) / moved)
        after()
    return best


def nothing() -> None:
    pass


# -- the standard library's best loops -----------------------------------------------------


def std_send(size: int) -> Callable[[], float]:
    """Connected, so that the kernel looks up no route and Python packs no address."""
    sender, receiver = pair(stdlib)
    data = b"x" * size

    def work() -> int:
        send = sender.send
        for _ in range(COUNT):
            send(data)
        return COUNT

    return lambda: timed(work, nothing, lambda: drain(receiver))


def std_send_to(size: int) -> Callable[[], float]:
    sender, receiver = pair(stdlib, connect=False)
    items = [(b"x" * size, receiver.getsockname())] * COUNT

    def work() -> int:
        sendto = sender.sendto
        for data, address in items:
            sendto(data, address)
        return COUNT

    return lambda: timed(work, nothing, lambda: drain(receiver))


def fill(sender: Any, size: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(COUNT):
            sender.send(b"x" * size)

    return work


def std_recv_from(size: int) -> Callable[[], float]:
    sender, receiver = pair(stdlib)

    def work() -> int:
        recvfrom = receiver.recvfrom
        for _ in range(COUNT):
            recvfrom(2048)
        return COUNT

    return lambda: timed(work, fill(sender, size), nothing)


def std_recv_into(size: int) -> Callable[[], float]:
    """The cheapest there is: one buffer, no address, each datagram gone with the next."""
    sender, receiver = pair(stdlib)
    buffer = bytearray(2048)

    def work() -> int:
        recv_into = receiver.recv_into
        for _ in range(COUNT):
            recv_into(buffer)
        return COUNT

    return lambda: timed(work, fill(sender, size), nothing)


def std_recv(size: int) -> Callable[[], float]:
    """Bytes without addresses."""
    sender, receiver = pair(stdlib)

    def work() -> int:
        receive = receiver.recv
        for _ in range(COUNT):
            receive(2048)
        return COUNT

    return lambda: timed(work, fill(sender, size), nothing)


def std_both(size: int) -> Callable[[], float]:
    """Send and receive, in place."""
    sender, receiver = pair(stdlib)
    data, buffer = b"x" * size, bytearray(2048)

    def work() -> int:
        for _ in range(COUNT):
            sender.send(data)
        for _ in range(COUNT):
            receiver.recv_into(buffer)
        return COUNT

    return lambda: timed(work, nothing, nothing)


# -- ours ----------------------------------------------------------------------------------


def recv(
    size: int, read: Callable[[datagram.Batch], Any], addresses: bool = True
) -> Callable[[], float]:
    sender, receiver = pair(cffisock)
    batch = datagram.Batch(COUNT, 2048, addresses=addresses)

    def work() -> int:
        moved = 0
        while moved < COUNT:
            moved += datagram.recv_batch(receiver, batch)
            read(batch)
        return moved

    return lambda: timed(work, fill(sender, size), nothing)


def send(size: int, connect: bool, offload: bool) -> Callable[[], float]:
    sender, receiver = pair(cffisock, connect)
    address = receiver.getsockname()
    items: list[Any] = [b"x" * size if connect else (b"x" * size, address)] * COUNT
    return lambda: timed(
        lambda: datagram.send_batch(sender, items, offload=offload),
        nothing,
        lambda: drain(receiver),
    )


def coalescing_pair(size: int) -> tuple[Any, Any, datagram.Batch, bytes]:
    """With as many datagrams as one buffer takes."""
    sender, receiver = pair(cffisock)
    batch = datagram.Batch(8, datagram.COALESCED_SIZE, ancillary.space(), addresses=False)
    if not datagram.enable_coalescing(receiver, batch):
        raise SystemExit("this kernel does not coalesce UDP")
    return sender, receiver, batch, b"x" * (size * min(datagram.MAX_SEGMENTS, 65507 // size))


def count(batch: datagram.Batch) -> int:
    """How many datagrams came, where they lie."""
    return sum(-(-batch.length(row) // batch.segment_size(row)) for row in range(len(batch)))


def cut(batch: datagram.Batch) -> int:
    """How many datagrams came, each as bytes."""
    return sum(len(batch.segments(row)) for row in range(len(batch)))


def send_offload(size: int) -> Callable[[], float]:
    sender, receiver, _, data = coalescing_pair(size)

    def work() -> int:
        return datagram.send_segmented(sender, data, size) // size

    return lambda: timed(work, nothing, lambda: drain(receiver))


def recv_offload(size: int, read: Callable[[datagram.Batch], int]) -> Callable[[], float]:
    sender, receiver, batch, data = coalescing_pair(size)

    def work() -> int:
        datagram.recv_batch(receiver, batch)
        return read(batch)

    return lambda: timed(work, lambda: void(datagram.send_segmented(sender, data, size)), nothing)


def both_offload(size: int, read: Callable[[datagram.Batch], int]) -> Callable[[], float]:
    sender, receiver, batch, data = coalescing_pair(size)

    def work() -> int:
        datagram.send_segmented(sender, data, size)
        datagram.recv_batch(receiver, batch)
        return read(batch)

    return lambda: timed(work, nothing, nothing)


def void(_: Any) -> None:
    pass


# -- asyncio -------------------------------------------------------------------------------

LOOP = asyncio.new_event_loop()


def asyncio_protocol(size: int) -> Callable[[], float]:
    sender, receiver = pair(stdlib)
    receiver.setblocking(False)

    class Count(asyncio.DatagramProtocol):
        moved = 0
        done: asyncio.Future[None]

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.moved += 1
            if self.moved == COUNT:
                self.done.set_result(None)

    transport, protocol = LOOP.run_until_complete(
        LOOP.create_datagram_endpoint(Count, sock=receiver)
    )
    assert transport is not None

    async def work() -> float:
        protocol.moved, protocol.done = 0, LOOP.create_future()
        start = perf_counter()
        await protocol.done
        return (perf_counter() - start) / COUNT

    def round_() -> float:
        best = float("inf")
        for _ in range(REPEAT):
            fill(sender, size)()
            best = min(best, LOOP.run_until_complete(work()))
        return best

    return round_


def asyncio_endpoint(size: int) -> Callable[[], float]:
    sender, receiver = pair(cffisock)

    async def make() -> datagram.Endpoint:
        return datagram.Endpoint(receiver, datagram.Batch(COUNT, 2048))

    endpoint = LOOP.run_until_complete(make())

    async def work() -> float:
        moved, start = 0, perf_counter()
        async for batch in endpoint:
            for _data, _address in batch:
                moved += 1
            if moved >= COUNT:
                break
        return (perf_counter() - start) / COUNT

    def round_() -> float:
        best = float("inf")
        for _ in range(REPEAT):
            fill(sender, size)()
            best = min(best, LOOP.run_until_complete(work()))
        return best

    return round_


# -- the table -----------------------------------------------------------------------------


def payloads_and_addresses(batch: datagram.Batch) -> Any:
    return batch.payloads(), batch.addresses()


def cases() -> Iterator[Case]:
    """The standard library's loop in each does the same for the program: bytes or in place, with the
    sender's address or without."""
    for size in SIZES:
        yield from [
            Case("recv_batch: bytes, address / recvfrom", size, (0.30, 0.25),
                 recv(size, payloads_and_addresses), std_recv_from(size)),
            Case("recv_batch: in place, address later / recvfrom", size, (0.30, 0.25),
                 recv(size, void), std_recv_from(size)),
            Case("recv_batch: in place / recv_into", size, (0.30, 0.25),
                 recv(size, void, False), std_recv_into(size)),
            Case("send_batch: connected / send", size, (0.65, 0.55),
                 send(size, True, True), std_send(size)),
            Case("send_batch: connected, offload=False / send", size, (0.65, 0.55),
                 send(size, True, False), std_send(size)),
            Case("send_batch: addresses / sendto", size, (0.65, 0.55),
                 send(size, False, True), std_send_to(size)),
            Case("send_batch: addresses, offload=False / sendto", size, (0.65, 0.55),
                 send(size, False, False), std_send_to(size)),
            Case("send_segmented / send", size, (0.20, 0.25), send_offload(size), std_send(size)),
            Case("coalesced receive: bytes / recv", size, (0.15, 0.20),
                 recv_offload(size, cut), std_recv(size)),
            Case("coalesced receive: in place / recv_into", size, (0.15, 0.20),
                 recv_offload(size, count), std_recv_into(size)),
            Case("offload both ways: in place / send + recv_into", size, (0.12, 0.15),
                 both_offload(size, count), std_both(size)),
            Case("asyncio endpoint / DatagramProtocol", size, (0.35, 0.35),
                 asyncio_endpoint(size), asyncio_protocol(size)),
        ]  # fmt: skip


def measure(case: Case, rounds: int) -> dict[str, Any]:
    ratios, ours, theirs = [], [], []
    for number in range(-WARM, rounds):
        first, second = case.ours(), case.theirs()
        if number >= 0:
            ratios.append(first / second)
            ours.append(first)
            theirs.append(second)
    median = statistics.median
    return {
        "case": case.name,
        "size": case.size,
        "ratio": median(ratios),
        "ours_us": median(ours) * 1e6,
        "stdlib_us": median(theirs) * 1e6,
        "goal": case.goal[PYPY],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}")
    rows = []
    for case in cases():
        if options.only in case.name:
            row = measure(case, options.rounds)
            rows.append(row)
            print(
                f"{row['case']:46} {row['size']:5} B  {row['ours_us']:6.2f} / {row['stdlib_us']:6.2f} us "
                f"= {row['ratio']:.2f}  (goal {row['goal']:.2f})",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
