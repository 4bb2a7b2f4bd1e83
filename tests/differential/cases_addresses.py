"""Addresses: every family's tuples, host names, ports and paths, through bind, connect, connect_ex and sendto.

Families this kernel may lack are reached through `Side.posing`: the address is checked and packed as that family's,
then the kernel refuses it, which both modules must report alike.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import Any

from constants import AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM
from observation import Side
from rows import A, Index, Row, Unindexable, calls, each, table

NETLINK, PACKET, CAN, TIPC, BLUETOOTH, ALG, VSOCK, QIPCRTR, RDS = 16, 17, 29, 30, 31, 38, 40, 42, 21
LOCAL = "127.0.0.1"

HOSTS = (
    LOCAL, b"127.0.0.1", bytearray(b"127.0.0.1"), memoryview(b"127.0.0.1"), "", b"", bytearray(),
    "0.0.0.0",
    "localhost", b"localhost", "LOCALHOST", "127.1", "0x7f.1", "0177.0.0.1", "2130706433",
    "127.0.0.01", "127.0.0.1 ",
    "<broadcast>", b"<broadcast>", "255.255.255.255", "<any>", "::1", "::ffff:127.0.0.1",
    "256.0.0.1", "1.2.3.4.5",
    "no such host", b"no such host", "a" * 64, "a" * 300, "a" * 63 + ". x",
    "bad..name",
    "..", "127.0.0.1\0", "\0", b"127.0.0.1\0", bytearray(b"127\0"), "h\xf6st x",
    "\xf6" * 64, "\ud800 x",
    "\u2100 x", b"\xff\xfe", "\uff11\uff12\uff17.0.0.1", "127.0.0.1%lo", None, 0, 1.0, (),
    [LOCAL], Index(1), True,
)  # fmt: skip
HOSTS6 = (
    "::1", b"::1", bytearray(b"::1"), "::", "", b"", "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1", "fe80::1%lo", "fe80::1%1",
    "::1%lo", "::1%999", "fe80::1", "::1 ", "[::1]", LOCAL, "<broadcast>", "255.255.255.255",
    "::1\0", "12345::1",
    "no such host", "\xf6" * 64, None, 1,
)  # fmt: skip
PORTS = (
    0, 65536, 70000, -1, -(2**31), 2**31, 2**64, -(2**64), False, "0", b"0", 0.0, None, Index(0),
    Index(70000),
    Unindexable(), (),
)  # fmt: skip
INET_SHAPES = (
    (LOCAL, 0), [LOCAL, 0], (), (LOCAL,), (LOCAL, 0, 0), LOCAL, b"x", None, 1, {"host": 1},
    ("no such host", 70000),
    (None, 70000), ("\xf6" * 64, 2**31), (1, "x"), (LOCAL, 0, None),
)  # fmt: skip
INET6_SHAPES = (
    ("::1", 0), ("::1", 0, 0), ("::1", 0, 0, 0), ("::1", 0, 0, 0, 0), ("::1",), (), ["::1", 0],
    "::1", None, 1,
    ("::1", 0, 0xFFFFF), ("::1", 0, 0x100000), ("::1", 0, -1), ("::1", 0, 2**31),
    ("::1", 0, 2**32), ("::1", 0, "0"),
    ("::1", 0, 1.0), ("::1", 0, None), ("::1", 0, Index(0)), ("::1", 0, 0, 1),
    ("::1", 0, 0, 99999), ("::1", 0, 0, -1),
    ("::1", 0, 0, 2**32), ("::1", 0, 0, 2**40), ("::1", 0, 0, 2**64), ("::1", 0, 0, "1"),
    ("::1", 0, 0, 1.0),
    ("::1", 0, 0, Index(1)), ("fe80::1%lo", 0, 0, 1), ("fe80::1", 0, 0, 1), ("::1", 70000),
    ("::1", 70000, -1),
    ("no such host", 70000), (LOCAL, 0), ("::1", "0"), (1, 0),
)  # fmt: skip


def bound(sock: Any, address: Any) -> Any:
    sock.bind(address)
    return sock.getsockname()


INET = table(
    each("bind host", HOSTS, lambda s, host: bound(s.udp(), (host, 0))),
    each("connect host", HOSTS, lambda s, host: _connected(s.udp(), (host, 9))),
    each("bind port", PORTS, lambda s, port: bound(s.udp(), (LOCAL, port))),
    each("connect port", PORTS, lambda s, port: _connected(s.udp(), (LOCAL, port))),
    each("sendto port", PORTS, lambda s, port: s.udp().sendto(b"x", (LOCAL, port))),
    each("bind inet", INET_SHAPES, lambda s, address: bound(s.udp(), address)),
    each("connect_ex inet", INET_SHAPES, lambda s, address: s.udp().connect_ex(address)),
    each("sendto inet", INET_SHAPES, lambda s, address: s.udp().sendto(b"x", address)),
    each("sendmsg inet", INET_SHAPES, lambda s, address: s.udp().sendmsg([b"x"], [], 0, address)),
    each("bind host6", HOSTS6, lambda s, host: bound(s.udp6(), (host, 0))),
    each("connect_ex host6", HOSTS6, lambda s, host: s.udp6().connect_ex((host, 9))),
    each("bind inet6", INET6_SHAPES, lambda s, address: bound(s.udp6(), address)),
    each("connect inet6", INET6_SHAPES, lambda s, address: _connected(s.udp6(), address)),
    calls("bind", lambda s: s.udp().bind, A(), A((LOCAL, 0), 1), A(address=(LOCAL, 0))),
    calls("connect", lambda s: s.udp().connect, A(), A((LOCAL, 9), 1), A(address=(LOCAL, 9))),
    calls("connect_ex", lambda s: s.udp().connect_ex, A(), A((LOCAL, 9), 1), A(address=(LOCAL, 9))),
)  # fmt: skip


def _connected(sock: Any, address: Any) -> Any:
    sock.connect(address)
    return sock.getpeername()


def _refused_port(s: Side) -> tuple[str, int]:
    """A port where nobody listens: bound, never listening."""
    sock = s.tcp()
    sock.bind((LOCAL, 0))
    name: tuple[str, int] = sock.getsockname()
    return name


def _nonblocking_connect(s: Side, method: str) -> Any:
    server, client = s.listener(), s.tcp()
    client.settimeout(0)
    return getattr(client, method)(server.getsockname())


def _nonblocking_again(s: Side) -> Any:
    server, client = s.listener(), s.tcp()
    client.settimeout(0)
    client.connect_ex(server.getsockname())
    import select

    select.select([], [client], [], 5)
    first = client.connect_ex(server.getsockname())
    return first, client.connect_ex(server.getsockname())


def _with_timeout(s: Side, method: str, timeout: float) -> Any:
    server, client = s.listener(), s.tcp()
    client.settimeout(timeout)
    return getattr(client, method)(server.getsockname())


def _full_backlog(s: Side, method: str, timeout: float) -> Any:
    server = s.unix(SOCK_STREAM)
    server.bind(s.path("full"))
    server.listen(0)
    s.unix(SOCK_STREAM).connect(s.path("full"))
    client = s.unix(SOCK_STREAM)
    client.settimeout(timeout)
    return getattr(client, method)(s.path("full"))


def _bind_in_use(s: Side) -> Any:
    return s.tcp().bind(s.listener().getsockname())


def _unconnect(s: Side) -> Any:
    ours, _ = s.udp_pair()
    sock = s.posing(0)
    return sock.connect((LOCAL, 9)), ours.getpeername()


CONNECTING = [
    Row("connect", lambda s: _with_timeout(s, "connect", 5)),
    Row("connect_ex", lambda s: _with_timeout(s, "connect_ex", 5)),
    Row("connect refused", lambda s: s.tcp().connect(_refused_port(s))),
    Row("connect_ex refused", lambda s: s.tcp().connect_ex(_refused_port(s))),
    Row("connect refused in time", lambda s: _refused(s, 5)),
    Row("connect refused non-blocking", lambda s: _refused(s, 0)),
    Row("connect non-blocking", lambda s: _nonblocking_connect(s, "connect")),
    Row("connect_ex non-blocking", lambda s: _nonblocking_connect(s, "connect_ex")),
    Row("connect_ex again", _nonblocking_again),
    Row("connect twice", lambda s: s.tcp_pair()[0].connect((LOCAL, 9))),
    Row("connect_ex twice", lambda s: s.tcp_pair()[0].connect_ex((LOCAL, 9))),
    Row("connect a listener", lambda s: s.listener().connect((LOCAL, 9))),
    Row("bind twice", lambda s: s.listener().bind((LOCAL, 0))),
    Row("bind in use", _bind_in_use),
    Row("bind not ours", lambda s: s.udp().bind(("192.0.2.1", 0))),
    Row("connect to AF_UNSPEC poses", _unconnect),
    Row("unix full backlog connect", lambda s: _full_backlog(s, "connect", 3)),
    Row("unix full backlog connect_ex", lambda s: _full_backlog(s, "connect_ex", 3)),
    Row("unix full backlog non-blocking", lambda s: _full_backlog(s, "connect", 0)),
    Row("connect host before family check", lambda s: s.tcp().connect(("no such host", 9))),
    Row("bind unknown family", lambda s: s.posing(4242).bind((LOCAL, 0))),
    Row("connect unknown family", lambda s: s.posing(4242).connect(b"x")),
    Row("connect_ex unknown family", lambda s: s.posing(4242).connect_ex(b"x")),
    Row("sendto unknown family", lambda s: s.posing(4242).sendto(b"x", None)),
    Row("sendmsg unknown family", lambda s: s.posing(4242).sendmsg([b"x"], (), 0, 1)),
    Row("family as the socket says", lambda s: bound(s.posing(AF_UNIX), "x")),
    Row("getsockname decodes by the kernel's family", lambda s: s.posing(AF_UNIX).getsockname()),
]


def _refused(s: Side, timeout: float) -> Any:
    client = s.tcp()
    client.settimeout(timeout)
    return client.connect(_refused_port(s))


class Path(os.PathLike[str]):
    def __fspath__(self) -> str:
        return "x"

    def __repr__(self) -> str:
        return "Path()"


UNIX_BAD: tuple[Any, ...] = (
    None, 1, 1.0, ("x",), ["x"], Path(), PurePosixPath("x"), "x" * 108, b"x" * 108, "x" * 109,
    b"\0" + b"x" * 108, "\ud800",
    "\ud800\udc80", "/no/such/directory/x", b"/no/such/directory/x", "\xf6" * 60, True, Index(1),
    (), {},
)  # fmt: skip
UNIX_PATHS = ("plain", "sp ace", "\xf6l", "\udcff", "n\0ul", "x" * 60)


def _bind_path(s: Side, make: Any) -> Any:
    sock = s.unix()
    return bound(sock, make(s))


def _abstract(s: Side, name: Any) -> Any:
    return _connected_back(s, name)


def _connected_back(s: Side, name: Any) -> Any:
    server, client = s.unix(), s.unix()
    server.bind(name)
    client.connect(name)
    client.send(b"x")
    return server.getsockname(), client.getpeername(), server.recvfrom(10)


def _autobind(s: Side, name: Any) -> Any:
    sock = s.unix()
    sock.bind(name)
    bound_to = sock.getsockname()
    return type(bound_to), len(bound_to), bound_to[:1]


def _accept_unix(s: Side) -> Any:
    server, client = s.unix(SOCK_STREAM), s.unix(SOCK_STREAM)
    server.bind(s.path("listening"))
    server.listen()
    client.connect(s.path("listening"))
    return server.accept(), client.getpeername()


UNIX = table(
    each("bind unix", UNIX_BAD, lambda s, address: bound(s.unix(), address)),
    each("connect unix", UNIX_BAD, lambda s, address: s.unix().connect(address)),
    each("connect_ex unix", UNIX_BAD[:8], lambda s, address: s.unix().connect_ex(address)),
    each("unix path", UNIX_PATHS, lambda s, name: _connected_back(s, s.path(name))),
    each("unix path bytes", UNIX_PATHS, lambda s, name: _connected_back(s,
        os.fsencode(s.path(name)))),
    each("unix abstract", (b"\0cffisock", "\0cffisock", b"\0cff\0i\0", b"\0" + b"x" * 107,
        bytearray(b"\0cffisock"),
                           memoryview(b"\0cffisock"), "\0\xf6", b"\0\xff\xfe"), _abstract),
    each("unix autobind", ("", b"", bytearray()), _autobind),
    [
        Row("unix bytearray", lambda s: _bind_path(s,
            lambda s: bytearray(os.fsencode(s.path("a"))))),
        Row("unix memoryview", lambda s: _bind_path(s,
            lambda s: memoryview(os.fsencode(s.path("a"))))),
        Row("unix strided", lambda s: _bind_path(s, lambda s: memoryview(b"\0" * 40)[::2])),
        Row("unix unbound name", lambda s: s.unix().getsockname()),
        Row("unix pair names", lambda s: (s.pair()[0].getsockname(), s.kept[0].getpeername())),
        Row("unix recvfrom unbound", lambda s: s.filled(kind=SOCK_DGRAM).recvfrom(9)),
        Row("unix recvfrom stream", lambda s: s.filled(kind=SOCK_STREAM).recvfrom(9)),
        Row("unix recvfrom seqpacket", lambda s: s.filled(kind=SOCK_SEQPACKET).recvfrom(9)),
        Row("unix accept", _accept_unix),
        Row("unix bind twice", lambda s: [_bind_path(s, lambda s: s.path("a")) for _ in range(2)]),
        Row("unix connect nobody", lambda s: s.unix().connect(s.path("nobody"))),
        Row("unix sendto nobody", lambda s: s.unix().sendto(b"x", s.path("nobody"))),
        Row("unix wrong kind", lambda s: (_bind_path(s, lambda s: s.path("a")),
            s.unix(SOCK_STREAM).connect(s.path("a")))),
    ],
)  # fmt: skip

NETLINK_SHAPES = (
    (0, 0), (0, 1), (2**32, 2**32), (2**40 + 0, 0), (0, -1), (0, "0"), (0, 1.0), (0,), (),
    (0, 0, 0), [0, 0], 0, None, "x",
    (Index(0), Index(0)),
)  # fmt: skip
PACKET_SHAPES = (
    ("lo", 0), ("lo", 3), ("lo", 0x0800, 0, 1, b"\1\2\3\4\5\6"), ("lo", 65535), ("lo", 65536),
    ("lo", -1), ("lo", 2**31),
    ("nosuchif", 0), ("x" * 40, 0), ("", 0), (b"lo", 0), (1, 0), ("lo", "0"), ("lo", 1.0), ("lo",),
    (), ["lo", 0], "lo", None,
    ("lo", 0, 0, 0, b"x" * 8), ("lo", 0, 0, 0, b"x" * 9), ("lo", 0, 0, 0, "x"),
    ("lo", 0, 0, 0, b"", 0), ("lo", 0, "x"),
    ("lo", 0, 2**31), ("nosuchif", 65536), ("l\0o", 0), ("lo", Index(0)),
)  # fmt: skip

CAN_SHAPES: tuple[Any, ...] = (
    ("nosuchcan",), ("",), ("x" * 15,), ("x" * 16,), ("x" * 30,), (b"vcan0",), ("vcan0", 1), (),
    ["vcan0"], "vcan0", 1, None,
    (1,), ("\ud800",), ("lo",),
)  # fmt: skip
ISOTP_SHAPES: tuple[Any, ...] = (
    ("lo", 1, 2), ("lo", 1), ("lo",), ("lo", "1", 2), ("lo", -1, 2**40), ("x" * 16, 1, 2),
    ["lo", 1, 2], "lo", (1, 1, 2),
    ("nosuchcan", 1, 2),
)  # fmt: skip
J1939_SHAPES: tuple[Any, ...] = (
    ("lo", 1, 2, 3), ("lo", 1, 2, 256), ("lo", 1, 2, -1), ("lo", 2**64 - 1, 2**32 - 1, 255),
    ("lo", 2**64, 2, 3), ("lo", 1, 2**33, 3),
    ("lo", 1, 2), ("x" * 16, 1, 2, 3), ["lo", 1, 2, 3], "lo", ("lo", "1", 2, 3),
    ("nosuchcan", 1, 2, 3),
)  # fmt: skip
TIPC_SHAPES = (
    (1, 2, 3, 4), (2, 2, 3, 4), (3, 2, 3, 4), (3, 2, 3, 4, 1), (9, 2, 3, 4), (1, 2, 3),
    (1, 2, 3, 4, 5, 6), ("1", 2, 3, 4), [1, 2, 3, 4],
    1, None, (1, -1, 2**40, 4), (1, 2, 3, 1.0),
)  # fmt: skip
ALG_SHAPES = (
    ("hash", "sha256"), ("x" * 14, "sha256"), ("x" * 13, "sha256"), ("hash", "x" * 64),
    ("hash", "x" * 63), ("hash",), (),
    ["hash", "sha256"], "hash", None, (b"hash", "sha256"), (1, "x"), ("hash", "sha256", 1),
    ("hash", "sha256", 1, 2),
    ("hash", "sha256", 1, 2, 3), ("hash", "sha256", "1"), ("ha\0sh", "x"),
)  # fmt: skip
PAIR_SHAPES = (
    (1, 2), (-1, 2**40), (1,), (1, 2, 3), ("1", 2), (1.0, 2), [1, 2], 1, None, "x", (Index(1), 2),
    (1, None),
)  # fmt: skip
BT = "00:11:22:33:44:55"
BLUETOOTH_SHAPES: dict[str, tuple[int, tuple[Any, ...]]] = {
    "l2cap": (0, ((BT, 1), ("0:1:2:3:4:5", 1), ("00:11:22:33:44", 1), (BT + ":66", 1),
        ("00:11:22:33:44:5g", 1), ("100:1:2:3:4:5", 1),
                  (BT, 65536), (BT, -1), (BT, "1"), (BT,), (), [BT, 1], BT, None, (1, 1),
                  (b"x", 1), (BT + "\0", 1), ("\ud800", 1),
                  ("", 1), ("aa:BB:cc:DD:ee:FF", 1))),
    "rfcomm": (3, ((BT, 1), (BT, 255), (BT, 256), (BT, -1), (BT, "1"), (BT,), [BT, 1], BT, None,
        ("x", 1))),
    "hci": (1, ((0,), (65535,), (), ("0",), [0], None, "x", (1.0,))),
    "unknown": (77, ((BT, 1), None)),
}  # fmt: skip


def posing(family: int, kind: int = SOCK_DGRAM, proto: int = 0) -> Any:
    return lambda s, address: s.posing(family, kind, proto).bind(address)


FAMILIES = table(
    each("bind netlink", NETLINK_SHAPES, lambda s, address: s.sock(NETLINK,
        SOCK_RAW).bind(address)),
    each("connect_ex netlink", NETLINK_SHAPES, lambda s,
        address: s.sock(NETLINK, SOCK_RAW).connect_ex(address)),
    each("bind packet", PACKET_SHAPES, posing(PACKET)),
    each("sendto packet", PACKET_SHAPES[:8], lambda s,
        address: s.posing(PACKET).sendto(b"x", address)),
    each("bind can raw", CAN_SHAPES, posing(CAN, SOCK_RAW, 1)),
    each("connect can bcm", CAN_SHAPES, lambda s, address: s.posing(CAN, SOCK_DGRAM,
        2).connect(address)),
    each("bind can isotp", ISOTP_SHAPES, posing(CAN, SOCK_DGRAM, 6)),
    each("bind can j1939", J1939_SHAPES, posing(CAN, SOCK_DGRAM, 7)),
    each("bind can unknown", ((), ("lo",), None), posing(CAN, SOCK_RAW, 99)),
    each("bind tipc", TIPC_SHAPES, posing(TIPC)),
    each("bind alg", ALG_SHAPES, posing(ALG, SOCK_SEQPACKET)),
    each("bind vsock", PAIR_SHAPES, posing(VSOCK, SOCK_STREAM)),
    each("bind qipcrtr", PAIR_SHAPES, posing(QIPCRTR)),
    each("bind rds", INET_SHAPES, posing(RDS, SOCK_SEQPACKET)),
    *[
        each(f"bind bluetooth {name}", shapes, posing(BLUETOOTH, SOCK_SEQPACKET, proto))
        for name, (proto, shapes) in BLUETOOTH_SHAPES.items()
    ],
    [
        Row("packet live", lambda s: bound(s.sock(PACKET, SOCK_DGRAM), ("lo", 0x0800))),
        Row("packet live raw", lambda s: bound(s.sock(PACKET, SOCK_RAW), ("lo", 3))[:3]),
        Row("packet unbound", lambda s: s.sock(PACKET, SOCK_DGRAM).getsockname()),
        Row("netlink unbound", lambda s: s.sock(NETLINK, SOCK_RAW).getsockname()),
        Row("netlink bound", lambda s: bound(s.sock(NETLINK, SOCK_RAW), (0, 1))[1]),
        Row("inet unbound", lambda s: s.tcp().getsockname()),
        Row("inet6 unbound", lambda s: s.udp6().getsockname()),
        Row("bind AF_INET6 over AF_INET", lambda s: s.posing(AF_INET6).bind(("::1", 0))),
        Row("bind AF_INET over AF_INET6", lambda s: s.keep(s.module.fromfd(s.udp6().fileno(),
            AF_INET, 2)).bind((LOCAL, 0))),
    ],
)  # fmt: skip

ROWS = table(INET, CONNECTING, UNIX, FAMILIES)
