"""anyio on asyncio, uvloop and trio: TCP, UDP, Unix sockets with descriptors passed, TLS."""

import os

import anyio
import anyio.abc
from anyio.streams.tls import TLSListener, TLSStream
from facts import HOST, client_context, server_context


async def echo(stream) -> None:
    async with stream:
        async for data in stream:
            await stream.send(data)


async def ask(stream) -> None:
    async with stream:
        await stream.send(b"x" * 1000)
        assert await stream.receive() == b"x" * 1000


async def main(path: str) -> None:
    async with anyio.create_task_group() as tasks:
        tcp = await anyio.create_tcp_listener(local_host=HOST)
        tasks.start_soon(tcp.serve, echo)
        port = tcp.extra(anyio.abc.SocketAttribute.local_port)
        await ask(await anyio.connect_tcp(HOST, port))
        listener = await anyio.create_tcp_listener(local_host=HOST)
        tls = TLSListener(listener, server_context(), standard_compatible=False)
        tasks.start_soon(tls.serve, echo)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        plain = await anyio.connect_tcp(HOST, port)
        context = client_context()
        await ask(
            await TLSStream.wrap(
                plain, hostname="localhost", ssl_context=context, standard_compatible=False
            )
        )
        async with await anyio.create_udp_socket(local_host=HOST) as udp:
            port = udp.extra(anyio.abc.SocketAttribute.local_port)
            await udp.sendto(b"datagram", HOST, port)
            assert await udp.receive() == (b"datagram", (HOST, port))
        unix = await anyio.create_unix_listener(path)

        async def take(stream) -> None:
            async with stream:
                _, fds = await stream.receive_fds(1, 1)
                os.write(fds[0], b"through the pipe")
                os.close(fds[0])

        tasks.start_soon(unix.serve, take)
        read, write = os.pipe()
        async with await anyio.connect_unix(path) as stream:
            await stream.send_fds(b"x", [write])
            os.close(write)
            assert await anyio.to_thread.run_sync(os.read, read, 100) == b"through the pipe"
        os.close(read)
        tasks.cancel_scope.cancel()


for number, (backend, options) in enumerate(
    [("asyncio", {}), ("asyncio", {"use_uvloop": True}), ("trio", {})]
):
    anyio.run(main, f"socket{number}", backend=backend, backend_options=options)
