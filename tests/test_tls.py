"""TLS: the standard library's ssl contexts wrap sockets of ours, with a real chain of certificates.

The last test runs this file again under `run`, where SSLSocket itself derives from our class.
"""

from __future__ import annotations

import select
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from certificates import make_chain, make_contexts

import cffisock

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
SECONDS = 20
BIG = b"0123456789abcdef" * 20000
UNDER_RUN = sys.modules["socket"] is cffisock


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    return make_contexts(tmp_path_factory.mktemp("tls"))


@contextmanager
def in_thread(work: Callable[..., None], *args: Any) -> Iterator[None]:
    """Run `work` beside the block; its exception is the block's."""
    errors: list[BaseException] = []

    def target() -> None:
        try:
            work(*args)
        except BaseException as error:  # noqa: BLE001 -- handed on below
            errors.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    try:
        yield
    finally:
        thread.join(SECONDS)
    if errors:
        raise errors[0]


def echo_once(server: Any, context: ssl.SSLContext) -> None:
    """Accept, wrap, send back all that comes until the peer ends, close properly."""
    server.settimeout(SECONDS)
    sock, _ = server.accept()
    sock.settimeout(SECONDS)
    with context.wrap_socket(sock, server_side=True) as tls:
        while data := tls.recv(65536):
            tls.sendall(data)


def pair(contexts: Contexts, **client_options: Any) -> tuple[Any, Any]:
    """Two connected TLS sockets with the handshake done, over a socketpair of ours."""
    left, right = cffisock.socketpair()
    for sock in (left, right):
        sock.settimeout(SECONDS)
    client = contexts[1].wrap_socket(
        left, server_hostname="localhost", do_handshake_on_connect=False, **client_options
    )
    server = contexts[0].wrap_socket(right, server_side=True, do_handshake_on_connect=False)
    with in_thread(server.do_handshake):
        client.do_handshake()
    return client, server


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_client_and_server(contexts: Contexts, host: str) -> None:
    family = cffisock.AF_INET6 if ":" in host else cffisock.AF_INET
    with cffisock.create_server((host, 0), family=family) as server:
        with in_thread(echo_once, server, contexts[0]):
            plain = cffisock.create_connection(server.getsockname()[:2], timeout=SECONDS)
            with contexts[1].wrap_socket(plain, server_hostname=host) as tls:
                assert plain.fileno() == -1
                assert isinstance(tls, cffisock.socket) == UNDER_RUN
                assert tls.gettimeout() == SECONDS
                tls.sendall(b"hello")
                assert tls.recv(100) == b"hello"
                alternatives = dict(tls.getpeercert()["subjectAltName"])
                assert alternatives["DNS"] == "localhost"
                assert tls.getpeername() == server.getsockname()


def test_connect_after_wrapping(contexts: Contexts) -> None:
    with cffisock.create_server(("127.0.0.1", 0)) as server:
        with in_thread(echo_once, server, contexts[0]):
            with contexts[1].wrap_socket(cffisock.socket(), server_hostname="localhost") as tls:
                tls.settimeout(SECONDS)
                tls.connect(server.getsockname())
                tls.sendall(b"later")
                assert tls.recv(100) == b"later"


def test_listening_socket_is_wrapped(contexts: Contexts) -> None:
    def client(address: Any) -> None:
        plain = cffisock.create_connection(address, timeout=SECONDS)
        with contexts[1].wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(b"to a wrapped listener")

    listener = contexts[0].wrap_socket(cffisock.create_server(("127.0.0.1", 0)), server_side=True)
    with listener, in_thread(client, listener.getsockname()):
        listener.settimeout(SECONDS)
        accepted, _ = listener.accept()
        with accepted:
            assert isinstance(accepted, ssl.SSLSocket)
            assert accepted.recv(100) == b"to a wrapped listener"


def test_untrusted_chain_is_refused(tmp_path: Path, contexts: Contexts) -> None:
    make_chain(tmp_path)
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stranger.load_cert_chain(str(tmp_path / "chain.pem"), str(tmp_path / "leaf.key"))
    left, right = cffisock.socketpair()
    for sock in (left, right):
        sock.settimeout(SECONDS)
    with stranger.wrap_socket(right, True, do_handshake_on_connect=False) as server:
        with in_thread(lambda: pytest.raises(OSError, server.do_handshake)):
            with pytest.raises(ssl.SSLCertVerificationError):
                contexts[1].wrap_socket(left, server_hostname="localhost")
            left.close()


def test_wrong_name_is_refused(contexts: Contexts) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake_in_memory(contexts, "example.org")


def handshake_in_memory(contexts: Contexts, name: str) -> None:
    left, right = cffisock.socketpair()
    for sock in (left, right):
        sock.settimeout(SECONDS)
    with contexts[0].wrap_socket(right, True, do_handshake_on_connect=False) as server:
        with in_thread(lambda: pytest.raises(OSError, server.do_handshake)):
            try:
                contexts[1].wrap_socket(left, server_hostname=name).close()
            finally:
                left.close()


def test_server_name_chooses_the_context(tmp_path: Path, contexts: Contexts) -> None:
    other, trusting = make_contexts(tmp_path)
    front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asked = []

    def choose(sock: Any, name: str, _: ssl.SSLContext) -> None:
        asked.append(name)
        assert sock.fileno() == server.fileno()
        sock.context = other

    front.sni_callback = choose
    left, right = cffisock.socketpair()
    for sock in (left, right):
        sock.settimeout(SECONDS)
    server = front.wrap_socket(right, server_side=True, do_handshake_on_connect=False)
    with server, in_thread(server.do_handshake):
        with trusting.wrap_socket(left, server_hostname="localhost") as client:
            assert client.version() is not None
    assert asked == ["localhost"]


def test_files(contexts: Contexts) -> None:
    client, server = pair(contexts)
    with client, server, client.makefile("rwb") as file, server.makefile("rwb") as other:
        file.write(b"a line\nanother\n")
        file.flush()
        assert [other.readline(), other.readline()] == [b"a line\n", b"another\n"]
        other.write(b"answer\n")
        other.flush()
        assert file.readline() == b"answer\n"


def test_much_data_both_ways(contexts: Contexts) -> None:
    client, server = pair(contexts)

    def receive(sock: Any) -> None:
        got = bytearray(len(BIG))
        view = memoryview(got)
        while view:
            view = view[sock.recv_into(view) :]
        assert got == BIG

    with client, server:
        for sender, receiver in ((client, server), (server, client)):
            with in_thread(receive, receiver):
                sender.sendall(BIG)


def test_time_out_of_a_read(contexts: Contexts) -> None:
    client, server = pair(contexts)
    with client, server:
        client.settimeout(0.05)
        start = time.monotonic()
        with pytest.raises(TimeoutError if sys.version_info >= (3, 10) else cffisock.timeout):
            client.recv(10)
        assert time.monotonic() - start >= 0.04
        server.sendall(b"late")
        client.settimeout(SECONDS)
        assert client.recv(10) == b"late"


def test_time_out_of_a_handshake(contexts: Contexts) -> None:
    left, right = cffisock.socketpair()
    with right:
        left.settimeout(0.05)
        with pytest.raises(OSError, match="timed out"):
            contexts[1].wrap_socket(left, server_hostname="localhost")
        left.close()


def test_non_blocking_handshake_and_transfer(contexts: Contexts) -> None:
    left, right = cffisock.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    client = contexts[1].wrap_socket(
        left, server_hostname="localhost", do_handshake_on_connect=False
    )
    server = contexts[0].wrap_socket(right, server_side=True, do_handshake_on_connect=False)
    waited = set()

    def step(sock: Any, call: Callable[[], Any]) -> Any:
        try:
            return call() or True
        except ssl.SSLWantReadError:
            waited.add("read")
        except ssl.SSLWantWriteError:
            waited.add("write")
            select.select([], [sock], [], 0)
        return None

    with client, server:
        todo = {client: client.do_handshake, server: server.do_handshake}
        while todo:
            for sock, call in list(todo.items()):
                if step(sock, call):
                    del todo[sock]
        assert client.getblocking() is False
        unsent, received = memoryview(BIG), bytearray()
        while len(received) < len(BIG):
            if unsent:
                unsent = unsent[int(step(client, lambda: client.send(unsent)) or 0) :]
            received += step(server, lambda: server.recv(65536)) or b""
        assert received == BIG
    assert waited == {"read", "write"}


def test_unwrap_gives_a_plain_connection_back(contexts: Contexts) -> None:
    client, server = pair(contexts)
    plain: list[Any] = []
    with in_thread(lambda: plain.append(server.unwrap())):
        left = client.unwrap()
    (right,) = plain
    with left, right:
        left.sendall(b"not secret")
        assert right.recv(100) == b"not secret"


def test_pending_shutdown_and_detach(contexts: Contexts) -> None:
    client, server = pair(contexts)
    with client, server:
        server.sendall(b"0123456789")
        assert client.recv(4) == b"0123"
        assert client.pending() == 6
        assert client.recv(100) == b"456789"
        fd = client.detach()
        assert client.fileno() == -1
        with cffisock.socket(fileno=fd) as again:
            assert again.family == server.family
            again.shutdown(cffisock.SHUT_RDWR)


def test_everything_again_under_run() -> None:
    if UNDER_RUN:
        pytest.skip("this is that run")
    command = [sys.executable, "-m", "cffisock", "run", "-m", "pytest", "-q", __file__]
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={Path(__file__).parent}"]
    options += ["-W", "error", "--at-least", "12"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
