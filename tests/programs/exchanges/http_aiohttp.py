"""aiohttp: its server over TCP, TLS and a Unix socket; its client, a web socket among the rest."""

import asyncio
import os
import socket

from aiohttp import ClientSession, TCPConnector, UnixConnector, web
from facts import HOST, client_context, server_context


async def echo(request: web.Request) -> web.StreamResponse:
    return web.Response(body=await request.read())


async def talk(request: web.Request) -> web.StreamResponse:
    sock = web.WebSocketResponse()
    await sock.prepare(request)
    async for message in sock:
        await sock.send_str(message.data.upper())
    return sock


async def main() -> None:
    app = web.Application(client_max_size=2**21)
    app.add_routes([web.post("/", echo), web.get("/talk", talk)])
    app.add_routes([web.static("/files", os.path.dirname(__file__))])
    runner = web.AppRunner(app)
    await runner.setup()
    tls = socket.create_server((HOST, 0))
    sites = [
        web.TCPSite(runner, HOST, 0),
        web.SockSite(runner, tls, ssl_context=server_context()),
        web.UnixSite(runner, "socket"),
    ]
    for site in sites:
        await site.start()
    port = runner.addresses[0][1]
    for url, connector in (
        (f"http://{HOST}:{port}", TCPConnector()),
        (f"https://localhost:{tls.getsockname()[1]}", TCPConnector(ssl=client_context())),
        ("http://localhost", UnixConnector("socket")),
    ):
        async with ClientSession(connector=connector) as session:
            async with session.post(url, data=b"x" * 1_000_000) as answer:
                assert len(await answer.read()) == 1_000_000
            async with session.get(f"{url}/files/facts.py") as answer:
                assert b"import" in await answer.read()
            async with session.ws_connect(f"{url}/talk") as sock:
                await sock.send_str("hello")
                assert (await sock.receive()).data == "HELLO"
    await runner.cleanup()


asyncio.run(main())
