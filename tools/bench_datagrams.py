"""Datagrams a program can move, ours against the best loop over the standard library's socket.

    python tools/bench_datagrams.py [--rounds N] [--only WORDS] [--json FILE]

Ours, the loop, and the bare system call in C (where there is a compiler) take turns in this process,
so what the machine does meanwhile hits all; a ratio is the median over rounds, per datagram. Only
the side in question is timed, over loopback. plot_datagrams.py writes the page of what --json kept.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import platform
import shutil
import socket as stdlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, NamedTuple

import cffisock
from cffisock import ancillary, datagram

Round = Callable[[], float]  # moves some hundred datagrams, answers seconds a datagram

COUNT = 32  # datagrams a batch
REPEAT = 8  # samples a round, of which the fastest counts
SIZES = (1200, 64)
HOST = "127.0.0.1"
PYPY = sys.implementation.name == "pypy"
WARM = 500 if PYPY else 3  # rounds for PyPy's compiler, and for caches


class Case(NamedTuple):
    """Two ways to do the same, and the one call of the kernel that no way can do without."""

    name: str
    size: int
    goal: tuple[float, float]  # CPython, PyPy
    ours: Round
    theirs: Round
    floor: Round | None = None


def pair(module: Any, connect: bool = True) -> tuple[Any, Any]:
    receiver = module.socket(module.AF_INET, module.SOCK_DGRAM)
    receiver.setsockopt(module.SOL_SOCKET, module.SO_RCVBUF, 1 << 22)
    receiver.bind((HOST, 0))
    sender = module.socket(module.AF_INET, module.SOCK_DGRAM)
    sender.bind((HOST, 0))
    if connect:
        sender.connect(receiver.getsockname())
    return sender, receiver


def fill(sender: Any, size: int) -> Callable[[], Any]:
    """What puts a batch into the queue before its reading is timed."""
    return loop(sender.send, b"x" * size)


def drain(receiver: Any) -> Callable[[], None]:
    """What empties the queue after the sending was timed."""

    def work() -> None:
        receiver.setblocking(False)
        try:
            while True:
                receiver.recv(65535)
        except BlockingIOError:
            receiver.setblocking(True)

    return work


def nothing(_: Any = None) -> None:
    pass


def loop(call: Callable[[Any], Any], argument: Any) -> Callable[[], int]:
    """A batch, call by call."""

    def work() -> int:
        for _ in range(COUNT):
            call(argument)
        return COUNT

    return work


def fastest(sample: Round) -> Round:
    """The fastest sample of a round: the others were interrupted."""
    return lambda: min(sample() for _ in range(REPEAT))


def timed(
    work: Callable[[], int],
    before: Callable[[], Any] = nothing,
    after: Callable[[], Any] = nothing,
) -> Round:
    def sample() -> float:
        before()
        start = perf_counter()
        moved = work()
        seconds = perf_counter() - start
        after()
        return seconds / moved

    return fastest(sample)


# -- the standard library's best loops -----------------------------------------------------


def std_send(size: int) -> Round:
    """Connected, so that the kernel looks up no route and Python packs no address."""
    sender, receiver = pair(stdlib)
    return timed(loop(sender.send, b"x" * size), after=drain(receiver))


def std_send_to(size: int) -> Round:
    sender, receiver = pair(stdlib, connect=False)
    items = [(b"x" * size, receiver.getsockname())] * COUNT

    def work() -> int:
        sendto = sender.sendto
        for data, address in items:
            sendto(data, address)
        return COUNT

    return timed(work, after=drain(receiver))


def std_receive(size: int, method: str, argument: Any = 2048) -> Round:
    """recvfrom: bytes and address; recv: bytes; recv_into: in one buffer, gone with the next."""
    sender, receiver = pair(stdlib)
    return timed(loop(getattr(receiver, method), argument), before=fill(sender, size))


def std_both(size: int) -> Round:
    """Send and receive, in place."""
    sender, receiver = pair(stdlib)
    out = loop(sender.send, b"x" * size)
    into = loop(receiver.recv_into, bytearray(2048))
    return timed(lambda: out() and into())


# -- ours ----------------------------------------------------------------------------------


def receive(size: int, read: Callable[[datagram.Batch], Any], addresses: bool = True) -> Round:
    sender, receiver = pair(cffisock)
    batch = datagram.Batch(COUNT, 2048, addresses=addresses)

    def work() -> int:
        moved = 0
        while moved < COUNT:
            moved += datagram.recv_batch(receiver, batch)
            read(batch)
        return moved

    return timed(work, before=fill(sender, size))


def send(size: int, connect: bool, offload: bool) -> Round:
    sender, receiver = pair(cffisock, connect)
    address = receiver.getsockname()
    items: list[Any] = [b"x" * size if connect else (b"x" * size, address)] * COUNT
    return timed(lambda: datagram.send_batch(sender, items, offload=offload), after=drain(receiver))


class Offload:
    """A pair with segmentation and coalescing, and as many datagrams as one buffer takes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.sender, self.receiver = pair(cffisock)
        self.batch = datagram.Batch(8, datagram.COALESCED_SIZE, ancillary.space(), addresses=False)
        if not datagram.enable_coalescing(self.receiver, self.batch):
            raise SystemExit("this kernel does not coalesce UDP")
        self.data = b"x" * (size * min(datagram.MAX_SEGMENTS, 65507 // size))

    def send(self) -> int:
        return datagram.send_segmented(self.sender, self.data, self.size) // self.size

    def sending(self) -> Round:
        return timed(self.send, after=drain(self.receiver))

    def receiving(self, read: Callable[[datagram.Batch], int]) -> Round:
        return timed(lambda: self._receive(read), before=self.send)

    def both(self, read: Callable[[datagram.Batch], int]) -> Round:
        return timed(lambda: self.send() and self._receive(read))

    def _receive(self, read: Callable[[datagram.Batch], int]) -> int:
        datagram.recv_batch(self.receiver, self.batch)
        return read(self.batch)


def payloads_and_addresses(batch: datagram.Batch) -> Any:
    return batch.payloads(), batch.addresses()


def count(batch: datagram.Batch) -> int:
    """How many datagrams came, where they lie."""
    return sum(-(-batch.length(row) // batch.segment_size(row)) for row in range(len(batch)))


def cut(batch: datagram.Batch) -> int:
    """How many datagrams came, each as bytes."""
    return sum(len(batch.segments(row)) for row in range(len(batch)))


# -- the kernel ----------------------------------------------------------------------------


def load_floor() -> Any:
    """datagram_floor.c, compiled; None where there is no compiler, or no recvmmsg."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder, "floor.so"))
        source = str(Path(__file__).with_name("datagram_floor.c"))
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
        floor = ctypes.CDLL(library)
    for name in ("floor_receive", "floor_coalesced", "floor_send"):
        getattr(floor, name).restype = ctypes.c_double
    return floor


FLOOR = load_floor()
ROOM = ctypes.create_string_buffer(1 << 17)
# From the beginning of a page, as a Batch has it: kernels copy long datagrams there best.
MEMORY = ctypes.c_void_p(-(-ctypes.addressof(ROOM) // 4096) * 4096)


def clocked(
    call: str,
    moved: int,
    sock: Any,
    arguments: tuple[Any, ...],
    before: Callable[[], Any] = nothing,
    after: Callable[[], Any] = nothing,
) -> Round:
    """A round of a function of datagram_floor.c, which holds the watch itself."""

    def sample() -> float:
        before()
        seconds: float = getattr(FLOOR, call)(sock.fileno(), *arguments)
        after()
        assert seconds > 0, call
        return seconds / moved

    return fastest(sample)


def floor_receive(size: int, addresses: bool) -> Round:
    sender, receiver = pair(cffisock)
    arguments = (MEMORY, COUNT, 2048, addresses)
    return clocked("floor_receive", COUNT, receiver, arguments, before=fill(sender, size))


def floor_send(size: int) -> Round:
    sender, receiver = pair(cffisock)
    arguments = (MEMORY, COUNT, size)
    return clocked("floor_send", COUNT, sender, arguments, after=drain(receiver))


def floor_coalesced(size: int) -> Round:
    ends = Offload(size)
    arguments = (MEMORY, datagram.COALESCED_SIZE)
    moved = len(ends.data) // size
    return clocked("floor_coalesced", moved, ends.receiver, arguments, before=ends.send)


# -- asyncio -------------------------------------------------------------------------------

LOOP = asyncio.new_event_loop()


def awaited(work: Callable[[], Any], sender: Any, size: int) -> Round:
    """A round of a coroutine that waits for a whole batch."""
    before = fill(sender, size)

    async def sample() -> float:
        start = perf_counter()
        await work()
        return (perf_counter() - start) / COUNT

    def run() -> float:
        before()
        return LOOP.run_until_complete(sample())

    return fastest(run)


def asyncio_protocol(size: int) -> Round:
    sender, receiver = pair(stdlib)
    receiver.setblocking(False)

    class Count(asyncio.DatagramProtocol):
        moved = 0
        done: asyncio.Future[None]

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.moved += 1
            if self.moved == COUNT:
                self.done.set_result(None)

    _, protocol = LOOP.run_until_complete(LOOP.create_datagram_endpoint(Count, sock=receiver))

    async def work() -> None:
        protocol.moved, protocol.done = 0, LOOP.create_future()
        await protocol.done

    return awaited(work, sender, size)


def asyncio_endpoint(size: int) -> Round:
    sender, receiver = pair(cffisock)

    async def make() -> datagram.Endpoint:
        return datagram.Endpoint(receiver, datagram.Batch(COUNT, 2048))

    endpoint = LOOP.run_until_complete(make())

    async def work() -> None:
        moved = 0
        async for batch in endpoint:
            for _data, _address in batch:
                moved += 1
            if moved >= COUNT:
                break

    return awaited(work, sender, size)


# -- the table -----------------------------------------------------------------------------


def cases() -> Iterator[Case]:
    """The standard library's loop in each does the same for the program: bytes or in place, with the
    sender's address or without."""
    for size in SIZES:
        offload = Offload(size)
        yield from [
            Case("recv_batch, bytes and address / recvfrom", size, (0.30, 0.25),
                 receive(size, payloads_and_addresses), std_receive(size, "recvfrom"),
                 floor_receive(size, True)),
            Case("recv_batch, in place, address when asked / recvfrom", size, (0.30, 0.25),
                 receive(size, nothing), std_receive(size, "recvfrom"), floor_receive(size, True)),
            Case("recv_batch, in place / recv_into", size, (0.30, 0.25),
                 receive(size, nothing, False), std_receive(size, "recv_into", bytearray(2048)),
                 floor_receive(size, False)),
            Case("send_batch, connected / send", size, (0.65, 0.55),
                 send(size, True, True), std_send(size)),
            Case("send_batch, addresses / sendto", size, (0.65, 0.55),
                 send(size, False, True), std_send_to(size)),
            Case("send_batch(offload=False), connected / send", size, (0.65, 0.55),
                 send(size, True, False), std_send(size), floor_send(size)),
            Case("send_segmented / send", size, (0.20, 0.25), offload.sending(), std_send(size)),
            Case("coalesced receive, bytes / recv", size, (0.15, 0.20),
                 offload.receiving(cut), std_receive(size, "recv"), floor_coalesced(size)),
            Case("coalesced receive, in place / recv_into", size, (0.15, 0.20),
                 offload.receiving(count), std_receive(size, "recv_into", bytearray(2048)),
                 floor_coalesced(size)),
            Case("offload both ways, in place / send + recv_into", size, (0.12, 0.15),
                 offload.both(count), std_both(size)),
            Case("asyncio endpoint / DatagramProtocol", size, (0.35, 0.35),
                 asyncio_endpoint(size), asyncio_protocol(size)),
        ]  # fmt: skip


def measure(case: Case, rounds: int) -> dict[str, Any]:
    ways = {"ours": case.ours, "stdlib": case.theirs}
    if case.floor and FLOOR:
        ways["floor"] = case.floor
    found: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        for _ in range(WARM):  # each by itself: PyPy compiles no loop well that does several things
            way()
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    median = statistics.median
    row: dict[str, Any] = {"case": case.name, "size": case.size, "goal": case.goal[PYPY]}
    row.update((f"{name}_us", round(median(times) * 1e6, 4)) for name, times in found.items())
    for name, times in found.items():
        if name != "stdlib":
            ratio = median(time / std for time, std in zip(times, found["stdlib"]))
            row["ratio" if name == "ours" else "floor"] = round(ratio, 4)
    return row


def line(row: dict[str, Any]) -> str:
    floor = f"kernel {row['floor']:.2f}" if "floor" in row else ""
    return (
        f"{row['case']:52} {row['size']:4} B {row['ours_us']:6.2f} / {row['stdlib_us']:6.2f} us = "
        f"{row['ratio']:.2f}  goal {row['goal']:.2f}  {floor}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    python = f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}"
    system = f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}"
    print(f"{python}, {system}")
    rows = []
    for case in cases():
        if options.only in case.name:
            rows.append(measure(case, options.rounds))
            print(line(rows[-1]), flush=True)
    if options.json:
        run = {"python": python, "system": system, "count": COUNT, "rows": rows}
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
