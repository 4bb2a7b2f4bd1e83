"""trio: its streams, listeners and datagram sockets, and a socket handed to it."""

import socket

import trio
from facts import HOST, client_context, server_context


async def echo(stream) -> None:
    async for data in stream:
        await stream.send_all(data)


async def ask(stream) -> None:
    async with stream, trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, b"x" * 500_000)
        got = 0
        while got < 500_000:
            got += len(await stream.receive_some(65536))


async def main() -> None:
    async with trio.open_nursery() as nursery:
        tcp = await nursery.start(trio.serve_tcp, echo, 0)
        port = tcp[0].socket.getsockname()[1]
        await ask(await trio.open_tcp_stream(HOST, port))
        handed = trio.socket.from_stdlib_socket(socket.create_connection((HOST, port)))
        await ask(trio.SocketStream(handed))
        tls = await trio.open_ssl_over_tcp_listeners(0, server_context(), host=HOST)
        nursery.start_soon(trio.serve_listeners, echo, tls)
        port = tls[0].transport_listener.socket.getsockname()[1]
        await ask(
            await trio.open_ssl_over_tcp_stream("localhost", port, ssl_context=client_context())
        )
        with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as here:
            await here.bind((HOST, 0))
            await here.sendto(b"datagram", here.getsockname())
            assert await here.recvfrom(100) == (b"datagram", here.getsockname())
        with trio.move_on_after(0.05) as scope, trio.socket.socket() as idle:
            await idle.bind((HOST, 0))
            idle.listen()
            await idle.accept()
        assert scope.cancelled_caught
        nursery.cancel_scope.cancel()


trio.run(main)
