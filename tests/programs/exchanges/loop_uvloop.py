"""uvloop: streams and datagrams that libuv makes, and sockets made by Python handed to it."""

import asyncio
import socket

import uvloop
from facts import HOST, client_context, server_context


async def echo(reader, writer) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def ask(reader, writer) -> None:
    writer.write(b"x" * 500_000)
    assert await reader.readexactly(500_000) == b"x" * 500_000
    writer.close()
    await writer.wait_closed()


async def main() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, uvloop.Loop)
    for tls in (False, True):
        contexts = {"ssl": client_context(), "server_hostname": "localhost"} if tls else {}
        sock = socket.create_server((HOST, 0))
        server = await asyncio.start_server(echo, sock=sock, ssl=server_context() if tls else None)
        ours = socket.create_connection(sock.getsockname())
        await ask(*await asyncio.open_connection(sock=ours, **contexts))
        await ask(*await asyncio.open_connection(*sock.getsockname(), **contexts))
        server.close()
        await server.wait_closed()
    with socket.create_server((HOST, 0)) as listener, socket.socket() as client:
        listener.setblocking(False)
        client.setblocking(False)
        accepting = loop.create_task(loop.sock_accept(listener))
        await loop.sock_connect(client, listener.getsockname())
        accepted, _ = await accepting
        assert type(accepted) is socket.socket
        with accepted:
            accepted.setblocking(False)
            await loop.sock_sendall(client, b"sock_*")
            assert await loop.sock_recv(accepted, 100) == b"sock_*"
    with socket.socket(type=socket.SOCK_DGRAM) as here:
        here.bind((HOST, 0))
        here.setblocking(False)
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=here.getsockname()
        )
        transport.sendto(b"datagram")
        assert await loop.sock_recv(here, 100) == b"datagram"
        transport.close()


uvloop.install() if not hasattr(uvloop, "run") else None
uvloop.run(main())
