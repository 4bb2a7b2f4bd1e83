"""asyncio's two loops on Windows, with sockets of ours."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

import cffisock

LOOPS = [asyncio.SelectorEventLoop, asyncio.ProactorEventLoop]


@pytest.fixture(params=LOOPS, ids=lambda loop: loop.__name__)
def run(request):
    """Run a coroutine in a fresh loop of either kind."""
    loop = request.param()
    try:
        yield lambda main: loop.run_until_complete(asyncio.wait_for(main, 20))
    finally:
        loop.close()


def test_low_level_calls(run):
    async def main():
        loop = asyncio.get_running_loop()
        with cffisock.create_server(("127.0.0.1", 0)) as listener, cffisock.socket() as client:
            listener.setblocking(False)
            client.setblocking(False)
            accepting = loop.create_task(loop.sock_accept(listener))
            await loop.sock_connect(client, listener.getsockname())
            server, peer = await accepting
            with server:
                server.setblocking(False)
                assert peer == client.getsockname()
                await loop.sock_sendall(client, b"x" * 100_000)
                got = 0
                while got < 100_000:
                    got += len(await loop.sock_recv(server, 65536))
                await loop.sock_sendall(server, b"back")
                assert await loop.sock_recv(client, 100) == b"back"

    run(main())


def test_streams_on_our_sockets(run):
    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()
        await writer.wait_closed()

    async def main():
        listener = cffisock.create_server(("127.0.0.1", 0))
        server = await asyncio.start_server(echo, sock=listener)
        client = cffisock.create_connection(listener.getsockname())
        client.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=client)
        writer.write(b"line\n")
        assert await reader.readline() == b"line\n"
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    run(main())


def test_datagrams(run):
    async def main():
        loop = asyncio.get_running_loop()
        with cffisock.socket(type=cffisock.SOCK_DGRAM) as left:
            left.bind(("127.0.0.1", 0))
            arrived = loop.create_future()

            class Protocol(asyncio.DatagramProtocol):
                def datagram_received(self, data, addr):
                    arrived.set_result(data)

            right = cffisock.socket(type=cffisock.SOCK_DGRAM)
            right.bind(("127.0.0.1", 0))
            right.setblocking(False)
            transport, _ = await loop.create_datagram_endpoint(Protocol, sock=right)
            left.sendto(b"datagram", right.getsockname())
            assert await arrived == b"datagram"
            transport.close()
            await asyncio.sleep(0)

    run(main())


# Python 3.12's selector loop asks for os.sysconf(), which Windows has not, where sockets can sendmsg().
UNDER_INSTALL = """
import os, sys
import cffisock
cffisock.install()
import asyncio
assert not hasattr(os, "sysconf")
assert asyncio.base_events.socket is cffisock

async def echo(reader, writer):
    writer.writelines([await reader.readline(), b"and ", b"more"])
    await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"line ")
    writer.write(b"\\n")
    assert await reader.read() == b"line \\nand more"
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()

loop = getattr(asyncio, sys.argv[1])()
loop.run_until_complete(asyncio.wait_for(main(), 20))
loop.close()
"""


@pytest.mark.parametrize("loop", ["SelectorEventLoop", "ProactorEventLoop"])
def test_under_install(loop):
    command = [sys.executable, "-W", "error", "-c", UNDER_INSTALL, loop]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")
