"""Cases: the cost of an operation beside many open sockets, and on many threads at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from threading import Barrier, Thread
from typing import Any

from cffisock.bench.case import Net, Run, case, private_copy
from cffisock.bench.data import SMALL
from cffisock.bench.limits import allow_descriptors


def _crowd(net: Net, count: int) -> Iterator[Run]:
    """`count` sockets in this process, half of them of each side; as many as its limit allows."""
    share = allow_descriptors(count) // 2
    with ExitStack() as stack:
        for _ in range(share - 2):
            stack.enter_context(net.socket())
        left, right = (stack.enter_context(end) for end in net.socketpair())

        def run(loops: int) -> None:
            for _ in range(loops):
                left.send(SMALL)
                right.recv(4096)

        yield run


def _exchange(left: Any, right: Any, loops: int) -> None:
    for _ in range(loops):
        left.send(SMALL)
        right.recv(4096)


def _threads(net: Net, count: int) -> Iterator[Run]:
    """Every thread has a pair of its own; an operation is one exchange on one of them."""
    pairs = [net.socketpair() for _ in range(count)]
    start, done = Barrier(count + 1), Barrier(count + 1)
    share = [0]
    exchange = private_copy(_exchange)

    def work(pair: tuple[Any, Any]) -> None:
        while True:
            start.wait()
            if not share[0]:
                return
            exchange(*pair, share[0])
            done.wait()

    workers = [Thread(target=work, args=(pair,), daemon=True) for pair in pairs]
    for worker in workers:
        worker.start()

    def run(loops: int) -> None:
        share[0] = max(loops // count, 1)
        start.wait()
        done.wait()

    yield run
    share[0] = 0
    start.wait()
    for worker in workers:
        worker.join()
    for pair in pairs:
        for end in pair:
            end.close()


def _register() -> None:
    for count in (10, 1000, 20000):
        case(f"open.{count}", f"send+recv with {count} sockets open")(
            lambda net, count=count: _crowd(net, count)
        )
    for count in (1, 8, 64):
        case(f"threads.{count}", f"send+recv on {count} threads", counted=False)(
            lambda net, count=count: _threads(net, count)
        )


_register()
