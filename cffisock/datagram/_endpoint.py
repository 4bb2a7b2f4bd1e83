"""The asyncio face: an endpoint that drains its socket a batch at a time.

It keeps no queue: what the program does not take stays in the kernel's buffer, and what the kernel
does not take makes `send_batch` wait. So pressure reaches the peer, not the memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from cffisock._api import socket
from cffisock._backend import lib
from cffisock._descriptor import READ, WRITE
from cffisock.datagram._batch import Batch, recv_batch
from cffisock.datagram._rows import BatchError
from cffisock.datagram._send import send_batch

# How long a helper thread sleeps before it looks whether anybody still waits.
_LOOK_UP_MS = 100


class Endpoint:
    """A datagram socket in an asyncio program, closed with the endpoint.

    ``async for batch in endpoint`` gives the same Batch again and again, filled anew;
    ``await endpoint.send_batch(items)`` sends them all. One task may receive while one sends.
    """

    def __init__(self, sock: socket, batch: Batch | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiters: dict[int, asyncio.Future[None]] = {}
        sock.setblocking(False)
        self.socket = sock
        self.batch = Batch() if batch is None else batch

    def __aiter__(self) -> Endpoint:
        return self

    async def __anext__(self) -> Batch:
        """The next batch; the end of the iteration after `close`."""
        # Other tasks live too, however fast datagrams come. Not after the receive: who is cancelled
        # there would lose what came.
        await asyncio.sleep(0)
        while self.socket.fileno() != -1:
            try:
                recv_batch(self.socket, self.batch)
            except BlockingIOError:
                await self._ready(READ)
            else:
                return self.batch
        raise StopAsyncIteration

    async def send_batch(self, items: Iterable[Any], address: Any = None) -> int:
        """Send every item, waiting for the kernel to take them; see `datagram.send_batch`."""
        rows = tuple(items)  # which other tasks cannot change while this one waits
        done = 0
        errors: dict[int, OSError] = {}
        while done < len(rows):
            try:
                done += send_batch(self.socket, rows[done:] if done else rows, address)
            except BlockingIOError:
                await self._ready(WRITE)
            except BatchError as refused:
                errors.update({done + index: error for index, error in refused.errors.items()})
                done += refused.done
        if errors:
            raise BatchError(errors, done)
        return done

    async def _ready(self, event: int) -> None:
        """Wait until the socket is ready, or the endpoint closed."""
        if event in self._waiters:
            raise RuntimeError("another task is waiting for this endpoint already")
        waiter = self._waiters[event] = self._loop.create_future()
        try:
            self._watch(event, waiter)
            await waiter
        finally:
            self._unwatch(event)

    def _watch(self, event: int, waiter: asyncio.Future[None]) -> None:
        add = self._loop.add_reader if event == READ else self._loop.add_writer
        try:
            add(self.socket.fileno(), _finish, waiter)
        except NotImplementedError:  # the proactor loop of Windows watches no sockets
            self._loop.run_in_executor(None, self._wait_in_thread, event, waiter)

    def _unwatch(self, event: int) -> None:
        if self._waiters.pop(event, None) is None:
            return
        remove = self._loop.remove_reader if event == READ else self._loop.remove_writer
        try:
            remove(self.socket.fileno())
        except NotImplementedError:
            pass

    def _wait_in_thread(self, event: int, waiter: asyncio.Future[None]) -> None:
        while not waiter.done() and lib.cs_wait(self.socket.fileno(), event, _LOOK_UP_MS) == 0:
            pass
        try:
            self._loop.call_soon_threadsafe(_finish, waiter)
        except RuntimeError:  # the loop was closed while we slept
            pass

    def close(self) -> None:
        """Close the socket; who waits for a batch sees the end, who waits to send an error."""
        waiters = list(self._waiters.items())
        for event, waiter in waiters:
            self._unwatch(event)  # before the number is free for another socket
            _finish(waiter)
        self.socket.close()

    async def __aenter__(self) -> Endpoint:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
