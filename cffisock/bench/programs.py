"""Cases: programs that use sockets through asyncio, http and aiohttp."""

from __future__ import annotations

import asyncio
import http.client
import http.server
import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from cffisock.bench.case import Net, Run, Unavailable, case

BODY = b"hello, world\n"


# -- asyncio ---------------------------------------------------------------------------------


async def _serve(net: Net) -> Any:
    async def echo(reader: Any, writer: Any) -> None:
        while True:
            data = await reader.read(65536)
            if not data:
                break
            writer.write(data)
        writer.close()

    return await asyncio.start_server(echo, sock=net.create_server(("127.0.0.1", 0)))


async def _client(net: Net, address: Any) -> Any:
    sock = net.create_connection(address)
    sock.setblocking(False)
    return await asyncio.open_connection(sock=sock)


def _echo(net: Net, size: int) -> Iterator[Run]:
    data = b"x" * size
    loop = asyncio.new_event_loop()

    async def trips(loops: int) -> None:
        for _ in range(loops):
            writer.write(data)
            await reader.readexactly(size)

    async def stop() -> None:
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    try:
        server = loop.run_until_complete(_serve(net))
        address = server.sockets[0].getsockname()
        reader, writer = loop.run_until_complete(_client(net, address))
        yield lambda loops: loop.run_until_complete(trips(loops))
        loop.run_until_complete(stop())
    finally:
        loop.close()


@case("asyncio.64", "asyncio streams echo, 64 B", goal=(0.92, 0.95), counted=False)
def asyncio_64(net: Net) -> Iterator[Run]:
    return _echo(net, 64)


@case("asyncio.64k", "asyncio streams echo, 64 KiB", goal=(0.92, 0.95), counted=False)
def asyncio_64k(net: Net) -> Iterator[Run]:
    return _echo(net, 65536)


# -- http ------------------------------------------------------------------------------------


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    def use(self, sock: Any) -> None:
        """Serve on this listening socket instead of the one made by the standard library."""
        self.socket.close()
        self.socket = sock
        self.server_address = sock.getsockname()


@case("http", "http.server + http.client, keep-alive", goal=(1.0, 1.0), counted=False)
def http_keep_alive(net: Net) -> Iterator[Run]:
    with _Server(("127.0.0.1", 0), _Handler, bind_and_activate=False) as server:
        sock = net.create_server(("127.0.0.1", 0))
        server.use(sock)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        host, port = sock.getsockname()
        connection = http.client.HTTPConnection(host, port)
        connection._create_connection = net.create_connection  # type: ignore[attr-defined]

        def run(loops: int) -> None:
            for _ in range(loops):
                connection.request("GET", "/")
                connection.getresponse().read()

        yield run
        connection.close()
        server.shutdown()
        thread.join()


# -- aiohttp ---------------------------------------------------------------------------------

_AIOHTTP_SERVER = """
import asyncio, importlib, sys
from aiohttp import web

async def hello(request):
    return web.Response(body=b"hello, world\\n")

async def main(net):
    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    sock = net.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, sock).start()
    print(sock.getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()

asyncio.run(main(importlib.import_module(sys.argv[1])))
"""
_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def _aiohttp_server(net: Net) -> Iterator[int]:
    """The port of an aiohttp server in a process of its own."""
    command = [sys.executable, "-c", _AIOHTTP_SERVER, net.__name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


@case(
    "aiohttp", "aiohttp server, 8 connections from another process", goal=(1.0, 1.0), counted=False
)
def aiohttp(net: Net) -> Iterator[Run]:
    if not importlib.util.find_spec("aiohttp"):
        raise Unavailable("aiohttp is not installed")
    with _aiohttp_server(net) as port:  # the load is the same for both sides
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]

        def run(loops: int) -> None:
            for first in range(0, loops, len(clients)):
                busy = clients[: loops - first]
                for client in busy:
                    client.sendall(_REQUEST)
                for client in busy:
                    answer = b""
                    while not answer.endswith(BODY):
                        answer += client.recv(65536)

        yield run
        for client in clients:
            client.close()
