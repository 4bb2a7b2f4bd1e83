"""The asyncio face: batches in, batches out, pressure, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from queues import waits_when_full

import cffisock
from cffisock.datagram import Batch, BatchError, Endpoint, recv_batch

SOCK_DGRAM = cffisock.SOCK_DGRAM


def run(main: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(main, 20)

    asyncio.run(bounded())


def udp() -> Any:
    sock = cffisock.socket(cffisock.AF_INET, SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


def test_an_echo_between_two_endpoints() -> None:
    async def echo(server: Endpoint) -> None:
        async for batch in server:
            await server.send_batch(batch)

    async def main() -> None:
        async with Endpoint(udp()) as server, Endpoint(udp(), Batch(8)) as client:
            task = asyncio.create_task(echo(server))
            sent = [b"%d" % number for number in range(100)]
            assert await client.send_batch(sent, server.socket.getsockname()) == 100
            back: list[bytes] = []
            async for batch in client:
                back += batch.payloads()
                if len(back) == 100:
                    break
            assert back == sent
            server.close()
            await task  # ends by itself

    run(main())


@pytest.mark.skipif(
    not waits_when_full(), reason="this system waits for no queue of Unix datagrams"
)
def test_sending_waits_for_a_slow_receiver() -> None:
    left, right = cffisock.socketpair(cffisock.AF_UNIX, SOCK_DGRAM)
    items = [b"%d" % number for number in range(1000)]
    given = items.copy()
    right.settimeout(10)

    async def main() -> None:
        with right:
            async with Endpoint(left) as endpoint:
                task = asyncio.create_task(endpoint.send_batch(given))
                await asyncio.sleep(0)
                assert not task.done()  # no system's queue is as long
                given.clear()  # they are the call's now
                batch, found = Batch(4), []
                while len(found) < 1000:
                    recv_batch(right, batch)
                    found += batch.payloads()
                    await asyncio.sleep(0)
                assert await task == 1000
                assert found == items

    run(main())


def test_errors_name_their_items() -> None:
    async def main() -> None:
        async with Endpoint(udp()) as endpoint:
            to = endpoint.socket.getsockname()
            with pytest.raises(BatchError) as caught:
                await endpoint.send_batch([b"0", b"x" * 70000, b"2"], to)
            assert list(caught.value.errors) == [1]
            assert caught.value.sent == 2

    run(main())


def test_one_task_waits_at_a_time() -> None:
    async def main() -> None:
        async with Endpoint(udp()) as endpoint:
            first = asyncio.ensure_future(endpoint.__anext__())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await endpoint.__anext__()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            await endpoint.send_batch([b"still works"], endpoint.socket.getsockname())
            assert (await endpoint.__anext__()).payloads() == [b"still works"]

    run(main())


@pytest.mark.parametrize("turns", range(4))
def test_who_stops_waiting_leaves_what_came(turns: int) -> None:
    async def main() -> None:
        async with Endpoint(udp()) as endpoint:
            await endpoint.send_batch([b"waits"], endpoint.socket.getsockname())
            task = asyncio.ensure_future(endpoint.__anext__())
            for _ in range(turns):
                await asyncio.sleep(0)
            if task.cancel():
                task = asyncio.ensure_future(endpoint.__anext__())
            assert (await task).payloads() == [b"waits"]

    run(main())


def test_closing_ends_who_waits() -> None:
    async def main() -> None:
        endpoint = Endpoint(udp())

        async def count() -> int:
            return len([1 async for _ in endpoint])

        task = asyncio.create_task(count())
        await asyncio.sleep(0)
        endpoint.close()
        assert await task == 0
        endpoint.close()

    run(main())


def test_a_loop_that_watches_no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the proactor loop of Windows: a helper thread waits."""

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def refuse(*_: Any) -> None:
            raise NotImplementedError

        for name in ("add_reader", "remove_reader", "add_writer", "remove_writer"):
            monkeypatch.setattr(loop, name, refuse)
        async with Endpoint(udp()) as endpoint:
            to = endpoint.socket.getsockname()
            loop.call_later(0.01, endpoint.socket.sendto, b"late", to)
            assert (await endpoint.__anext__()).payloads() == [b"late"]
        endpoint = Endpoint(udp())
        task = asyncio.ensure_future(anext_or_none(endpoint))
        await asyncio.sleep(0)
        endpoint.close()
        assert await task is None

    run(main())


async def anext_or_none(endpoint: Endpoint) -> Batch | None:
    try:
        return await endpoint.__anext__()
    except StopAsyncIteration:
        return None
