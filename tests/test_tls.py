"""TLS over our sockets, on a chain made for the test: a root, a certificate for each server name.

Each case runs with `cffisock` used directly, where `ssl` takes the descriptor over into its own
class, and in a program under install() and under `run`, where `ssl.SSLSocket` derives from ours.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import make_chain, new_root

COMMON = """
import errno, gc, os, select, ssl, sys, threading, weakref
from contextlib import contextmanager

folder = sys.argv[1]
PAYLOAD = bytes(range(256)) * 4096

def server_context(name="localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem")
    return context

def client_context():
    return ssl.create_default_context(cafile=f"{folder}/root.pem")

def connected():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    client.settimeout(20)
    server.settimeout(20)
    return client, server

def handshake(server, context, then=lambda tls: None):
    # The server's half, in a thread: what it raises is raised by finish().
    caught = []
    def work():
        try:
            with context.wrap_socket(server, server_side=True) as tls:
                then(tls)
        except BaseException as error:
            caught.append(error)
    thread = threading.Thread(target=work)
    thread.start()
    def finish():
        thread.join(20)
        assert not thread.is_alive()
        for error in caught:
            raise error
    return finish

def expect(kind, function, *args):
    try:
        function(*args)
    except kind as error:
        return error
    raise AssertionError(f"{kind} was expected")
"""

PROOF = "assert socket.socket.recv.__module__.startswith('cffisock')\n"
# How the interpreter is started, and how the program gets at our sockets.
STARTS = {
    "direct": ([], "import cffisock as socket\n"),
    "installed": ([], "import cffisock\ncffisock.install()\nimport socket\n"),
    "run": (["-m", "cffisock", "run"], "import socket\n"),
}
Run = Callable[[str], None]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """root.pem, and for each name the key with the whole chain below an intermediate authority."""
    folder = tmp_path_factory.mktemp("chain")
    make_chain(folder, "localhost", "other.example")
    new_root().cert_pem.write_to_path(str(folder / "stranger.pem"))
    return folder


def run_program(start: str, chain: Path, body: str) -> None:
    options, opening = STARTS[start]
    program = opening + PROOF + COMMON + textwrap.dedent(body)
    python = [sys.executable, "-X", "faulthandler", "-W", "error"]
    command = [*python, *options, "-c", program, str(chain)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.fixture(params=STARTS)
def run(request: pytest.FixtureRequest, chain: Path) -> Run:
    """Runs a program's body once for each way to our sockets."""
    return functools.partial(run_program, request.param, chain)


def test_client_and_server(run: Run) -> None:
    run("""
        client, server = connected()
        received = []
        def serve(tls):
            while sum(map(len, received)) < len(PAYLOAD):
                received.append(tls.recv(65536))
            tls.sendall(b"all")
        finish = handshake(server, server_context(), serve)
        with client_context().wrap_socket(client, server_hostname="localhost") as tls:
            assert client.fileno() == -1  # the descriptor went over
            assert tls.version() == "TLSv1.3"
            assert ("DNS", "localhost") in tls.getpeercert()["subjectAltName"]
            assert tls.getpeername()[0] == "127.0.0.1"
            tls.sendall(PAYLOAD)
            # Read before closing: unread session tickets would make the kernel send a reset.
            assert tls.recv(3) == b"all"
        finish()
        assert b"".join(received) == PAYLOAD
        assert client.fileno() == server.fileno() == -1
    """)


def test_listening_context_and_makefile(run: Run) -> None:
    run("""
        plain = socket.create_server(("127.0.0.1", 0))
        address = plain.getsockname()
        plain.settimeout(20)
        def work(listener):
            connection, _ = listener.accept()
            assert isinstance(connection, ssl.SSLSocket)
            with connection, connection.makefile("rwb") as file:
                file.write(file.readline().upper())
        with server_context().wrap_socket(plain, server_side=True) as listener:
            thread = threading.Thread(target=work, args=(listener,))
            thread.start()
            with socket.create_connection(address, 20) as client:
                with client_context().wrap_socket(client, server_hostname="localhost") as tls:
                    with tls.makefile("rw", encoding="utf-8", newline="\\n") as file:
                        file.write("in small letters\\n")
                        file.flush()
                        assert file.readline() == "IN SMALL LETTERS\\n"
            thread.join(20)
    """)


def test_server_name_indication(run: Run) -> None:
    run("""
        for name in ("localhost", "other.example"):
            client, server = connected()
            asked = []
            def choose(tls, wanted, context):
                asked.append((type(tls), wanted))
                tls.context = server_context(wanted)
            context = server_context()
            context.sni_callback = choose
            finish = handshake(server, context, lambda tls: tls.sendall(b"x"))
            with client_context().wrap_socket(client, server_hostname=name) as tls:
                assert ("DNS", name) in tls.getpeercert()["subjectAltName"]
                assert tls.recv(1) == b"x"
            finish()
            assert asked == [(ssl.SSLSocket, name)]
    """)


def test_a_wrong_name_and_a_stranger_are_refused(run: Run) -> None:
    run("""
        strangers = ssl.create_default_context(cafile=f"{folder}/stranger.pem")
        for context, name in ((client_context(), "wrong.example"), (strangers, "localhost")):
            client, server = connected()
            finish = handshake(server, server_context(), lambda tls: tls.recv(1))
            expect(
                ssl.SSLCertVerificationError,
                lambda: context.wrap_socket(client, server_hostname=name),
            )
            client.close()
            expect(OSError, finish)
    """)


def test_time_outs(run: Run) -> None:
    run("""
        client, server = connected()
        client.settimeout(0.05)
        error = expect(  # nobody answers the handshake
            socket.timeout,
            lambda: client_context().wrap_socket(client, server_hostname="localhost"),
        )
        assert "timed out" in str(error)
        server.close()

        client, server = connected()
        done = threading.Event()
        finish = handshake(server, server_context(), lambda tls: (done.wait(20), tls.send(b"y")))
        with client_context().wrap_socket(client, server_hostname="localhost") as tls:
            assert tls.gettimeout() == 20
            # Not shorter: when a busy machine leaves exactly nothing of it, by a clock of coarse ticks,
            # CPython's _ssl takes that 0 for "does not wait".
            tls.settimeout(0.3)
            assert "timed out" in str(expect(socket.timeout, tls.recv, 1))
            tls.settimeout(20)  # the same connection works on
            done.set()
            assert tls.recv(1) == b"y"
        finish()
    """)


def test_non_blocking_handshake_and_data(run: Run) -> None:
    run("""
        client, server = connected()
        client.setblocking(False)
        server.setblocking(False)
        ours = client_context().wrap_socket(
            client, server_hostname="localhost", do_handshake_on_connect=False
        )
        theirs = server_context().wrap_socket(
            server, server_side=True, do_handshake_on_connect=False
        )
        waits = 0
        todo = [ours, theirs]
        while todo:
            tls = todo.pop(0)
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                waits += 1
                todo.append(tls)
        assert waits
        expect(ssl.SSLWantReadError, theirs.recv, 1)
        ours.send(b"z")
        assert select.select([theirs], [], [], 20)[0] == [theirs]
        assert theirs.recv(1) == b"z"
        theirs.settimeout(20)
        ours.send(b"blocking again")
        assert theirs.recv(100) == b"blocking again"
        theirs.close()
        ours.settimeout(20)
        assert ours.recv(1) == b""
        ours.close()
    """)


def test_connect_after_wrapping(run: Run) -> None:
    run("""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(20)
            plain = socket.socket()
            plain.settimeout(20)
            tls = client_context().wrap_socket(plain, server_hostname="localhost")
            def work():
                server, _ = listener.accept()
                with server_context().wrap_socket(server, server_side=True) as other:
                    other.sendall(b"welcome")
            thread = threading.Thread(target=work)
            thread.start()
            with tls:
                tls.connect(listener.getsockname())
                assert tls.recv(100) == b"welcome"
            thread.join(20)
    """)


def test_back_to_plain_text(run: Run) -> None:
    """unwrap() ends TLS on both sides; the connection goes on without it."""
    run("""
        client, server = connected()
        def serve(tls):
            plain = tls.unwrap()
            assert plain.recv(100) == b"open talk"
            plain.close()
        finish = handshake(server, server_context(), serve)
        tls = client_context().wrap_socket(client, server_hostname="localhost")
        plain = tls.unwrap()
        assert plain is tls
        plain.sendall(b"open talk")
        plain.close()
        finish()
    """)


def test_nothing_is_left_open_or_alive(run: Run) -> None:
    run("""
        def session():
            client, server = connected()
            finish = handshake(server, server_context(), lambda tls: tls.sendall(tls.recv(1)))
            tls = client_context().wrap_socket(client, server_hostname="localhost")
            fd = tls.fileno()
            tls.send(b"1")
            # Read to the end: who closes before sends a reset, and the other may see that first.
            assert tls.recv(1) == b"1"
            finish()
            assert tls.recv(1) == b""
            tls.close()
            expect(OSError, lambda: socket.socket(fileno=fd))
            return weakref.ref(tls)
        gone = session()
        for _ in range(3):
            gc.collect()
        assert gone() is None

        client, server = connected()
        finish = handshake(server, server_context(), lambda tls: None)
        tls = client_context().wrap_socket(client, server_hostname="localhost")
        finish()
        fd = tls.detach()
        assert tls.fileno() == -1
        del tls
        gc.collect()
        socket.socket(fileno=fd).close()  # still open: it is ours now
    """)


@pytest.mark.parametrize("start", ["installed", "run"])
def test_the_wrapped_socket_is_ours(start: str, chain: Path) -> None:
    body = """
        client, server = connected()
        finish = handshake(server, server_context(), lambda tls: None)
        with client_context().wrap_socket(client, server_hostname="localhost") as tls:
            assert isinstance(tls, socket.socket)
            assert type(tls).__mro__[1].__module__.startswith("cffisock")
        finish()
    """
    run_program(start, chain, body)


def test_asyncio(run: Run) -> None:
    run("""
        import asyncio

        async def main():
            async def echo(reader, writer):
                writer.write(await reader.readexactly(len(PAYLOAD)))
                await writer.drain()
                writer.close()
            listener = socket.create_server(("127.0.0.1", 0))
            listener.setblocking(False)
            server = await asyncio.start_server(echo, sock=listener, ssl=server_context())
            client = socket.create_connection(listener.getsockname())
            client.setblocking(False)
            reader, writer = await asyncio.open_connection(
                sock=client, ssl=client_context(), server_hostname="localhost"
            )
            writer.write(PAYLOAD)
            assert await reader.readexactly(len(PAYLOAD)) == PAYLOAD
            writer.close()
            await writer.wait_closed()
            server.close()
            await server.wait_closed()

        asyncio.run(main())
    """)
