"""Sockets of ours, made without install(), given to event loops: which take them as they are.

Where a loop insists on the standard library's type, the descriptor goes over and the loop's class
owns it from then on: ``socket.socket(fileno=ours.detach())``. Both are tested here, so that the
day a loop changes its mind is noticed.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import anyio
import anyio.abc
import gevent.server
import gevent.socket
import pytest
import trio
import uvloop

import cffisock

SECONDS = 10
DATA = b"x" * 300_000


def handed_over(ours: Any) -> socket.socket:
    return socket.socket(fileno=ours.detach())


def pair() -> tuple[Any, Any]:
    left, right = cffisock.socketpair()
    for sock in (left, right):
        sock.setblocking(False)
    return left, right


# -- uvloop takes them as they are


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def through_uvloop() -> None:
    loop = asyncio.get_running_loop()
    listener = cffisock.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(echo, sock=listener)
    client = cffisock.create_connection(listener.getsockname())
    reader, writer = await asyncio.open_connection(sock=client)
    writer.write(DATA)
    assert await reader.readexactly(len(DATA)) == DATA
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    left, right = pair()
    with left, right:
        sending = loop.create_task(loop.sock_sendall(left, DATA))
        got = 0
        while got < len(DATA):
            got += len(await loop.sock_recv(right, 65536))
        await sending
    with cffisock.create_server(("127.0.0.1", 0)) as listener, cffisock.socket() as client:
        for sock in (listener, client):
            sock.setblocking(False)
        accepting = loop.create_task(loop.sock_accept(listener))
        await loop.sock_connect(client, listener.getsockname())
        accepted, peer = await accepting
        with accepted:
            assert peer == client.getsockname()
            assert isinstance(accepted, cffisock.socket)
    datagrams = cffisock.socket(type=cffisock.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", 0))
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, sock=datagrams)
    assert transport.get_extra_info("sockname") == datagrams.getsockname()
    transport.close()


def test_uvloop_takes_ours() -> None:
    loop = uvloop.new_event_loop()
    try:
        loop.run_until_complete(asyncio.wait_for(through_uvloop(), SECONDS))
    finally:
        loop.close()


# -- trio insists on the standard library's class


def test_trio_refuses_ours_and_takes_the_descriptor() -> None:
    async def main() -> None:
        left, right = pair()
        with pytest.raises(TypeError):
            trio.socket.from_stdlib_socket(left)
        here = trio.SocketStream(trio.socket.from_stdlib_socket(handed_over(right)))
        there = trio.SocketStream(trio.socket.from_stdlib_socket(handed_over(left)))
        with trio.fail_after(SECONDS):
            async with here, there, trio.open_nursery() as nursery:
                nursery.start_soon(here.send_all, DATA)
                got = 0
                while got < len(DATA):
                    got += len(await there.receive_some(65536))

    trio.run(main)


def test_trio_waits_for_ours() -> None:
    async def main() -> None:
        left, right = pair()
        with left, right, trio.fail_after(SECONDS):
            await trio.lowlevel.wait_writable(left)
            right.send(b"x")
            await trio.lowlevel.wait_readable(left)
            assert left.recv(1) == b"x"

    trio.run(main)


# -- anyio


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio_takes_the_descriptor(backend: str) -> None:
    async def main() -> None:
        listener = cffisock.create_server(("127.0.0.1", 0))
        client = cffisock.create_connection(listener.getsockname())
        with listener:
            server, _ = listener.accept()
        with anyio.fail_after(SECONDS):
            here = await anyio.abc.SocketStream.from_socket(handed_over(client))
            there = await anyio.abc.SocketStream.from_socket(server.detach())
            async with here, there:
                await here.send(b"hello")
                assert await there.receive() == b"hello"

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio_waits_for_ours(backend: str) -> None:
    async def main() -> None:
        left, right = pair()
        with left, right, anyio.fail_after(SECONDS):
            await anyio.wait_writable(left)
            right.send(b"x")
            await anyio.wait_readable(left)
            assert left.recv(1) == b"x"

    anyio.run(main, backend=backend)


# -- gevent works with a class of its own


def test_gevent_takes_the_descriptor() -> None:
    listener = gevent.socket.socket(fileno=cffisock.create_server(("127.0.0.1", 0)).detach())
    server = gevent.server.StreamServer(listener, lambda sock, _: sock.sendall(DATA))
    server.start()
    ours = cffisock.create_connection(server.address)
    with gevent.socket.socket(fileno=ours.detach()) as client, client.makefile("rb") as file:
        with gevent.Timeout(SECONDS):
            assert file.read() == DATA
    server.stop()


def test_gevent_waits_for_ours() -> None:
    left, right = pair()
    with left, right:
        right.send(b"x")
        gevent.socket.wait_read(left.fileno(), timeout=SECONDS)
        assert left.recv(1) == b"x"
