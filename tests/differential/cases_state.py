"""What can be set and asked of a socket: options, backlog, shutdown, names; and all of it once closed."""

from __future__ import annotations

import os
import struct
from typing import Any

from constants import (
    SO_BROADCAST,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_RCVBUF,
    SO_RCVTIMEO,
    SO_REUSEADDR,
    SO_TYPE,
    SOCK_STREAM,
    SOL_SOCKET,
)
from observation import Side
from rows import A, Index, Row, Unindexable, calls, each, table

SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_BINDTODEVICE = 39, 4, 38, 25  # PyPy lacks some of the names
SOCKET_OPTIONS = (SOL_SOCKET, SO_KEEPALIVE)
OPTIONS = table(
    calls(
        "getsockopt",
        lambda s: s.tcp().getsockopt,
        A(),
        A(SOL_SOCKET),
        A(SOL_SOCKET, SO_TYPE),
        A(SOL_SOCKET, SO_REUSEADDR),
        A(SOL_SOCKET, SO_DOMAIN),
        A(SOL_SOCKET, SO_PROTOCOL),
        A(SOL_SOCKET, SO_ERROR),
        A(SOL_SOCKET, SO_TYPE, 4),
        A(SOL_SOCKET, SO_TYPE, 0),
        A(SOL_SOCKET, SO_TYPE, 1),
        A(SOL_SOCKET, SO_TYPE, 3),
        A(SOL_SOCKET, SO_TYPE, 1024),
        A(SOL_SOCKET, SO_TYPE, 1025),
        A(SOL_SOCKET, SO_TYPE, -1),
        A(SOL_SOCKET, SO_TYPE, 2**31),
        A(SOL_SOCKET, SO_TYPE, "4"),
        A(SOL_SOCKET, SO_TYPE, None),
        A(SOL_SOCKET, SO_TYPE, 4, 4),
        A(SOL_SOCKET, SO_TYPE, Index(4)),
        A(SOL_SOCKET, SO_LINGER),
        A(SOL_SOCKET, SO_LINGER, 8),
        A(SOL_SOCKET, SO_RCVTIMEO, 16),
        A(SOL_SOCKET, SO_BINDTODEVICE, 16),
        A(SOL_SOCKET, 9999),
        A(9999, SO_TYPE),
        A(-1, SO_TYPE),
        A(2**31, SO_TYPE),
        A(SOL_SOCKET, 2**31),
        A("1", SO_TYPE),
        A(1.0, SO_TYPE),
        A(SOL_SOCKET, "1"),
        A(6, 1),
        A(6, 11, 8),
        A(6, 13, 16),
        A(0, 1),
        A(41, 26),
        A(level=SOL_SOCKET, optname=SO_TYPE),
    ),
    calls(
        "setsockopt",
        lambda s: s.tcp().setsockopt,
        A(),
        A(SOL_SOCKET),
        A(*SOCKET_OPTIONS),
        A(*SOCKET_OPTIONS, 1),
        A(*SOCKET_OPTIONS, 0),
        A(*SOCKET_OPTIONS, -1),
        A(*SOCKET_OPTIONS, True),
        A(*SOCKET_OPTIONS, Index(1)),
        A(*SOCKET_OPTIONS, Unindexable()),
        A(*SOCKET_OPTIONS, b"\1\0\0\0"),
        A(*SOCKET_OPTIONS, bytearray(b"\1\0\0\0")),
        A(*SOCKET_OPTIONS, b""),
        A(*SOCKET_OPTIONS, b"\1"),
        A(*SOCKET_OPTIONS, bytes(100)),
        A(*SOCKET_OPTIONS, 2**31 - 1),
        A(*SOCKET_OPTIONS, 2**31),
        A(*SOCKET_OPTIONS, -(2**31) - 1),
        A(*SOCKET_OPTIONS, 2**64),
        A(*SOCKET_OPTIONS, None),
        A(*SOCKET_OPTIONS, None, 4),
        A(*SOCKET_OPTIONS, None, 0),
        A(*SOCKET_OPTIONS, None, -1),
        A(*SOCKET_OPTIONS, None, 2**32),
        A(*SOCKET_OPTIONS, None, "4"),
        A(*SOCKET_OPTIONS, 1, 4),
        A(*SOCKET_OPTIONS, b"\1\0\0\0", 4),
        A(*SOCKET_OPTIONS, None, 4, 4),
        A(*SOCKET_OPTIONS, "1"),
        A(*SOCKET_OPTIONS, 1.0),
        A(*SOCKET_OPTIONS, [1]),
        A(SOL_SOCKET, 9999, 1),
        A(9999, SO_KEEPALIVE, 1),
        A(2**31, SO_KEEPALIVE, 1),
        A(SOL_SOCKET, 2**31, 1),
        A("1", SO_KEEPALIVE, 1),
        A(1.0, SO_KEEPALIVE, 1),
        A(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 2)),
        A(SOL_SOCKET, SO_BINDTODEVICE, b"lo"),
        A(SOL_SOCKET, SO_BINDTODEVICE, b"no such device!"),
        A(6, 13, b"no such control"),
        A(6, 1, 1),
        A(level=SOL_SOCKET, optname=SO_KEEPALIVE, value=1),
    ),
    [
        Row("option round trip int", lambda s: _round_trip(s, SO_KEEPALIVE, 1)),
        Row("option round trip bytes", lambda s: _round_trip(s, SO_LINGER, struct.pack("ii", 1, 7),
            8)),
        Row("option round trip memoryview", lambda s: _round_trip(s, SO_LINGER,
            memoryview(bytes(8)), 8)),
        Row("option non-contiguous", lambda s: _round_trip(s, SO_LINGER,
            memoryview(bytes(16))[::2], 8)),
        Row("option broadcast", lambda s: s.udp().setsockopt(SOL_SOCKET, SO_BROADCAST, 1)),
        Row("option rcvbuf doubles", lambda s: _round_trip(s, SO_RCVBUF, 8192)),
        Row("option congestion", lambda s: s.tcp().getsockopt(6, 13, 16).rstrip(b"\0").isalpha()),
        Row("getsockopt on closed", lambda s: s.closed().getsockopt(1, 3)),
        Row("getsockopt length on closed", lambda s: s.closed().getsockopt(1, 3, 4)),
        Row("getsockopt bad length on closed", lambda s: s.closed().getsockopt(1, 3, 4444)),
        Row("setsockopt on closed", lambda s: s.closed().setsockopt(1, 3, 4)),
        Row("setsockopt bytes on closed", lambda s: s.closed().setsockopt(1, 3, b"4")),
        Row("setsockopt None on closed", lambda s: s.closed().setsockopt(1, 3, None, 4)),
    ],
    calls("vsock.getsockopt", lambda s: s.posing(40, SOCK_STREAM).getsockopt, A(40, 0),
        A(40, 0, 8), A(1, SO_TYPE)),
    calls("vsock.setsockopt", lambda s: s.posing(40, SOCK_STREAM).setsockopt, A(40, 0, 2**40),
        A(1, 9, 1), A(1, 9, b"1")),
)  # fmt: skip


def _round_trip(s: Side, option: int, value: Any, *length: int) -> Any:
    sock = s.tcp()
    sock.setsockopt(SOL_SOCKET, option, value)
    return sock.getsockopt(SOL_SOCKET, option, *length)


BACKLOGS = (
    0, 1, -1, -(2**31), 2**31 - 1, 2**31, 2**64, -(2**31) - 1, True, Index(4), Unindexable(), 1.0,
    "1", None,
)  # fmt: skip
HOWS = (0, 1, 2, 3, -1, 2**31, 2**64, True, Index(2), Unindexable(), 1.0, "1", None)

CLOSED = {
    "accept": (), "bind": (("127.0.0.1", 0),), "connect": (("127.0.0.1", 9),),
    "connect_ex": (("127.0.0.1", 9),),
    "close": (), "detach": (), "dup": (), "fileno": (), "get_inheritable": (),
    "set_inheritable": (True,),
    "getblocking": (), "gettimeout": (), "getpeername": (), "getsockname": (), "listen": (),
    "recv": (1,),
    "recvfrom": (1,), "recvmsg": (1,), "send": (b"x",), "sendall": (b"x",),
    "sendto": (b"x", ("127.0.0.1", 9)),
    "sendmsg": ([b"x"],), "shutdown": (2,), "setblocking": (True,), "settimeout": (1.5,),
    "__exit__": (1, 2, 3),
    "__repr__": (), "__enter__": (),
}  # fmt: skip


def _shutdown_twice(s: Side) -> Any:
    client, _ = s.tcp_pair()
    return client.shutdown(1), client.shutdown(1), client.shutdown(2)


STATE = table(
    calls("listen", lambda s: s.tcp().listen, A(), A(1, 2), A(backlog=1), *map(A, BACKLOGS)),
    calls("shutdown", lambda s: s.pair()[0].shutdown, A(), A(1, 2), A(how=1), *map(A, HOWS)),
    each("on a closed socket", CLOSED, lambda s, name: getattr(s.closed(), name)(*CLOSED[name])),
    [
        Row("closed recv(0)", lambda s: s.closed().recv(0)),
        Row("closed recv(-1)", lambda s: s.closed().recv(-1)),
        Row("closed recv_into empty", lambda s: s.closed().recv_into(bytearray())),
        Row("closed recv_into", lambda s: s.closed().recv_into(bytearray(1))),
        Row("closed recvfrom(0)", lambda s: s.closed().recvfrom(0)),
        Row("closed recvfrom_into", lambda s: s.closed().recvfrom_into(bytearray(1))),
        Row("closed recvmsg_into", lambda s: s.closed().recvmsg_into([bytearray(1)])),
        Row("closed recvmsg(0)", lambda s: s.closed().recvmsg(0)),
        Row("closed send empty", lambda s: s.closed().send(b"")),
        Row("closed sendall empty", lambda s: s.closed().sendall(b"")),
        Row("closed send str", lambda s: s.closed().send("x")),
        Row("closed sendto bad address", lambda s: s.closed().sendto(b"x", 1)),
        Row("closed bind bad address", lambda s: s.closed().bind(("", -1))),
        Row("closed makefile", lambda s: s.keep(s.closed().makefile("rb")).readable()),
        Row("closed attributes", lambda s: (s.closed().family, s.kept[-1].type, s.kept[-1].proto)),
        Row("closed sendfile", lambda s: s.closed().sendfile(open(os.devnull, "rb"))),
        Row("shutdown unconnected", lambda s: s.tcp().shutdown(2)),
        Row("shutdown of a listener", lambda s: s.listener().shutdown(2)),
        Row("shutdown twice", _shutdown_twice),
        Row("listen twice", lambda s: s.listener().listen(3)),
        Row("listen on UDP", lambda s: s.udp().listen()),
        Row("accept on UDP", lambda s: s.udp().accept()),
        Row("accept unlistening", lambda s: s.tcp().accept()),
        Row("accept", lambda s: s.tcp_pair()[1]),
        Row("accept arguments", lambda s: s.listener().accept(1)),
        Row("getsockname bound", lambda s: s.listener().getsockname()),
        Row("getpeername connected", lambda s: s.tcp_pair()[0].getpeername()),
        Row("getpeername of a pair", lambda s: s.pair()[0].getpeername()),
        Row("low accept", lambda s: _low_accept(s)),
    ],
)  # fmt: skip


def _low_accept(s: Side) -> Any:
    server = s.listener()
    s.tcp().connect(server.getsockname())
    fd, address = server._accept()
    return s.fd(fd), address


ROWS = table(OPTIONS, STATE)
