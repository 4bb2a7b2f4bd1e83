"""Live round trips over loopback: data goes out of one socket and must come out of another, intact.

Each function returns a few words on what went through, raises Absent where the machine lacks the
ground it stands on, and fails with whatever else it raises. No wait is longer than LIMIT.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Callable

import cffisock
from cffisock._selfcheck.results import NOT_OFFERED, NOT_PERMITTED, Absent, Result, check

socket: Any = cffisock  # which names it has differs by system, and is asked here

LIMIT = 5.0  # seconds: far longer than any loopback needs
SHORT = 0.05
GREETING = bytes(range(256)) * 16
BULK = 4 << 20

Check = Callable[[], str]


def _expect(found: Any, wanted: Any, what: str) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: {_short(found)} where {_short(wanted)} was expected")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]}...'"


def _need(what: str, *names: str) -> None:
    if not all(hasattr(socket, name) for name in names):
        raise Absent(f"this system has no {what}")


def _loopback(family: Any) -> str:
    """The loopback address of a family; Absent where the machine has none."""
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((host, 0))
    except OSError as error:
        if error.errno in NOT_OFFERED | NOT_PERMITTED:
            name = "IPv6" if family == socket.AF_INET6 else "IPv4"
            raise Absent(f"this machine has no {name} loopback ({error.strerror})") from None
        raise
    return host


@contextmanager
def _tcp(family: Any = socket.AF_INET) -> Iterator[tuple[Any, Any]]:
    """Both ends of a TCP connection over loopback."""
    with socket.create_server((_loopback(family), 0), family=family) as listener:
        listener.settimeout(LIMIT)
        with socket.create_connection(listener.getsockname()[:2], LIMIT) as client:
            server, address = listener.accept()
            with server:
                server.settimeout(LIMIT)
                _expect(address, client.getsockname(), "address of the peer")
                yield client, server


@contextmanager
def _unix_pair(kind: str, what: str) -> Iterator[tuple[Any, Any]]:
    """Two AF_UNIX sockets connected by a name in the file system."""
    _need(what, "AF_UNIX", kind)
    type_ = getattr(socket, kind)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, type_) as named:
        named.settimeout(LIMIT)
        path = str(Path(folder, "socket"))
        named.bind(path)
        with socket.socket(socket.AF_UNIX, type_) as client:
            client.settimeout(LIMIT)
            if kind == "SOCK_DGRAM":
                client.connect(path)
                yield client, named
                return
            named.listen()
            client.connect(path)
            _expect(client.getpeername(), path, "name of the peer")
            server, _ = named.accept()
            with server:
                server.settimeout(LIMIT)
                yield client, server


def _receive(sock: Any, size: int) -> bytes:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = sock.recv_into(view)
        if not count:
            break
        view = view[count:]
    return bytes(buffer[: size - len(view)])


def _echo(one: Any, other: Any) -> str:
    for sender, receiver in ((one, other), (other, one)):
        sender.sendall(GREETING)
        _expect(_receive(receiver, len(GREETING)), GREETING, "data")
    one.shutdown(socket.SHUT_WR)
    _expect(other.recv(1), b"", "end of stream")
    return f"{len(GREETING)} bytes each way"


def tcp_v4() -> str:
    with _tcp() as pair:
        return _echo(*pair)


def tcp_v6() -> str:
    with _tcp(socket.AF_INET6) as pair:
        return _echo(*pair)


def tcp_bulk() -> str:
    """More than the buffers hold, so that sender and receiver both have to wait."""
    data = hashlib.sha256(GREETING).digest() * (BULK // 32)
    with _tcp() as (client, server):
        sender = Thread(target=client.sendall, args=(data,), daemon=True)
        sender.start()
        _expect(_receive(server, BULK) == data, True, "data is intact")
        sender.join(LIMIT)
    return f"{BULK >> 20} MiB"


def _udp(family: Any) -> str:
    host = _loopback(family)
    one = socket.socket(family, socket.SOCK_DGRAM)
    other = socket.socket(family, socket.SOCK_DGRAM)
    with one, other:
        for sock in (one, other):
            sock.settimeout(LIMIT)
            sock.bind((host, 0))
        one.sendto(GREETING, other.getsockname())
        data, address = other.recvfrom(65536)
        _expect((data, address), (GREETING, one.getsockname()), "datagram")
        other.sendmsg([GREETING[:100], GREETING[100:]], [], 0, address)
        _expect(one.recvmsg(65536)[0], GREETING, "answer")
    return f"{len(GREETING)} bytes each way"


def udp_v4() -> str:
    return _udp(socket.AF_INET)


def udp_v6() -> str:
    return _udp(socket.AF_INET6)


def unix_stream() -> str:
    with _unix_pair("SOCK_STREAM", "AF_UNIX") as pair:
        return _echo(*pair)


def unix_datagram() -> str:
    with _unix_pair("SOCK_DGRAM", "AF_UNIX") as (client, named):
        for data in (GREETING, b"", b"last"):
            client.send(data)
            _expect(named.recv(65536), data, "datagram")
    return "3 datagrams, one empty"


def unix_seqpacket() -> str:
    try:
        with _unix_pair("SOCK_SEQPACKET", "AF_UNIX seqpacket") as (client, server):
            client.send(b"one")
            client.send(b"two")
            _expect([server.recv(64), server.recv(64)], [b"one", b"two"], "records")
    except OSError as error:
        if error.errno in NOT_OFFERED:
            raise Absent(f"this kernel has no Unix seqpacket ({error.strerror})") from None
        raise
    return "records kept apart"


def fd_passing() -> str:
    _need("passing of descriptors", "AF_UNIX", "send_fds")
    one, other = socket.socketpair()
    with one, other, tempfile.TemporaryFile() as file:
        other.settimeout(LIMIT)
        file.write(GREETING)
        file.flush()
        socket.send_fds(one, [b"file"], [file.fileno()])
        data, fds, _, _ = socket.recv_fds(other, 16, 4)
        try:
            _expect((data, len(fds)), (b"file", 1), "message")
            os.lseek(fds[0], 0, os.SEEK_SET)
            _expect(os.read(fds[0], len(GREETING)), GREETING, "the file's data")
        finally:
            for fd in fds:
                os.close(fd)
    return "a file, read through the passed descriptor"


def sendfile() -> str:
    with tempfile.TemporaryFile() as file, _tcp() as (client, server):
        file.write(GREETING * 256)
        file.flush()
        size = file.tell() - 100
        received: list[bytes] = []
        receiver = Thread(target=lambda: received.append(_receive(server, size)), daemon=True)
        receiver.start()
        _expect(client.sendfile(file, offset=100), size, "bytes sent")
        receiver.join(LIMIT)
        _expect(received == [(GREETING * 256)[100:]], True, "file is intact")
    return f"{size} bytes of a real file from offset 100"


def timeouts() -> str:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(SHORT)
        started = time.monotonic()
        try:
            one.recv(1)
        except socket.timeout:
            waited = time.monotonic() - started
        else:
            raise AssertionError("recv() returned with nothing to receive")
        if not SHORT * 0.9 <= waited < LIMIT:
            raise AssertionError(f"recv() gave up after {waited:.3f} s instead of {SHORT} s")
        one.setblocking(False)
        try:
            one.recv(1)
        except BlockingIOError:
            return f"asked for {SHORT * 1000:.0f} ms, waited {waited * 1000:.1f} ms"
    raise AssertionError("recv() on a non-blocking socket returned with nothing to receive")


def refused() -> str:
    with socket.socket() as sock:
        sock.bind((_loopback(socket.AF_INET), 0))  # bound, not listening: nobody else gets it
        try:
            socket.create_connection(sock.getsockname(), LIMIT).close()
        except ConnectionRefusedError:
            return "ConnectionRefusedError"
    raise AssertionError("connected to a port where nobody listens")


def files() -> str:
    with _tcp() as (client, server):
        with client.makefile("w", encoding="utf-8") as writer:
            writer.write("grüße\nzwei\n")
        with server.makefile("r", encoding="utf-8") as reader:
            _expect([reader.readline(), reader.readline()], ["grüße\n", "zwei\n"], "lines")
    return "lines of text through makefile()"


def look_ups() -> str:
    _expect(
        [entry[4] for entry in socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)],
        [("127.0.0.1", 80)],
        "numeric look-up",
    )
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    _expect(socket.getnameinfo(("127.0.0.1", 80), numeric), ("127.0.0.1", "80"), "getnameinfo")
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo("localhost", None)}
    except socket.gaierror as error:
        raise Absent(f"this machine does not know the name localhost ({error.strerror})") from None
    return f"localhost is {', '.join(sorted(found))}"


def services() -> str:
    try:
        port = socket.getservbyname("http", "tcp")
        proto = socket.getprotobyname("tcp")
    except OSError as error:
        raise Absent(f"this machine has no service or protocol table ({error})") from None
    _expect((port, proto), (80, 6), "http, tcp")
    return f"http is port {port}, tcp is protocol {proto}"


def dual_stack() -> str:
    _loopback(socket.AF_INET6)
    if not socket.has_dualstack_ipv6():
        raise Absent("this kernel has no sockets for both IPv4 and IPv6")
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        listener.settimeout(LIMIT)
        peers = []
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, listener.getsockname()[1]), LIMIT):
                server, address = listener.accept()
                server.close()
                peers.append(address[0])
    _expect(peers, ["::ffff:127.0.0.1", "::1"], "peers")
    return "one listener, reached by both"


def hand_over() -> str:
    """A descriptor leaves one object, is used by the system, and comes back in another."""
    one, other = socket.socketpair()
    with other:
        other.settimeout(LIMIT)
        with socket.socket(fileno=one.detach()) as again, again.dup() as twin:
            _expect((again.family, again.type), (other.family, other.type), "family and type")
            twin.sendall(b"handed over")
            _expect(other.recv(64), b"handed over", "data")
    return "detach(), fileno=, dup()"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("TCP over IPv4", tcp_v4),
    ("TCP over IPv6", tcp_v6),
    ("TCP, more than buffers hold", tcp_bulk),
    ("UDP over IPv4", udp_v4),
    ("UDP over IPv6", udp_v6),
    ("Unix stream", unix_stream),
    ("Unix datagram", unix_datagram),
    ("Unix seqpacket", unix_seqpacket),
    ("descriptor passing", fd_passing),
    ("sendfile", sendfile),
    ("time-outs", timeouts),
    ("connection refused", refused),
    ("makefile", files),
    ("name look-ups", look_ups),
    ("services and protocols", services),
    ("dual stack", dual_stack),
    ("descriptor hand-over", hand_over),
)


def trips() -> list[Result]:
    return [check(name, function) for name, function in CHECKS]
