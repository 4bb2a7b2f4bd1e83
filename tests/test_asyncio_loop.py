"""asyncio on our sockets, handed to it one by one; and, in a child under `run`, all of asyncio's own.

Each test passes sockets of ours through the loop's public calls. The last one runs this file again
with `import socket` meaning cffisock, where the sockets asyncio makes by itself are ours as well.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import make_contexts

import cffisock

Run = Callable[[Coroutine[Any, Any, None]], None]

PROACTOR: Any = getattr(asyncio, "ProactorEventLoop", ())  # Windows'
BIG = b"0123456789abcdef" * 65536  # a megabyte: more than any socket buffer holds
SECONDS = 20
needs_unix = pytest.mark.skipif(
    not hasattr(asyncio.AbstractEventLoop, "create_unix_server")
    or not hasattr(cffisock, "AF_UNIX")
    or os.name == "nt",
    reason="this system's event loop has no Unix sockets",
)
needs_datagram_calls = pytest.mark.skipif(
    not hasattr(asyncio.AbstractEventLoop, "sock_sendto"),
    reason="this version's event loop has no sock_sendto()",
)


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a coroutine in a fresh event loop, with an end."""
    loop = asyncio.new_event_loop()
    try:
        yield lambda main: loop.run_until_complete(asyncio.wait_for(main, SECONDS))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return make_contexts(tmp_path_factory.mktemp("tls"))


def listener(family: int = cffisock.AF_INET, address: Any = ("127.0.0.1", 0)) -> Any:
    sock = cffisock.socket(family)
    sock.bind(address)
    sock.listen()
    sock.setblocking(False)
    return sock


def client(family: int = cffisock.AF_INET, type: int = cffisock.SOCK_STREAM) -> Any:
    sock = cffisock.socket(family, type)
    sock.setblocking(False)
    return sock


async def connected(server: Any) -> Any:
    """A socket of ours connected to the listening one."""
    sock = client(server.family)
    await asyncio.get_running_loop().sock_connect(sock, server.getsockname())
    return sock


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send data to an echo and expect it back; then close."""

    async def send() -> None:
        writer.write(data)
        await writer.drain()

    _, answer = await asyncio.gather(send(), reader.readexactly(len(data)))
    assert answer == data
    writer.close()
    await writer.wait_closed()


class Collector(asyncio.Protocol, asyncio.DatagramProtocol):
    """A protocol that notes everything it is told."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.received: asyncio.Queue[Any] = asyncio.Queue()
        self.data = bytearray()
        self.lost: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.received.put_nowait(data)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.received.put_nowait((data, addr))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(exc)


# -- streams and protocols


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_streams(run: Run, host: str) -> None:
    async def main() -> None:
        family = cffisock.AF_INET6 if ":" in host else cffisock.AF_INET
        sock = listener(family, (host, 0))
        server = await asyncio.start_server(echo, sock=sock)
        assert server.sockets[0].getsockname() == sock.getsockname()
        ours = await connected(sock)
        name = ours.getsockname()
        reader, writer = await asyncio.open_connection(sock=ours)
        assert writer.get_extra_info("sockname") == name
        assert writer.get_extra_info("peername") == sock.getsockname()
        assert writer.get_extra_info("socket").fileno() == ours.fileno()
        await ask(reader, writer, BIG)
        server.close()
        await server.wait_closed()

    run(main())


@pytest.mark.parametrize("how", ["sock", "host", "create_server"])
def test_server_of_ours_and_client_of_the_loop(run: Run, how: str) -> None:
    async def main() -> None:
        if how == "host":
            server = await asyncio.start_server(echo, "127.0.0.1", 0)
        else:
            sock = listener() if how == "sock" else cffisock.create_server(("127.0.0.1", 0))
            server = await asyncio.start_server(echo, sock=sock)
        host, port = server.sockets[0].getsockname()
        await ask(*await asyncio.open_connection(host, port), b"hello")
        server.close()
        await server.wait_closed()

    run(main())


def test_protocols(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        served: asyncio.Future[Collector] = loop.create_future()

        def factory() -> Collector:
            protocol = Collector()
            served.set_result(protocol)
            return protocol

        sock = listener()
        server = await loop.create_server(factory, sock=sock)
        transport, here = await loop.create_connection(Collector, sock=await connected(sock))
        there = await served
        transport.writelines([b"one ", bytearray(b"two "), memoryview(b"three")])
        transport.write_eof()
        await there.lost
        assert there.data == b"one two three"
        there.transport.close()
        assert await here.lost is None
        server.close()
        await server.wait_closed()

    run(main())


def test_connection_accepted_outside_the_loop(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with listener() as sock:
            with await connected(sock) as ours:
                accepted, _ = await loop.sock_accept(sock)
                transport, protocol = await loop.connect_accepted_socket(Collector, accepted)
                await loop.sock_sendall(ours, b"to a protocol")
                assert await protocol.received.get() == b"to a protocol"
                transport.close()
                await protocol.lost

    run(main())


def test_paused_writer_goes_on(run: Run) -> None:
    async def main() -> None:
        left, right = cffisock.socketpair()
        left.setblocking(False)
        right.setblocking(False)
        _, writer = await asyncio.open_connection(sock=left)
        writer.transport.set_write_buffer_limits(0)
        writer.write(BIG)
        drain = asyncio.ensure_future(writer.drain())
        await asyncio.sleep(0)
        # A proactor gives all of it to the kernel, which may have taken it by now.
        assert not drain.done() or isinstance(asyncio.get_running_loop(), PROACTOR)
        reader, other = await asyncio.open_connection(sock=right)
        assert await reader.readexactly(len(BIG)) == BIG
        await drain
        for end in (writer, other):
            end.close()
            await end.wait_closed()

    run(main())


# -- datagrams


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_datagram_endpoints(run: Run, host: str) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        family = cffisock.AF_INET6 if ":" in host else cffisock.AF_INET
        ends = []
        for _ in range(2):
            sock = client(family, cffisock.SOCK_DGRAM)
            sock.bind((host, 0))
            ends.append(await loop.create_datagram_endpoint(Collector, sock=sock))
        (first, here), (second, there) = ends
        names = [end.get_extra_info("sockname") for end in (first, second)]
        for size in (0, 1, 1400, 9000):
            first.sendto(b"d" * size, names[1])
            if not size and (sys.version_info < (3, 13) or isinstance(loop, PROACTOR)):
                continue  # the loop itself drops an empty datagram
            assert await there.received.get() == (b"d" * size, names[0])
        second.sendto(b"answer", names[0])
        assert await here.received.get() == (b"answer", names[1])
        for transport, protocol in ends:
            transport.close()
            await protocol.lost

    run(main())


@needs_datagram_calls
def test_datagram_calls(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with client(type=cffisock.SOCK_DGRAM) as here, client(type=cffisock.SOCK_DGRAM) as there:
            here.bind(("127.0.0.1", 0))
            there.bind(("127.0.0.1", 0))
            waiting = loop.create_task(loop.sock_recvfrom(there, 100))
            await asyncio.sleep(0)
            assert await loop.sock_sendto(here, b"one", there.getsockname()) == 3
            assert await waiting == (b"one", here.getsockname())
            await loop.sock_sendto(there, b"two", here.getsockname())
            buffer = bytearray(100)
            assert await loop.sock_recvfrom_into(here, buffer) == (3, there.getsockname())
            assert buffer[:3] == b"two"

    run(main())


# -- sock_* calls


def test_socket_calls(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with listener() as sock:
            accepting = loop.create_task(loop.sock_accept(sock))
            with await connected(sock) as ours:
                accepted, peer = await accepting
                assert peer == ours.getsockname()
                with accepted:
                    # The proactor makes the socket first, and gives its own kind.
                    assert isinstance(accepted, cffisock.socket) or isinstance(loop, PROACTOR)
                    assert accepted.gettimeout() == 0
                    sending = loop.create_task(loop.sock_sendall(ours, BIG))
                    buffer = bytearray(len(BIG))
                    got = await loop.sock_recv_into(accepted, buffer)
                    while got < len(BIG):
                        data = await loop.sock_recv(accepted, 65536)
                        buffer[got : got + len(data)] = data
                        got += len(data)
                    await sending
                    assert buffer == BIG
                    accepted.shutdown(cffisock.SHUT_WR)
                    assert await loop.sock_recv(ours, 1) == b""

    run(main())


def test_refused_connection(run: Run) -> None:
    async def main() -> None:
        with listener() as sock:
            address = sock.getsockname()
        with client() as ours:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.get_running_loop().sock_connect(ours, address)

    run(main())


def test_cancelled_receive_takes_no_data(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        left, right = cffisock.socketpair()
        with left, right:
            left.setblocking(False)
            right.setblocking(False)
            waiting = loop.create_task(loop.sock_recv(left, 100))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await loop.sock_sendall(right, b"kept")
            assert await loop.sock_recv(left, 100) == b"kept"

    run(main())


def test_readers_and_writers(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        left, right = cffisock.socketpair()
        with left, right:
            try:
                loop.add_reader(left, lambda: None)
            except NotImplementedError:
                pytest.skip("this event loop watches no descriptors")
            writable, readable = asyncio.Event(), asyncio.Event()
            loop.add_writer(right, writable.set)
            loop.add_reader(left, readable.set)
            await writable.wait()
            assert not readable.is_set()
            right.send(b"x")
            await readable.wait()
            assert loop.remove_writer(right)
            assert loop.remove_reader(left)
            assert not loop.remove_reader(left.fileno())

    run(main())


# -- files


def test_sendfile_of_a_socket(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(BIG)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with listener() as sock:
            with await connected(sock) as ours:
                accepted, _ = await loop.sock_accept(sock)
                reader, writer = await asyncio.open_connection(sock=accepted)
                with path.open("rb") as file:
                    sending = loop.create_task(loop.sock_sendfile(ours, file, 16, len(BIG) - 32))
                    assert await reader.readexactly(len(BIG) - 32) == BIG[16:-16]
                    assert await sending == len(BIG) - 32
                    assert file.tell() == len(BIG) - 16
                writer.close()
                await writer.wait_closed()

    run(main())


@pytest.mark.parametrize("fallback", [False, True])
def test_sendfile_of_a_transport(run: Run, tmp_path: Path, fallback: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(BIG)

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with path.open("rb") as file:
                await loop.sendfile(writer.transport, file, fallback=fallback)
            writer.close()

        sock = listener()
        server = await asyncio.start_server(send, sock=sock)
        reader, writer = await asyncio.open_connection(sock=await connected(sock))
        assert await reader.read() == BIG
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    run(main())


# -- Unix sockets


@needs_unix
def test_unix_streams(run: Run, short_folder: Path) -> None:
    async def main() -> None:
        sock = listener(cffisock.AF_UNIX, str(short_folder / "listen"))
        server = await asyncio.start_unix_server(echo, sock=sock)
        ours = await asyncio.open_unix_connection(sock=await connected(sock))
        await ask(*ours, BIG)
        await ask(*await asyncio.open_unix_connection(str(short_folder / "listen")), b"by path")
        server.close()
        await server.wait_closed()

    run(main())


@needs_unix
def test_unix_datagrams(run: Run, short_folder: Path) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        ends = []
        for name in ("a", "b"):
            sock = client(cffisock.AF_UNIX, cffisock.SOCK_DGRAM)
            sock.bind(str(short_folder / name))
            ends.append(await loop.create_datagram_endpoint(Collector, sock=sock))
        (first, _), (_, there) = ends
        first.sendto(b"datagram", str(short_folder / "b"))
        assert await there.received.get() == (b"datagram", str(short_folder / "a"))
        for transport, protocol in ends:
            transport.close()
            await protocol.lost

    run(main())


# -- TLS


def test_tls_streams(run: Run, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    for_server, for_client = contexts

    async def main() -> None:
        sock = listener()
        server = await asyncio.start_server(echo, sock=sock, ssl=for_server)
        reader, writer = await asyncio.open_connection(
            sock=await connected(sock), ssl=for_client, server_hostname="localhost"
        )
        assert writer.get_extra_info("ssl_object").version().startswith("TLS")
        await ask(reader, writer, BIG)
        server.close()
        await server.wait_closed()

    run(main())


def test_tls_is_started_later(run: Run, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    for_server, for_client = contexts

    async def main() -> None:
        loop = asyncio.get_running_loop()
        left, right = cffisock.socketpair()
        left.setblocking(False)
        right.setblocking(False)
        plain, here = await loop.create_connection(Collector, sock=left)
        other, there = await loop.create_connection(Collector, sock=right)
        plain.write(b"plain")
        assert await there.received.get() == b"plain"
        first, second = await asyncio.gather(
            loop.start_tls(other, there, for_server, server_side=True),
            loop.start_tls(plain, here, for_client, server_hostname="localhost"),
        )
        assert first is not None
        assert second is not None
        second.write(b"secret")
        assert await there.received.get() == b"secret"
        second.close()
        first.close()
        await asyncio.gather(here.lost, there.lost)

    run(main())


# -- all of it with the loop's own sockets ours too


def test_everything_again_under_run() -> None:
    if "socket" in sys.modules and sys.modules["socket"] is cffisock:
        pytest.skip("this is that run")
    command = [sys.executable, "-m", "cffisock", "run", "-m", "pytest", "-q", __file__]
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={Path(__file__).parent}"]
    options += ["-W", "error", "--at-least", "15"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
