"""Our sockets and the standard library's, side by side in one process and across processes."""

from __future__ import annotations

import http.client
import http.server
import multiprocessing
import os
import selectors
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import cffisock

BOTH_WAYS = pytest.mark.parametrize(
    ("giver", "taker"), [(cffisock, socket), (socket, cffisock)], ids=["to theirs", "to ours"]
)
SELECTORS = [
    getattr(selectors, name)
    for name in (
        "SelectSelector",
        "PollSelector",
        "EpollSelector",
        "DevpollSelector",
        "KqueueSelector",
    )
    if hasattr(selectors, name)
]
posix_only = pytest.mark.skipif(
    os.name != "posix", reason="this system's sockets are no descriptors of the C library"
)
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
SECONDS = 20


def program_under_run(folder: Path, source: str) -> str:
    """Run a program's file with `import socket` meaning cffisock: what it printed."""
    path = folder / "program.py"
    path.write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "cffisock", "run", str(path)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def python_child(source: str, *args: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", source, *args],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        **kwargs,
    )
    assert done.returncode == 0, done.stderr
    return done


# -- fileno, detach, fromfd


@BOTH_WAYS
def test_a_detached_descriptor_becomes_the_other_kind(giver: Any, taker: Any) -> None:
    left, right = giver.socketpair()
    with right, taker.socket(fileno=left.detach()) as other:
        assert left.fileno() == -1
        assert (other.family, other.type, other.proto) == (right.family, right.type, right.proto)
        right.sendall(b"hello")
        assert other.recv(5) == b"hello"
        other.sendall(b"back")
        assert right.recv(4) == b"back"


@BOTH_WAYS
def test_fromfd_makes_the_other_kind_beside_the_first(giver: Any, taker: Any) -> None:
    with giver.socket(giver.AF_INET, giver.SOCK_DGRAM) as first:
        first.bind(("127.0.0.1", 0))
        with taker.fromfd(first.fileno(), first.family, first.type) as second:
            assert second.fileno() != first.fileno()
            assert second.getsockname() == first.getsockname()
            first.setsockopt(giver.SOL_SOCKET, giver.SO_BROADCAST, 1)
            assert second.getsockopt(taker.SOL_SOCKET, taker.SO_BROADCAST)
        assert first.getsockname()[1]


@BOTH_WAYS
def test_they_talk_to_each_other(giver: Any, taker: Any) -> None:
    with giver.create_server(("127.0.0.1", 0)) as server:
        with taker.create_connection(server.getsockname(), timeout=SECONDS) as client:
            accepted, peer = server.accept()
            with accepted:
                assert peer == client.getsockname()
                accepted.sendall(b"x" * 1000)
                with client.makefile("rb") as file:
                    assert file.read(1000) == b"x" * 1000


@BOTH_WAYS
def test_each_takes_the_members_of_the_other_enums(giver: Any, taker: Any) -> None:
    sock = taker.socket(giver.AddressFamily.AF_INET, giver.SocketKind.SOCK_DGRAM)
    with sock:
        assert (sock.family, sock.type) == (giver.AF_INET, giver.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.sendto(b"peek", sock.getsockname())
        assert sock.recv(10, giver.MsgFlag.MSG_PEEK) == b"peek"
        assert sock.recv(10) == b"peek"


def test_exceptions_of_both_are_the_same() -> None:
    assert cffisock.error is socket.error is OSError
    assert issubclass(cffisock.timeout, socket.timeout)
    assert issubclass(cffisock.gaierror, socket.gaierror)
    assert issubclass(cffisock.herror, socket.herror)
    with cffisock.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.001)
        with pytest.raises(socket.timeout):
            server.accept()
    with pytest.raises(socket.gaierror):
        cffisock.getaddrinfo("127.0.0.1", "no such service")


@pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="this system passes no descriptors")
@BOTH_WAYS
def test_descriptors_passed_from_one_to_the_other(giver: Any, taker: Any) -> None:
    left, right = giver.socketpair()
    with left, taker.socket(fileno=right.detach()) as other:
        giver.send_fds(left, [b"here"], [left.fileno()])
        data, fds, _, _ = taker.recv_fds(other, 10, 5)
        assert data == b"here"
        with closing(taker.socket(fileno=fds[0])) as passed:
            assert passed.family == left.family
            passed.sendall(b"through the copy")
            assert other.recv(100) == b"through the copy"


# -- waiting: selectors and select


@pytest.mark.parametrize("cls", SELECTORS, ids=lambda cls: cls.__name__)
def test_selectors(cls: Any) -> None:
    ours = cffisock.socketpair()
    theirs = socket.socketpair()
    with cls() as selector, ours[0], ours[1], theirs[0], theirs[1]:
        selector.register(ours[0], selectors.EVENT_READ, "ours")
        selector.register(theirs[0], selectors.EVENT_READ, "theirs")
        assert selector.select(0) == []
        ours[1].send(b"x")
        assert [(key.fileobj, key.data) for key, _ in selector.select(SECONDS)] == [
            (ours[0], "ours")
        ]
        theirs[1].send(b"x")
        assert {key.data for key, _ in selector.select(SECONDS)} == {"ours", "theirs"}
        selector.modify(ours[0], selectors.EVENT_WRITE)
        events = {key.fileobj: mask for key, mask in selector.select(SECONDS)}
        assert events[ours[0]] == selectors.EVENT_WRITE
        assert selector.unregister(ours[0]).fd == ours[0].fileno()
        assert selector.get_key(theirs[0]).fd == theirs[0].fileno()


def test_select() -> None:
    import select

    left, right = cffisock.socketpair()
    with left, right:
        assert select.select([left, right], [left], [], SECONDS) == ([], [left], [])
        right.send(b"x")
        assert select.select([left, right], [], [left], SECONDS) == ([left], [], [])
    with pytest.raises((ValueError, OSError)):
        select.select([left], [], [], 0)


@pytest.mark.skipif(not hasattr(__import__("select"), "poll"), reason="this system has no poll()")
def test_poll() -> None:
    import select

    left, right = cffisock.socketpair()
    with left, right:
        poll = select.poll()
        poll.register(left, select.POLLIN)
        right.send(b"x")
        assert poll.poll(SECONDS * 1000) == [(left.fileno(), select.POLLIN)]
        right.close()
        ((fd, event),) = poll.poll(SECONDS * 1000)
        assert (fd, event & select.POLLHUP) == (left.fileno(), select.POLLHUP)


# -- os.* on our descriptors


@posix_only
def test_os_functions() -> None:
    left, right = cffisock.socketpair()
    with left, right:
        assert os.write(left.fileno(), b"by write") == 8
        assert right.recv(100) == b"by write"
        right.sendall(b"by read")
        assert os.read(left.fileno(), 100) == b"by read"
        assert os.fstat(left.fileno()).st_mode & 0o170000 == 0o140000
        assert os.get_inheritable(left.fileno()) is left.get_inheritable() is False
        os.set_inheritable(left.fileno(), True)
        assert left.get_inheritable() is True
        assert os.get_blocking(left.fileno()) is True
        left.settimeout(5)
        assert os.get_blocking(left.fileno()) is False
        os.set_blocking(left.fileno(), True)
        with cffisock.socket(fileno=os.dup(left.fileno())) as copy:
            copy.sendall(b"by a copy")
        assert right.recv(100) == b"by a copy"


@posix_only
def test_os_fdopen_and_close() -> None:
    left, right = cffisock.socketpair()
    with right:
        with os.fdopen(left.detach(), "r+b", buffering=0) as file:
            file.write(b"a file")
            assert right.recv(100) == b"a file"
        assert right.recv(100) == b""
        left, other = cffisock.socketpair()
        with other:
            os.close(left.fileno())
            with pytest.raises(OSError, match="Errno"):
                left.close()
            assert left.fileno() == -1
            assert other.recv(1) == b""


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="this system has no sendfile()")
def test_os_sendfile(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 100)
    left, right = cffisock.socketpair()
    with left, right, path.open("rb") as file:
        assert os.sendfile(left.fileno(), file.fileno(), 10, 500) == 500
        assert right.recv(1000) == b"0123456789" * 50


# -- socketserver and http.server, cffisock used directly


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class OurSockets:
    """A socketserver whose socket is one of ours."""

    def __init__(self, address: Any, handler: Any) -> None:
        super().__init__(address, handler, bind_and_activate=False)  # type: ignore[call-arg]
        self.socket.close()
        self.socket = cffisock.socket(self.address_family, self.socket_type)  # type: ignore[attr-defined]
        self.server_bind()  # type: ignore[attr-defined]
        if hasattr(self, "server_activate"):
            self.server_activate()


class Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.request, cffisock.socket)
        for line in self.rfile:
            self.wfile.write(line.upper())


class UpperDatagram(socketserver.DatagramRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.read().upper())


class TCPServer(OurSockets, socketserver.ThreadingTCPServer):
    daemon_threads = False


class UDPServer(OurSockets, socketserver.ThreadingUDPServer):
    pass


class HTTPServer(OurSockets, http.server.ThreadingHTTPServer):
    daemon_threads = False


def test_socketserver_of_streams() -> None:
    with serving(TCPServer(("127.0.0.1", 0), Upper)) as server:
        with cffisock.create_connection(server.server_address, timeout=SECONDS) as client:
            with client.makefile("rw", encoding="ascii", newline="\n") as file:
                for word in ("one", "two"):
                    file.write(word + "\n")
                    file.flush()
                    assert file.readline() == word.upper() + "\n"


def test_socketserver_of_datagrams() -> None:
    with serving(UDPServer(("127.0.0.1", 0), UpperDatagram)) as server:
        with cffisock.socket(type=cffisock.SOCK_DGRAM) as client:
            client.settimeout(SECONDS)
            client.sendto(b"datagram", server.server_address)
            assert client.recvfrom(100) == (b"DATAGRAM", server.server_address)


@pytest.mark.skipif(
    not hasattr(socketserver, "UnixStreamServer"), reason="this system has no Unix sockets"
)
def test_socketserver_of_unix_streams(short_folder: Path) -> None:
    cls = type("UnixServer", (OurSockets, socketserver.ThreadingUnixStreamServer), {})
    with serving(cls(str(short_folder / "socket"), Upper)) as server:
        with cffisock.socket(cffisock.AF_UNIX) as client:
            client.connect(server.server_address)
            client.sendall(b"unix\n")
            client.shutdown(cffisock.SHUT_WR)
            assert client.recv(100) == b"UNIX\n"


class Greeting(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.connection, cffisock.socket)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[::-1])

    def log_message(self, format: str, *args: Any) -> None:
        pass


class OurConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        assert self.port is not None
        self.sock = cffisock.create_connection((self.host, self.port), SECONDS)


def test_http_server_and_client() -> None:
    with serving(HTTPServer(("127.0.0.1", 0), Greeting)) as server:
        with closing(OurConnection(*server.server_address)) as connection:
            for body in (b"one", b"x" * 300_000 + b"y"):
                connection.request("POST", "/", body)
                assert connection.getresponse().read() == body[::-1]


# -- multiprocessing

PICKLED = """
import multiprocessing, socket, sys

import cffisock


def answer(pipe):
    sock, inner = pipe.recv()
    assert isinstance(sock, cffisock.socket), type(sock)
    with sock, inner:
        sock.sendall(sock.recv(100).upper() + b" from the child")
        assert inner.family == socket.AF_INET


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    here, there = context.Pipe()
    child = context.Process(target=answer, args=(there,))
    child.start()
    left, right = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as server, left:
        assert isinstance(left, cffisock.socket)
        with right:
            here.send((right, server))
            left.settimeout(15)
            left.sendall(b"pickled")
            print(left.recv(100).decode())
    child.join()
    sys.exit(child.exitcode)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_pickling_a_socket_to_a_child_under_run(tmp_path: Path, method: str) -> None:
    source = PICKLED.replace("sys.argv[1]", repr(method))
    assert program_under_run(tmp_path, source) == "PICKLED from the child\n"


DIRECT = """
import multiprocessing, pickle, socket
import cffisock


def answer(pipe):
    ours, theirs = pipe.recv()
    assert type(ours) is cffisock.socket and type(theirs) is socket.socket
    with ours, theirs:
        assert (ours.family, ours.type) == (cffisock.AF_INET, cffisock.SOCK_STREAM)
        ours.sendall(ours.recv(100).upper() + b" from the child")


if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    here, there = context.Pipe()
    child = context.Process(target=answer, args=(there,))
    child.start()
    with cffisock.create_server(("127.0.0.1", 0)) as server, socket.socket() as theirs:
        with cffisock.create_connection(server.getsockname()) as left, server.accept()[0] as right:
            left.settimeout(15)
            here.send((right, theirs))
            left.sendall(b"pickled")
            print(left.recv(100).decode())
            try:
                pickle.dumps(left)
            except TypeError as error:
                print(error)
    child.join()
    raise SystemExit(child.exitcode)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize("first", ["cffisock", "multiprocessing.reduction"])
def test_pickling_a_socket_to_a_child_on_direct_use(
    tmp_path: Path, first: str, method: str
) -> None:
    path = tmp_path / "program.py"
    path.write_text(f"import {first}\n" + DIRECT.replace("METHOD", method))
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=SECONDS
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "PICKLED from the child\ncannot pickle 'socket' object\n"


def test_multiprocessing_is_not_imported_for_it() -> None:
    source = """
import sys
import cffisock
assert not {"multiprocessing", "cffisock._reduction"} & set(sys.modules)
import multiprocessing.reduction as module, inspect
assert module.__spec__.loader is module.__loader__
assert "class ForkingPickler" in inspect.getsource(module)
"""
    python_child(source)


ARGUMENT = """
import multiprocessing, socket, sys


def answer(sock):
    import cffisock
    assert isinstance(sock, cffisock.socket), type(sock)
    with sock:
        sock.sendall(b"an argument")


if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    left, right = socket.socketpair()
    with left, right:
        child = context.Process(target=answer, args=(right,))
        child.start()
        left.settimeout(15)
        print(left.recv(100).decode())
        child.join()
    sys.exit(child.exitcode)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_socket_as_argument_of_a_process_under_run(tmp_path: Path, method: str) -> None:
    assert program_under_run(tmp_path, ARGUMENT.replace("METHOD", method)) == "an argument\n"


# pytest-xdist has threads in every worker, and from Python 3.15 on the warning of it is raised.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@needs_fork
def test_a_forked_child_shares_the_socket() -> None:
    left, right = cffisock.socketpair()
    with left, right:
        pid = os.fork()
        if not pid:
            right.sendall(b"from the child")
            os._exit(0)
        assert left.recv(100) == b"from the child"
        assert os.waitpid(pid, 0)[1] == 0


# -- subprocess

ADOPT = """
import sys, {module} as net
sock = net.socket(fileno=int(sys.argv[1]))
sock.sendall(sock.recv(100)[::-1])
sock.close()
"""


@posix_only
@pytest.mark.parametrize("module", ["socket", "cffisock"])
def test_a_child_process_inherits_a_descriptor(module: str) -> None:
    left, right = cffisock.socketpair()
    with left, right:
        left.sendall(b"olleh")
        fd = right.fileno()
        python_child(ADOPT.format(module=module), str(fd), pass_fds=[fd])
        assert left.recv(100) == b"hello"


@posix_only
def test_a_child_process_inherits_nothing_unasked() -> None:
    source = "import os, sys\ntry: os.fstat(int(sys.argv[1]))\nexcept OSError: print('closed')"
    with cffisock.socket() as sock:
        done = python_child(source, str(sock.fileno()), close_fds=False)
        assert done.stdout == "closed\n"


@posix_only
def test_sockets_as_standard_streams_of_a_child() -> None:
    left, right = cffisock.socketpair()
    with left, right:
        left.sendall(b"a line\n")
        child = subprocess.Popen(
            [sys.executable, "-c", "print(input().upper())"], stdin=right, stdout=right
        )
        right.close()
        left.settimeout(SECONDS)
        with left.makefile("rb") as file:
            assert file.read() == b"A LINE\n"
        assert child.wait(SECONDS) == 0


# -- isinstance under install()


def test_isinstance_under_install() -> None:
    source = """
import cffisock
cffisock.install()
import socket, _socket, http.client, socketserver, ssl, selectors
assert socket.socket is cffisock.socket
assert issubclass(socket.socket, _socket.socket)
assert socket.SocketType is _socket.SocketType is _socket.socket
left, right = socket.socketpair()
with left, right, left.dup() as copy, socket.fromfd(left.fileno(), left.family, left.type) as other:
    for sock in (left, right, copy, other):
        assert isinstance(sock, socket.socket) and isinstance(sock, _socket.socket)
        assert type(sock) is cffisock.socket
        assert isinstance(sock.family, socket.AddressFamily)
        assert isinstance(sock.type, socket.SocketKind)
with socketserver.TCPServer(("127.0.0.1", 0), None) as server:
    assert isinstance(server.socket, cffisock.socket)
    with socket.create_connection(server.server_address):
        with server.get_request()[0] as accepted:
            assert isinstance(accepted, socket.socket)
assert issubclass(ssl.SSLSocket, socket.socket)
class Mine(socket.socket):
    pass
with Mine() as mine, mine.dup() as copy:
    assert isinstance(mine, cffisock.socket) and type(copy) is Mine
assert issubclass(socket.timeout, OSError) and issubclass(socket.gaierror, socket.error)
print("done")
"""
    assert python_child(source).stdout == "done\n"
