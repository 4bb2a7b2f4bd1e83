"""The socket object: constructor, attributes, life cycle, time-outs, duplicates."""

from __future__ import annotations

import copy
import os
import pickle
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

from constants import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    SOCK_CLOEXEC,
    SOCK_DGRAM,
    SOCK_NONBLOCK,
    SOCK_RAW,
    SOCK_SEQPACKET,
    SOCK_STREAM,
)
from observation import Side
from rows import A, Index, Row, Truthless, Unindexable, calls, each, table

SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_BINDTODEVICE = 39, 4, 38, 25  # PyPy lacks some of the names

CONSTRUCTOR = calls(
    "socket",
    lambda s: s.sock,
    A(),
    A(AF_INET),
    A(AF_INET, SOCK_STREAM),
    A(AF_INET, SOCK_DGRAM),
    A(AF_INET, SOCK_DGRAM, 17),
    A(AF_INET, SOCK_STREAM, 6),
    A(AF_INET, SOCK_STREAM, 17),
    A(AF_INET, SOCK_RAW, 0),
    A(AF_INET, SOCK_RAW, 255),
    A(AF_INET, SOCK_STREAM, 262),
    A(AF_INET, SOCK_DGRAM, 136),
    A(AF_INET6),
    A(AF_INET6, SOCK_DGRAM),
    A(AF_INET6, SOCK_SEQPACKET),
    A(AF_UNIX),
    A(AF_UNIX, SOCK_STREAM, 1),
    A(AF_UNIX, SOCK_STREAM, 2),
    A(AF_UNIX, SOCK_DGRAM),
    A(AF_UNIX, SOCK_SEQPACKET),
    A(AF_UNIX, SOCK_RAW),
    A(16, SOCK_RAW),
    A(16, SOCK_DGRAM, 15),
    A(16, SOCK_RAW, 999),
    A(17, SOCK_DGRAM),
    A(29, SOCK_RAW, 1),
    A(30, SOCK_DGRAM),
    A(31, SOCK_SEQPACKET, 0),
    A(38, SOCK_SEQPACKET),
    A(0),
    A(-1, -1, -1),
    A(-1, SOCK_DGRAM),
    A(AF_INET, -1),
    A(AF_INET, SOCK_STREAM, -1),
    A(AF_INET, SOCK_STREAM, -2),
    A(AF_INET, -2),
    A(-2),
    A(99),
    A(AF_INET, 9),
    A(AF_INET, SOCK_STREAM, 999),
    A(2**31 - 1),
    A(2**31),
    A(2**64),
    A(-(2**31) - 1),
    A(AF_INET, 2**31),
    A(AF_INET, SOCK_STREAM, 2**31),
    A(2.0),
    A("2"),
    A(b"2"),
    A(None),
    A(True),
    A(Index(2)),
    A(Unindexable()),
    A(AF_INET, None),
    A(AF_INET, 1.0),
    A(AF_INET, SOCK_STREAM, "0"),
    A(AF_INET, SOCK_STREAM, 0.0),
    A(AF_INET, SOCK_STREAM, 0, None),
    A(AF_INET, SOCK_STREAM, 0, None, 5),
    A(family=AF_INET, type=SOCK_DGRAM, proto=0),
    A(type=SOCK_DGRAM),
    A(proto=6),
    A(famly=AF_INET),
    A(AF_INET, SOCK_STREAM | SOCK_NONBLOCK),
    A(AF_INET, SOCK_STREAM | SOCK_CLOEXEC),
    A(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC),
    A(fileno=-1),
    A(fileno=-2),
    A(fileno=2**31 - 1),
    A(fileno=2**31),
    A(fileno=2**64),
    A(fileno=-(2**64)),
    A(fileno=9999.5),
    A(fileno="3"),
    A(fileno=b"3"),
    A(fileno=9999),
    A(fileno=Index(9999)),
    A(fileno=Unindexable()),
    A(AF_INET, SOCK_STREAM, 0, fileno=9999),
)


def adopted(s: Side, made: tuple[int, ...], **kwargs: Any) -> Any:
    """A second object on a duplicate of a new socket's descriptor."""
    fd = os.dup(s.sock(*made).fileno())
    try:
        return s.sock(fileno=fd, **kwargs)
    except BaseException:
        os.close(fd)
        raise


def _not_a_socket(s: Side, **kwargs: Any) -> Any:
    with open(os.devnull, "rb") as file:
        return s.sock(fileno=file.fileno(), **kwargs)


def _nonblocking_descriptor(s: Side) -> Any:
    made = s.udp()
    os.set_blocking(made.fileno(), False)
    return s.sock(fileno=os.dup(made.fileno()))


ADOPTED = [
    Row("fileno= udp", lambda s: adopted(s, (AF_INET, SOCK_DGRAM))),
    Row("fileno= tcp6", lambda s: adopted(s, (AF_INET6, SOCK_STREAM))),
    Row("fileno= unix seqpacket", lambda s: adopted(s, (AF_UNIX, SOCK_SEQPACKET))),
    Row("fileno= netlink 4", lambda s: adopted(s, (16, SOCK_RAW, 4))),
    Row("fileno= family believed", lambda s: adopted(s, (AF_INET, SOCK_DGRAM), family=AF_UNIX)),
    Row("fileno= unknown family", lambda s: adopted(s, (AF_INET, SOCK_DGRAM), family=42424)),
    Row("fileno= type believed", lambda s: adopted(s, (AF_INET, SOCK_DGRAM), type=SOCK_STREAM)),
    Row("fileno= unknown type", lambda s: adopted(s, (AF_INET, SOCK_DGRAM), type=4242)),
    Row(
        "fileno= type bits",
        lambda s: adopted(s, (AF_INET, SOCK_DGRAM), type=SOCK_DGRAM | SOCK_NONBLOCK),
    ),
    Row("fileno= proto believed", lambda s: adopted(s, (AF_INET, SOCK_DGRAM), proto=6)),
    Row("fileno= all believed", lambda s: adopted(s, (AF_UNIX,), family=77, type=66, proto=55)),
    Row("fileno= family too big", lambda s: adopted(s, (AF_INET,), family=2**31)),
    Row("fileno= not a socket", _not_a_socket),
    Row("fileno= not a socket, explicit", lambda s: _not_a_socket(s, family=2, type=1, proto=6)),
    Row("fileno= non-blocking descriptor", _nonblocking_descriptor),
    Row("fileno= as Index", lambda s: s.sock(fileno=Index(os.dup(s.udp().fileno())))),
    Row("fileno= bool", lambda s: s.sock(fileno=os.dup(s.udp().fileno()), family=True)),
]


def _uninitialised(s: Side, name: str) -> Any:
    sock = s.module.socket.__new__(s.module.socket)
    value = getattr(sock, name)
    return value() if callable(value) else value


class _Surroundings:
    """Sets the default time-out for the length of one row."""

    def __init__(self, side: Side, timeout: Any) -> None:
        self.side, self.timeout = side, timeout

    def __enter__(self) -> None:
        self.side.module.setdefaulttimeout(self.timeout)

    def __exit__(self, *_: object) -> None:
        self.side.module.setdefaulttimeout(None)


def with_default(s: Side, timeout: Any, make: Any) -> Any:
    with _Surroundings(s, timeout):
        return s.module.getdefaulttimeout(), make(s)


TIMES = (
    None, 0, 0.0, -0.0, 1, 2.5, True, False, 1e-12, 1e-9, 1.0000000001, 0.1, 86400 * 365,
    2**31 / 1000, 1e9,
    -1, -1e-12, -0.5, float("nan"), float("inf"), float("-inf"), 1e300, 2**62, 2**63, 2**64,
    -(2**63),
    9223372036, 9223372037, "1", b"1", (), 1j, Decimal("0.5"), Decimal("-1"), Decimal("NaN"),
    Decimal("1e30"),
    Fraction(1, 3), Fraction(-1, 3), Index(2), Unindexable(), object,
)  # fmt: skip
TRUTHS: tuple[Any, ...] = (True, False, 0, 1, -1, 2**100, None, "", "0", [], 0.0, Truthless())

TIMEOUTS = table(
    each("settimeout", TIMES, lambda s, value: _after(s.udp(), value).gettimeout()),
    each("setdefaulttimeout", TIMES, lambda s, value: with_default(s, value, Side.udp)),
    each("setblocking", TRUTHS, lambda s, value: s.udp().setblocking(value)),
    calls("settimeout", lambda s: s.udp().settimeout, A(), A(1, 2), A(timeout=1)),
    calls("setblocking", lambda s: s.udp().setblocking, A(), A(1, 2), A(flag=1)),
    calls("getdefaulttimeout", lambda s: s.module.getdefaulttimeout, A(), A(1)),
    calls("setdefaulttimeout", lambda s: s.module.setdefaulttimeout, A(), A(1, 2), A(timeout=None)),
    [
        Row("SOCK_NONBLOCK beats the default", lambda s: with_default(s, 3,
            lambda s: s.sock(2, 1 | SOCK_NONBLOCK))),
        Row("the default reaches fileno=", lambda s: with_default(s, 3,
            lambda s: adopted(s, (AF_INET,)))),
        Row("the default reaches socketpair", lambda s: with_default(s, 3,
            lambda s: s.module.socketpair())),
        Row("the default 0 reaches accept", lambda s: with_default(s, 3,
            lambda s: s.tcp_pair()[1])),
        Row("type is clean after settimeout", lambda s: _after(s.sock(2, 2 | SOCK_NONBLOCK), 1)),
        Row("settimeout on closed", lambda s: s.closed().settimeout(4)),
        Row("settimeout None on closed", lambda s: s.closed().settimeout(None)),
        Row("setblocking on closed", lambda s: s.closed().setblocking(False)),
        Row("settimeout bad on closed", lambda s: s.closed().settimeout(-4)),
        Row("timeout attribute", lambda s: _after(s.udp(), 2.5).timeout),
        Row("timeout read-only", lambda s: setattr(s.udp(), "timeout", 4)),
        Row("dup copies the time-out", lambda s: s.keep(_after(s.udp(), 2.5).dup())),
        Row("dup shares O_NONBLOCK", lambda s: s.keep(s.udp().dup()).settimeout(1)),
        Row("accept forces blocking", lambda s: _accepted(s, 5.0)),
        Row("accept from non-blocking", lambda s: _accepted(s, 0.0)),
        Row("accept times out", lambda s: _after(s.listener(), 0.001).accept()),
        Row("accept would block", lambda s: _after(s.listener(), 0).accept()),
        Row("recv times out", lambda s: _after(s.pair()[0], 0.001).recv(1)),
        Row("recv would block", lambda s: _after(s.pair()[0], 0).recv(1)),
        Row("recv_into times out", lambda s: _after(s.pair()[0], 0.001).recv_into(bytearray(1))),
        Row("recvfrom times out", lambda s: _after(s.udp_pair()[0], 0.001).recvfrom(1)),
        Row("recvmsg times out", lambda s: _after(s.pair()[0], 0.001).recvmsg(1)),
        Row("sendall times out", lambda s: _after(s.pair()[0], 0.001).sendall(bytes(4 << 20))),
        Row("sendall would block", lambda s: _after(s.pair()[0], 0).sendall(bytes(4 << 20))),
        Row("sendmsg would block", lambda s: _until_refused(_full(s).sendmsg, [b"x"])),
        Row("send would block", lambda s: _until_refused(_full(s).send, b"x")),
        Row("sendto would block", lambda s: _until_refused(_full(s).sendto, b"x", ())),
    ],
)  # fmt: skip


def _after(sock: Any, timeout: float) -> Any:
    sock.settimeout(timeout)
    return sock


def _full(s: Side) -> Any:
    sock = _after(s.pair()[0], 0)
    try:
        while True:
            sock.send(bytes(65536))
    except BlockingIOError:
        return sock


def _until_refused(send: Any, *args: Any) -> Any:
    """Windows' pairs are TCP, which finds room again as it acknowledges."""
    while True:
        send(*args)


def _accepted(s: Side, timeout: float) -> Any:
    server = s.listener()
    s.tcp().connect(server.getsockname())
    server.settimeout(timeout)
    return server.accept()


def _finalised(s: Side, make: Any) -> Any:
    """The text and source of the warning an unclosed socket gives; nothing where finalisation is not immediate."""
    sock = make(s)
    fd = os.dup(sock.fileno())
    s.descriptors.append(fd)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del sock
        for _ in range(3):
            __import__("gc").collect()
    return [(str(w.message), w.category.__name__) for w in caught if w.category is ResourceWarning]


def _from_file(s: Side) -> Any:
    sock = s.tcp()
    with sock.makefile("rb"):
        sock.close()
        still = sock.fileno() >= 0
    return still, sock.fileno()


def _closed_behind(s: Side) -> Any:
    sock = s.udp()
    os.close(sock.fileno())
    sock.close()


def _set_on_class(cls: Any, name: str) -> None:
    setattr(cls, name, 1)
    delattr(cls, name)


def _weak(s: Side) -> Any:
    import weakref

    return weakref.ref(s.udp())() is not None


def _subclass(s: Side, body: dict[str, Any]) -> Any:
    cls = type("Mine", (s.module.socket,), body)
    sock = s.keep(cls(AF_INET, SOCK_DGRAM))
    return hasattr(sock, "__dict__"), type(s.keep(sock.dup())).__name__, repr(sock)


def _raise_in_with(s: Side) -> Any:
    with s.udp():
        raise KeyError


def _enter(s: Side) -> Any:
    sock = s.udp()
    with sock as entered:
        return entered is sock, sock.fileno() >= 0


def _detach(s: Side) -> Any:
    sock = s.udp()
    return s.fd(sock.detach()), sock.detach(), sock.fileno(), sock.close(), repr(sock)


def _inherit(s: Side) -> Any:
    sock = s.udp()
    before = sock.get_inheritable()
    sock.set_inheritable(True)
    return before, sock.get_inheritable(), __import__("fcntl").fcntl(sock.fileno(), 1)


def _hashes(s: Side) -> Any:
    sock, other = s.udp(), s.udp()
    return sock == sock, sock == other, hash(sock) == hash(sock), bool(sock), {sock: 1}[sock]


LIFE = table(
    each("uninitialised", ("fileno", "family", "type", "proto", "close", "gettimeout", "detach"),
        _uninitialised),
    each(
        "attribute read-only",
        ("family", "type", "proto", "x", "_sock", "fileno", "__dict__"),
        lambda s, name: setattr(s.udp(), name, 1),
    ),
    each("attribute not deletable", ("family", "type", "x"), lambda s,
        name: delattr(s.udp(), name)),
    each("class attribute", ("x",), lambda s, name: _set_on_class(s.low.socket, name)),
    each("pickle", range(pickle.HIGHEST_PROTOCOL + 1), lambda s,
        protocol: pickle.dumps(s.udp(), protocol)),
    each("repr of", ((AF_INET, 1), (AF_INET, 2), (AF_INET6, 2), (AF_UNIX, 1), (AF_UNIX, 5),
        (16, 3)),
         lambda s, made: repr(s.sock(*made))),
    calls("fileno", lambda s: s.udp().fileno, A(1)),
    calls("close", lambda s: s.udp().close, A(), A(1)),
    calls("detach", lambda s: s.udp().detach, A(1)),
    calls("gettimeout", lambda s: s.udp().gettimeout, A(), A(1)),
    calls("getblocking", lambda s: s.udp().getblocking, A(), A(1)),
    calls("set_inheritable", lambda s: s.udp().set_inheritable, A(), A(0), A(True), A("x"),
        A(None), A(inheritable=1)),
    calls("getsockname", lambda s: s.udp().getsockname, A(), A(1)),
    calls("getpeername", lambda s: s.udp().getpeername, A(), A(1)),
    [
        Row("copy", lambda s: copy.copy(s.udp())),
        Row("deepcopy", lambda s: copy.deepcopy(s.udp())),
        Row("pickle of a subclass", lambda s: pickle.dumps(s.keep(type("Mine", (s.module.socket,),
            {})()))),
        Row("pickle of the low class", lambda s: pickle.dumps(s.keep(s.low.socket()))),
        Row("pickle of AddressFamily",
            lambda s: pickle.loads(pickle.dumps(s.module.AF_INET)) is s.module.AF_INET),
        Row("repr bound", lambda s: repr(s.listener())),
        Row("repr connected", lambda s: repr(s.tcp_pair()[0])),
        Row("repr unix connected", lambda s: repr(s.pair()[0])),
        Row("repr closed", lambda s: repr(s.closed())),
        Row("repr unknown family", lambda s: repr(s.posing(4242, 77, 66))),
        Row("repr subclass", lambda s: _subclass(s, {})),
        Row("subclass with slots", lambda s: _subclass(s, {"__slots__": ()})),
        Row("low repr", lambda s: repr(s.keep(s.low.socket()))),
        Row("low attributes", lambda s: (s.keep(s.low.socket()).family, s.kept[-1].type,
            s.kept[-1].proto)),
        Row("low closed repr", lambda s: (s.keep(s.low.socket()).close(), repr(s.kept[-1]))),
        Row("low close twice", lambda s: (s.keep(s.low.socket()).close(), s.kept[-1].close())),
        Row("low socketpair", lambda s: [type(s.keep(end)).__name__ for end in s.low.socketpair()]),
        Row("low socket event", lambda s: s.keep(s.low.socket(2, 2, 17))),
        Row("SocketType", lambda s: s.module.SocketType is s.low.socket),
        Row("bases", lambda s: [cls.__name__ for cls in s.module.socket.__mro__]),
        Row("slots", lambda s: list(s.module.socket.__slots__)),
        Row("no dict", lambda s: hasattr(s.udp(), "__dict__")),
        Row("weakref", _weak),
        Row("weakref of the low class",
            lambda s: __import__("weakref").ref(s.keep(s.low.socket()))),
        Row("hash and equality", _hashes),
        Row("order", lambda s: s.udp() < s.udp()),
        Row("with", _enter),
        Row("with closes on error", _raise_in_with),
        Row("with a closed socket", lambda s: s.closed().__enter__()),
        Row("close keeps for files", _from_file),
        Row("close after the descriptor went", _closed_behind),
        Row("detach", _detach),
        Row("inheritable", _inherit),
        Row("unclosed", lambda s: _finalised(s, lambda s: s.module.socket(2, 2))),
        Row("unclosed and bound", lambda s: _finalised(s,
            lambda s: s.module.create_server(("127.0.0.1", 0)))),
        Row("unclosed low", lambda s: _finalised(s, lambda s: s.low.socket(2, 2))),
        Row("unclosed after settimeout", lambda s: _finalised(s,
            lambda s: _after(s.module.socket(2, 1), 1))),
    ],
)  # fmt: skip

DUPLICATES = table(
    calls("fromfd", lambda s: s.module.fromfd, A(), A(9999, 2, 1), A(-1, 2, 1), A("3", 2, 1),
        A(2**64, 2, 1)),
    calls("module.dup", lambda s: s.module.dup, A(), A(9999), A(-1), A("3"), A(None), A(2**64),
        A(9999.5), A(0, 0)),
    calls("module.close", lambda s: s.module.close, A(), A(9999), A(-1), A("3"), A(None), A(2**64),
        A(9999.5)),
    calls("socketpair", lambda s: s.module.socketpair, A(), A(AF_UNIX), A(AF_UNIX, SOCK_DGRAM),
        A(AF_INET),
          A(AF_UNIX, SOCK_SEQPACKET, 0), A(AF_UNIX, 99), A(AF_UNIX, 1, 2), A("x"), A(2.0),
          A(family=AF_UNIX),
          A(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK), A(2**31), A(AF_INET6, SOCK_STREAM), A(99),
          A(fam=1)),
    calls("fromshare", lambda s: s.module.fromshare, A(b"")),
    [
        Row("fromfd duplicates", lambda s: s.module.fromfd(s.udp().fileno(), 2, 2)),
        Row("fromfd with proto", lambda s: s.module.fromfd(s.udp().fileno(), 2, 2, 17)),
        Row("fromfd keywords", lambda s: s.module.fromfd(fd=s.udp().fileno(), family=2, type=2)),
        Row("module dup", lambda s: s.fd(s.module.dup(s.udp().fileno()))),
        Row("module close", lambda s: s.module.close(os.dup(s.udp().fileno()))),
        Row("low dup is absent", lambda s: hasattr(s.low.socket, "dup")),
        Row("dup closed", lambda s: s.closed().dup()),
        Row("dup inheritable", lambda s: s.keep(s.udp().dup()).get_inheritable()),
    ],
)  # fmt: skip

ROWS = table(CONSTRUCTOR, ADOPTED, TIMEOUTS, LIFE, DUPLICATES)
