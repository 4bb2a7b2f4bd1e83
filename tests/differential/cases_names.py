"""Look-ups and conversions: getaddrinfo and its kin, services, protocols, interfaces, inet_*, byte order, CMSG_*."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from constants import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    AI_CANONNAME,
    AI_NUMERICHOST,
    AI_PASSIVE,
    SOCK_DGRAM,
    SOCK_STREAM,
)
from observation import Side
from rows import A, Index, Row, Unindexable, calls, each, table

LOCAL = "127.0.0.1"
NOWHERE = (
    "no such host"  # refused by the C library: no name server is asked, here or in any other row
)
NI_NUMERIC, NI_NAMEREQD, NI_DGRAM = 3, 8, 16
AI_NUMERICSERV = 0x400

INFO_HOSTS = (
    None, LOCAL, b"127.0.0.1", "::1", "localhost", b"localhost", "", b"", "127.1", "fe80::1%lo",
    "fe80::1%1", "<broadcast>", NOWHERE,
    bytearray(b"127.0.0.1"), memoryview(b"::1"), 1, 1.0, (), "a" * 64, "bad..name",
    "h\xf6st x", "\ud800", "\uff11.1", b"\xff",
    "[::1]", Index(1),
)  # fmt: skip
INFO_PORTS = (
    None, 0, 80, 65535, 65536, -1, 2**31, 2**63 - 1, "80", "http", b"http", b"80", "nosuchservice",
    "", b"", 80.0, (), bytearray(b"80"),
    "\ud800", "\xf6", True, Index(80), Unindexable(), "65536", "-1",
)  # fmt: skip
GET_NAMES = (
    LOCAL, "localhost", "", "127.1", b"127.0.0.1", bytearray(b"127.0.0.1"), memoryview(b"x"),
    NOWHERE, "\0", b"\0", "127.0.0.1\0x", "a" * 64, "bad..name", "\ud800", "h\xf6st x",
    b"\xff", None, 1, (),
)  # fmt: skip
GET_ADDRESSES = (
    *GET_NAMES,
    "<broadcast>",
    "255.255.255.255",
    "::1",
)  # without entries in /etc/hosts
NAME_INFO = (
    A(), A((LOCAL, 80)), A((LOCAL, 80), NI_NUMERIC), A(("::1", 80), NI_NUMERIC),
    A(("::1", 80, 0, 0), NI_NUMERIC),
    A(("fe80::1", 80, 0, 1), NI_NUMERIC), A(("fe80::1", 80, 7, 99), NI_NUMERIC),
    A((LOCAL, 80, 0, 0), NI_NUMERIC), A((LOCAL, 80, 0), 3),
    A((LOCAL, 80), 0), A((LOCAL, 80), NI_NAMEREQD), A((LOCAL, 53), NI_DGRAM),
    A((LOCAL, 70000), NI_NUMERIC), A((LOCAL, -1), NI_NUMERIC), A((LOCAL, 2**31), NI_NUMERIC),
    A((LOCAL, "80"), 3), A((LOCAL, 80.0), 3),
    A((LOCAL,), 3), A((), 3), A((LOCAL, 80, 0, 0, 0), 3), A([LOCAL, 80], 3), A(LOCAL, 3),
    A(None, 3), A((None, 80), 3), A((1, 80), 3),
    A((b"127.0.0.1", 80), 3), A(("localhost", 80), 3), A((NOWHERE, 80), 3), A(("", 80), 3),
    A(("127.0.0.1\0", 80), 3), A(("::1", 80, -1), 3),
    A(("::1", 80, 0x100000), 3), A(("::1", 80, 0xFFFFF), 3), A(("::1", 80, "0"), 3),
    A(("::1", 80, 0, -1), 3), A(("::1", 80, 0, 2**32), 3),
    A((LOCAL, 80), "3"), A((LOCAL, 80), 3.0), A((LOCAL, 80), 2**31), A((LOCAL, 80), -1),
    A(sockaddr=(LOCAL, 80), flags=3), A((LOCAL, 80), 3, 3),
)  # fmt: skip


def getaddrinfo(s: Side) -> Any:
    return s.module.getaddrinfo


LOOKUPS = table(
    each("getaddrinfo host", INFO_HOSTS, lambda s, host: getaddrinfo(s)(host, 80, 0, SOCK_STREAM)),
    each("getaddrinfo port", INFO_PORTS, lambda s, port: getaddrinfo(s)(LOCAL, port, 0,
        SOCK_STREAM)),
    calls(
        "getaddrinfo", getaddrinfo,
        A(), A(LOCAL), A(None, None), A(LOCAL, 80), A("::1", 80), A(host=LOCAL, port=80),
        A(LOCAL, port=80, family=AF_INET),
        A(LOCAL, 80, type=SOCK_DGRAM), A(LOCAL, 80, proto=6), A(LOCAL, 80, AF_INET6),
        A("::1", 80, AF_INET), A(LOCAL, 80, AF_UNIX),
        A(LOCAL, 80, 9999), A(LOCAL, 80, -1), A(LOCAL, 80, 0, 99), A(LOCAL, 80, 0, 0, 999),
        A(LOCAL, 80, 0, 0, 0, -1),
        A(None, 80, 0, 1, 0, AI_PASSIVE), A(None, 80, 0, 1),
        A("localhost", 80, AF_INET, 1, 0, AI_CANONNAME),
        A("localhost", 80, 0, 1, 0, AI_NUMERICHOST), A(LOCAL, "http", 0, 1, 0, AI_NUMERICSERV),
        A(LOCAL, 80, 0, 1, 0, 0, 0),
        A(LOCAL, 80, "0"), A(LOCAL, 80, 0.0), A(LOCAL, 80, None), A(LOCAL, 80, 2**31),
        A(LOCAL, 80, 0, 2**31), A(LOCAL, 80, 0, 0, 2**31),
        A(LOCAL, 80, 0, 0, 0, 2**31), A(LOCAL, 80, Index(2), 1), A(LOCAL, "domain", 0, SOCK_DGRAM),
        A("localhost", None, AF_INET),
        A(LOCAL, 80, hostname=1), A(LOCAL, 2**64, 0, SOCK_STREAM),
        A(LOCAL, -(2**64), 0, SOCK_STREAM), A(LOCAL, 80, Unindexable()),
        A("fe80::1%lo", 80, AF_INET6, SOCK_STREAM), A("::ffff:127.0.0.1", 80, 0, 1),
        A(LOCAL, 80, AF_INET6, 1, 0, 8), A(NOWHERE, 70000),
    ),
    calls("getnameinfo", lambda s: s.module.getnameinfo, *NAME_INFO),
    each("gethostbyname", GET_ADDRESSES, lambda s, name: s.module.gethostbyname(name)),
    each("gethostbyname_ex", GET_ADDRESSES, lambda s, name: s.module.gethostbyname_ex(name)),
    each("gethostbyaddr", GET_NAMES, lambda s, name: s.module.gethostbyaddr(name)),
    each("getfqdn", ("", " ", LOCAL, "localhost", NOWHERE, "0.0.0.0", None, 1,
        b"no such host", " localhost "),
         lambda s, name: s.module.getfqdn(name)),
    calls("gethostname", lambda s: s.module.gethostname, A(), A(1)),
    calls("sethostname", lambda s: s.module.sethostname, A(), A(None), A(1), A("x" * 5000),
        A(b"x" * 5000), A(1.0)),
    calls("gethostbyname", lambda s: s.module.gethostbyname, A(), A(LOCAL, 1), A(hostname=LOCAL)),
    calls("gethostbyname_ex", lambda s: s.module.gethostbyname_ex, A(), A(hostname=LOCAL)),
    calls("gethostbyaddr", lambda s: s.module.gethostbyaddr, A(), A(ip_address=LOCAL)),
)  # fmt: skip

SERVICES = table(
    calls("getservbyname", lambda s: s.module.getservbyname, A(), A("http"), A("http", "tcp"),
        A("domain", "udp"), A("http", "nosuch"),
          A("nosuch"), A(""), A("x\0"), A(b"http"), A(None), A(80), A("http", None),
          A("http", b"tcp"), A("http", "tcp", 1), A("\ud800")),
    calls("getservbyport", lambda s: s.module.getservbyport, A(), A(80), A(80, "tcp"),
        A(53, "udp"), A(80, "nosuch"), A(1), A(0), A(65535),
          A(65536), A(-1), A(2**31), A(2**64), A("80"), A(80.0), A(None), A(80, None), A(80, 6),
          A(Index(80)), A(True), A(80, "t\0")),
    calls("getprotobyname", lambda s: s.module.getprotobyname, A(), A("tcp"), A("udp"), A("icmp"),
        A("TCP"), A("ipv6-icmp"), A("nosuch"),
          A(""), A("t\0"), A(b"tcp"), A(None), A(6), A("tcp", 1), A("\ud800")),
    calls("if_nametoindex", lambda s: s.module.if_nametoindex, A(), A("lo"), A(b"lo"),
        A(PurePosixPath("lo")), A("nosuch"), A(""),
          A("x" * 40), A("l\0"), A(None), A(1), A(bytearray(b"lo")), A("\ud800"), A("\xf6"),
          A("lo", 1)),
    calls("if_indextoname", lambda s: s.module.if_indextoname, A(), A(1), A(0), A(99999), A(-1),
        A(2**32 - 1), A(2**32), A(2**64),
          A(-(2**64)), A("1"), A(1.0), A(None), A(Index(1)), A(Unindexable()), A(True), A(1, 1)),
    calls("if_nameindex", lambda s: s.module.if_nameindex, A(), A(1)),
)  # fmt: skip

SHORTS = (
    0, 1, 0x1234, 65535, 65536, 2**31 - 1, 2**31, 2**64, -1, -65536, -(2**31), -(2**64), True, 1.0,
    "1", None, Index(258), Unindexable(),
)  # fmt: skip
LONGS = (
    0, 1, 0x12345678, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, -1, -(2**31), -(2**64), True, 1.0,
    "1", None, Index(258), Unindexable(),
)  # fmt: skip
DOTTED = (
    "1.2.3.4", "255.255.255.255", "0.0.0.0", "1", "1.2", "1.2.3", "01.2.3.4", "0x7f.1",
    "256.1.1.1", "1.2.3.4.5", "", " 1.2.3.4", "1.2.3.4 ",
    "1.2.3.4 x", "1.2.3.4x", "a.b.c.d", "1..2", "4294967295", "4294967296", "::1", b"1.2.3.4",
    bytearray(b"1.2.3.4"), None, 1, "1.2.3.4\0",
    "\xf6", "\ud800", "1.2.3.-4",
)  # fmt: skip
DOTTED6 = (
    "::", "::1", "1::", "2001:db8::8:800:200c:417a", "::ffff:1.2.3.4", "::1.2.3.4", "fe80::1%lo",
    "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:::2",
    ":1", "::12345", "g::", "", " ::1", "1.2.3.4", b"::1", None, "::1\0", "1:2:3:4:5:6:7:8:9",
    "0:0:0:0:0:ffff:1.2.3.256", "A:B::C",
)  # fmt: skip
PACKED = (b"\1\2\3\4", b"\xff" * 4, bytes(4), b"", b"\1\2\3", b"\1\2\3\4\5", bytearray(4),
    memoryview(bytes(4)), "1234", None, 1, [1, 2, 3, 4],
          memoryview(bytes(8))[::2])  # fmt: skip
PACKED6 = (bytes(16), bytes(15) + b"\1", b"\xfe\x80" + bytes(13) + b"\1",
    bytes(10) + b"\xff\xff\1\2\3\4", bytes(12) + b"\1\2\3\4",
           bytes(15), bytes(17), b"", bytes(4), bytearray(16), "x" * 16, None,
           b"\0\1" * 8)  # fmt: skip
FAMILY_ARGUMENTS = (AF_UNIX, 0, -1, 9999, 2**31, "2", None, 2.0, Index(2))
SIZES = (
    0, 1, 3, 4, 7, 8, 100, 2**31 - 1, 2**31 - 17, 2**31 - 16, 2**31 - 24, 2**31 - 25, 2**31 - 31,
    2**31 - 32, 2**31, 2**32, 2**63 - 1, 2**63,
    2**64, -1, -(2**63), -(2**64), 1.0, "1", None, True, Index(4), Unindexable(),
)  # fmt: skip


def _conversion(name: str, numbers: tuple[Any, ...]) -> list[Row]:
    return each(name, numbers, lambda s, number: getattr(s.module, name)(number))


CONVERSIONS = table(
    *[_conversion(name, SHORTS) for name in ("htons", "ntohs")],
    *[_conversion(name, LONGS) for name in ("htonl", "ntohl")],
    calls("htons", lambda s: s.module.htons, A(), A(1, 2), A(x=1)),
    each("inet_aton", DOTTED, lambda s, text: s.module.inet_aton(text)),
    each("inet_pton 4", DOTTED, lambda s, text: s.module.inet_pton(AF_INET, text)),
    each("inet_pton 6", DOTTED6, lambda s, text: s.module.inet_pton(AF_INET6, text)),
    each("inet_ntoa", PACKED, lambda s, data: s.module.inet_ntoa(data)),
    each("inet_ntop 4", PACKED, lambda s, data: s.module.inet_ntop(AF_INET, data)),
    each("inet_ntop 6", PACKED6, lambda s, data: s.module.inet_ntop(AF_INET6, data)),
    each("inet_pton family", FAMILY_ARGUMENTS, lambda s, family: s.module.inet_pton(family, LOCAL)),
    each("inet_ntop family", FAMILY_ARGUMENTS, lambda s,
        family: s.module.inet_ntop(family, bytes(4))),
    calls("inet_pton", lambda s: s.module.inet_pton, A(), A(AF_INET), A(AF_INET, LOCAL, 1)),
    calls("inet_ntop", lambda s: s.module.inet_ntop, A(), A(AF_INET), A(AF_INET, bytes(4), 1)),
    calls("inet_aton", lambda s: s.module.inet_aton, A(), A(LOCAL, 1)),
    calls("inet_ntoa", lambda s: s.module.inet_ntoa, A(), A(bytes(4), 1)),
    each("CMSG_LEN", SIZES, lambda s, size: s.module.CMSG_LEN(size)),
    each("CMSG_SPACE", SIZES, lambda s, size: s.module.CMSG_SPACE(size)),
    [Row("has_dualstack_ipv6", lambda s: s.module.has_dualstack_ipv6()),
        Row("has_ipv6", lambda s: s.module.has_ipv6)],
)  # fmt: skip

ROWS = table(LOOKUPS, SERVICES, CONVERSIONS)
