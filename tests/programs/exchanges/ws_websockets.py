"""websockets: asyncio server and client over TCP, TLS and a Unix socket; the threaded ones too."""

import asyncio
import threading

import websockets.asyncio.client
import websockets.asyncio.server
import websockets.sync.client
import websockets.sync.server
from facts import HOST, client_context, server_context


async def echo(connection) -> None:
    async for message in connection:
        await connection.send(message)


async def asynchronous() -> None:
    serve, connect = websockets.asyncio.server, websockets.asyncio.client
    async with serve.serve(echo, HOST, 0, max_size=2**22) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect.connect(f"ws://{HOST}:{port}", max_size=2**22, proxy=None) as client:
            for message in ("text", b"binary", b"x" * 2_000_000):
                await client.send(message)
                assert await client.recv() == message
            await (await client.ping())
    async with serve.serve(echo, HOST, 0, ssl=server_context()) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"wss://localhost:{port}"
        async with connect.connect(url, ssl=client_context(), proxy=None) as client:
            await client.send("secret")
            assert await client.recv() == "secret"
    async with serve.unix_serve(echo, "socket"):
        async with connect.unix_connect("socket") as client:
            await client.send("unix")
            assert await client.recv() == "unix"


def threaded() -> None:
    def handler(connection) -> None:
        for message in connection:
            connection.send(message)

    with websockets.sync.server.serve(handler, HOST, 0, ssl=server_context()) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"wss://localhost:{server.socket.getsockname()[1]}"
        with websockets.sync.client.connect(url, ssl=client_context(), proxy=None) as client:
            client.send(b"y" * 100_000)
            assert client.recv(5) == b"y" * 100_000
        server.shutdown()
        thread.join()


asyncio.run(asynchronous())
threaded()
