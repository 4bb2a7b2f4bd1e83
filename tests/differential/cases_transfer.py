"""Moving data: recv*, send*, sendmsg, recvmsg, ancillary data, descriptors, sendfile."""

from __future__ import annotations

import array
import io
import mmap
import os
import struct
from typing import Any, Callable

from constants import (
    IPPROTO_IP,
    IPPROTO_IPV6,
    MSG_CTRUNC,
    MSG_DONTWAIT,
    MSG_PEEK,
    MSG_TRUNC,
    MSG_WAITALL,
    SCM_RIGHTS,
    SOCK_DGRAM,
    SOCK_SEQPACKET,
    SOL_SOCKET,
)
from observation import Side
from rows import A, Index, Row, Unindexable, calls, each, table

MSG_NOSIGNAL, MSG_CMSG_CLOEXEC = 0x4000, 0x40000000
IP_TTL, IP_RECVTTL, IPV6_RECVHOPLIMIT = 2, 12, 51
ANC_SPACE = 24  # CMSG_SPACE of one descriptor
COUNTS = (
    0, 1, 3, 6, 100, 65537, 2**31 - 1, -1, -(2**31), 2**62, 2**63 - 1, 2**63, 2**64, -(2**64), True,
    Index(3), Unindexable(), 1.0, "1", None, b"x",
)  # fmt: skip
FLAGS = (0, MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL | MSG_DONTWAIT, 2**31 - 1, 2**31, -(2**31) - 1,
    2**64,
         Index(2), 1.0, "1", None)  # fmt: skip


def writable(kind: str) -> Any:
    """A fresh buffer by name: rows must not share what they write into."""
    return {
        "bytearray": lambda: bytearray(4),
        "large": lambda: bytearray(100),
        "empty": bytearray,
        "memoryview": lambda: memoryview(bytearray(4)),
        "slice": lambda: memoryview(bytearray(8))[2:5],
        "empty slice": lambda: memoryview(bytearray(8))[4:4],
        "strided": lambda: memoryview(bytearray(8))[::2],
        "reversed": lambda: memoryview(bytearray(8))[::-1],
        "array of int": lambda: array.array("i", [0, 0]),
        "cast to int": lambda: memoryview(bytearray(8)).cast("i"),
        "two-dimensional": lambda: memoryview(bytearray(8)).cast("b", [2, 4]),
        "zero-dimensional": lambda: memoryview(bytearray(1)).cast("b", []),
        "mmap": lambda: mmap.mmap(-1, 16),
        "bytes": lambda: b"abcd",
        "readonly view": lambda: memoryview(b"abcd"),
        "str": lambda: "abcd",
        "list": lambda: [1, 2],
        "None": lambda: None,
        "int": lambda: 4,
        "released": _released,
    }[kind]()


def _released() -> memoryview:
    view = memoryview(bytearray(4))
    view.release()
    return view


BUFFERS = (
    "bytearray", "large", "empty", "memoryview", "slice", "empty slice", "strided", "reversed",
    "array of int", "cast to int", "two-dimensional", "zero-dimensional", "mmap", "bytes",
    "readonly view", "str", "list", "None", "int", "released",
)  # fmt: skip
READABLE = (
    b"abc", b"", bytearray(b"abc"), memoryview(b"abc"), memoryview(b"abcdef")[::2], memoryview(b""),
    memoryview(b"abcdefgh").cast("i"), array.array("i", [1, 2]), "abc", "", None, 1, [1], (), 1.0,
)  # fmt: skip


def filling(method: str, *rest: Any) -> Callable[[Side, str], Any]:
    """Receives into the named buffer and shows what is in it afterwards."""

    def call(s: Side, kind: str) -> Any:
        buffer = writable(kind)
        sock = s.filled()
        got = getattr(sock, method)(buffer, *rest)
        return got, bytes(buffer) if kind != "mmap" else buffer[:16]

    return call


def _left(s: Side, method: str, *args: Any) -> Any:
    """What the call gave, and what it left in the queue."""
    sock = s.filled()
    got = getattr(sock, method)(*args)
    sock.settimeout(0)
    return got, sock.recv(100)


def _end_of_file(s: Side, method: str, *args: Any) -> Any:
    ours, theirs = s.pair()
    theirs.close()
    return getattr(ours, method)(*args)


def _reset(s: Side, method: str, *args: Any) -> Any:
    client, server = s.tcp_pair()
    server.setsockopt(SOL_SOCKET, 13, struct.pack("ii", 1, 0))
    server.close()
    client.settimeout(5)
    return getattr(client, method)(*args)


def _resized(s: Side) -> Any:
    """The buffer is let go after the call."""
    buffer = bytearray(4)
    s.filled().recv_into(buffer)
    buffer.extend(b"more")
    return buffer


RECEIVING = table(
    each("recv", COUNTS, lambda s, count: s.filled().recv(count)),
    each("recvfrom", COUNTS, lambda s, count: s.filled().recvfrom(count)),
    each("recvmsg", COUNTS, lambda s, count: s.filled().recvmsg(count)),
    each("recv flags", FLAGS, lambda s, flags: _left(s, "recv", 3, flags)),
    each("recvfrom flags", FLAGS[5:], lambda s, flags: s.filled().recvfrom(3, flags)),
    each("recv_into flags", FLAGS[5:], lambda s, flags: s.filled().recv_into(bytearray(3), 3,
        flags)),
    each("recv_into", BUFFERS, filling("recv_into")),
    each("recvfrom_into", BUFFERS, filling("recvfrom_into")),
    each("recv_into count", COUNTS, lambda s, count: s.filled().recv_into(bytearray(4), count)),
    each("recvfrom_into count", COUNTS, lambda s, n: s.filled().recvfrom_into(bytearray(4), n)),
    each("recvmsg_into", BUFFERS, lambda s, kind: s.filled().recvmsg_into([writable(kind)])),
    each("recv at EOF", (0, 1, 100), lambda s, count: _end_of_file(s, "recv", count)),
    calls("recv", lambda s: s.filled().recv, A(), A(1, 0, 0), A(bufsize=1), A(1, flags=0)),
    calls("recvfrom", lambda s: s.filled().recvfrom, A(), A(1, 0, 0), A(1, flags=0)),
    calls("recv_into", lambda s: s.filled().recv_into, A(), A(1, 2, 3, 4)),
    [
        Row("recv_into keywords", lambda s: s.filled().recv_into(buffer=bytearray(4), nbytes=2,
            flags=0)),
        Row("recv_into bad keyword", lambda s: s.filled().recv_into(buffer=bytearray(4), size=2)),
        Row("recvfrom_into keywords", lambda s: s.filled().recvfrom_into(buffer=bytearray(4),
            nbytes=2)),
        Row("recv_into lets go", _resized),
        Row("recv_into at EOF", lambda s: _end_of_file(s, "recv_into", bytearray(4))),
        Row("recvfrom at EOF", lambda s: _end_of_file(s, "recvfrom", 4)),
        Row("recvmsg at EOF", lambda s: _end_of_file(s, "recvmsg", 4)),
        Row("recv after reset", lambda s: _reset(s, "recv", 4)),
        Row("recv_into after reset", lambda s: _reset(s, "recv_into", bytearray(4))),
        Row("recvmsg after reset", lambda s: _reset(s, "recvmsg", 4)),
        Row("recv unconnected tcp", lambda s: s.tcp().recv(1)),
        Row("recvfrom unconnected tcp", lambda s: s.tcp().recvfrom(1)),
        Row("recv(0) unconnected tcp", lambda s: s.tcp().recv(0)),
        Row("recvfrom tcp", lambda s: _sent(s.tcp_pair(), lambda sock: sock.recvfrom(9))),
        Row("recvmsg tcp", lambda s: _sent(s.tcp_pair(), lambda sock: sock.recvmsg(9))),
        Row("recvfrom udp", lambda s: _sent(s.udp_pair(), lambda sock: sock.recvfrom(9))),
        Row("recvfrom_into udp", lambda s: _sent(s.udp_pair(),
            lambda sock: sock.recvfrom_into(bytearray(9)))),
        Row("recvmsg udp", lambda s: _sent(s.udp_pair(), lambda sock: sock.recvmsg(9))),
        Row("recvfrom udp truncates", lambda s: _sent(s.udp_pair(), lambda sock: sock.recvfrom(2))),
        Row("recvfrom(0) takes a datagram", lambda s: _sent(s.udp_pair(),
            lambda sock: sock.recvfrom(0))),
        Row("recvmsg udp truncates", lambda s: _sent(s.udp_pair(), lambda sock: sock.recvmsg(2))),
        Row("recv MSG_TRUNC", lambda s: _sent(s.udp_pair(), _measured)),
        Row("recv_into MSG_TRUNC", lambda s: _sent(s.udp_pair(),
            lambda k: k.recv_into(bytearray(2), 0, MSG_TRUNC))),
        Row("empty datagram", lambda s: _sent(s.udp_pair(), lambda sock: sock.recvfrom(9), b"")),
    ],
)  # fmt: skip


def _sent(pair: tuple[Any, Any], receive: Callable[[Any], Any], data: bytes = b"abcdef") -> Any:
    pair[0].send(data)
    return receive(pair[1])


def _measured(sock: Any) -> Any:
    """A datagram's length by len(); what is beyond the two bytes asked for is undefined."""
    return [
        (len(data), data[:2])
        for data in (
            sock.recv(2, MSG_PEEK | MSG_TRUNC),
            sock.recvfrom(2, MSG_PEEK | MSG_TRUNC)[0],
            sock.recvmsg(2, 0, MSG_TRUNC)[0],
        )
    ]


def _no_reader(s: Side, method: str, *args: Any) -> Any:
    ours, theirs = s.pair()
    theirs.close()
    return getattr(ours, method)(*args)


def _through(s: Side, method: str, data: Any) -> Any:
    ours, theirs = s.pair()
    got = getattr(ours, method)(data)
    ours.close()
    return got, theirs.recv(100)


NEAR = ("127.0.0.1", 9)
SENDING = table(
    each("send", READABLE, lambda s, data: _through(s, "send", data)),
    each("sendall", READABLE, lambda s, data: _through(s, "sendall", data)),
    each("sendto", READABLE, lambda s, data: s.udp().sendto(data, NEAR)),
    each("sendmsg", READABLE, lambda s, data: _through(s, "sendmsg", [data])),
    each("send flags", FLAGS, lambda s, flags: s.pair()[0].send(b"x", flags)),
    each("sendall flags", FLAGS, lambda s, flags: s.pair()[0].sendall(b"x", flags)),
    each("sendto flags", FLAGS[5:], lambda s, flags: s.udp().sendto(b"x", flags, NEAR)),
    each("sendmsg flags", FLAGS[5:], lambda s, flags: s.pair()[0].sendmsg([b"x"], [], flags)),
    calls("send", lambda s: s.pair()[0].send, A(), A(b"x", 0, 0), A(data=b"x"), A(b"x", flags=0)),
    calls("sendall", lambda s: s.pair()[0].sendall, A(), A(b"x", 0, 0), A(b"x", flags=0)),
    calls("sendto", lambda s: s.udp().sendto, A(), A(b"x"), A(b"x", 0, NEAR, 1), A(b"x", "x", NEAR),
          A(b"x", NEAR, 0), A("x", NEAR), A("x", 1), A(b"x", 0, None), A(None, NEAR),
          A(b"x", address=NEAR),
          A(b"x", 2**31, NEAR), A(b"x", 0.0, NEAR), A(b"x", 0, ("127.0.0.1", 70000)), A(b"", NEAR)),
    [
        Row("send no reader", lambda s: _no_reader(s, "send", b"x")),
        Row("sendall no reader", lambda s: _no_reader(s, "sendall", b"x")),
        Row("sendmsg no reader", lambda s: _no_reader(s, "sendmsg", [b"x"])),
        Row("send no reader, no signal", lambda s: _no_reader(s, "send", b"x", MSG_NOSIGNAL)),
        Row("send after shutdown", lambda s: (s.pair()[0].shutdown(1), s.kept[0].send(b"x"))),
        Row("send unconnected tcp", lambda s: s.tcp().send(b"x")),
        Row("send unconnected udp", lambda s: s.udp().send(b"x")),
        Row("sendall unconnected udp", lambda s: s.udp().sendall(b"x")),
        Row("send empty unconnected udp", lambda s: s.udp().send(b"")),
        Row("sendall empty unconnected udp", lambda s: s.udp().sendall(b"")),
        Row("sendall empty", lambda s: s.pair()[0].sendall(b"")),
        Row("sendall empty datagram", lambda s: _sent_all(s, b"")),
        Row("send too long a datagram", lambda s: s.udp_pair()[0].send(bytes(70000))),
        Row("sendto too long a datagram", lambda s: s.udp().sendto(bytes(70000), NEAR)),
        Row("sendto connected stream", lambda s: s.tcp_pair()[0].sendto(b"x", NEAR)),
        Row("sendto unix connected", lambda s: s.pair(SOCK_DGRAM)[0].sendto(b"x",
            s.path("nobody"))),
        Row("sendto udp round trip", lambda s: _sendto_and_back(s)),
    ],
)  # fmt: skip


def _sent_all(s: Side, data: bytes) -> Any:
    ours, theirs = s.udp_pair()
    return ours.sendall(data), theirs.recvfrom(10)


def _sendto_and_back(s: Side) -> Any:
    ours, theirs = s.udp_pair()
    first = theirs.sendto(b"ping", ours.getsockname()), ours.recvfrom(10)
    return first, theirs.sendto(b"pong", MSG_DONTWAIT, ours.getsockname()), ours.recvmsg(10)


def _rights(*numbers: int) -> tuple[int, int, bytes]:
    return SOL_SOCKET, SCM_RIGHTS, struct.pack(f"{len(numbers)}i", *numbers)


def _pass_rights(s: Side, count: int, space: int, flags: int = 0, into: bool = False) -> Any:
    """Passes `count` copies of a descriptor into `space` bytes; numbers are shown by their state."""
    ours, theirs = s.pair()
    ours.sendmsg([b"x"], [_rights(*[ours.fileno()] * count)])
    if into:
        data, ancillary, got, address = theirs.recvmsg_into([bytearray(4)], space, flags)
    else:
        data, ancillary, got, address = theirs.recvmsg(4, space, flags)
    shown = []
    for level, kind, payload in ancillary:
        whole = payload[: len(payload) - len(payload) % 4]
        shown.append(
            (
                level,
                kind,
                len(payload),
                [s.fd(n) for n in struct.unpack(f"{len(whole) // 4}i", whole)],
            )
        )
    return data, shown, got & (MSG_CTRUNC | MSG_TRUNC), address


def _hop_limits(s: Side, space: int) -> Any:
    """IPv4 sends one item, IPv6 another: both numbers are read back."""
    ours, theirs = s.udp_pair()
    theirs.setsockopt(IPPROTO_IP, IP_RECVTTL, 1)
    ours.setsockopt(IPPROTO_IP, IP_TTL, 9)
    ours.send(b"x")
    return theirs.recvmsg(4, space)


def _hop_limit6(s: Side, ancillary: Any) -> Any:
    server, client = s.udp6(), s.udp6()
    server.bind(("::1", 0))
    server.settimeout(5)
    server.setsockopt(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
    client.sendmsg([b"x"], ancillary, 0, server.getsockname())
    return server.recvmsg(4, 100)


HOP_LIMIT = (IPPROTO_IPV6, 52, struct.pack("i", 9))
BAD_ANCILLARY: tuple[Any, ...] = (
    None, 1, b"x", "x", (), [], {}, [1], [()], [(1,)], [(1, 1)], [(1, 1, b"", 1)], [("1", 1, b"")],
    [(1, "1", b"")],
    [(1, 1, "x")], [(1, 1, None)], [(1, 1, 1)], [(1.0, 1, b"")], [(2**31, 1, b"")],
    [(1, 2**31, b"")], [[1, 1, b""]],
    [(1, 1, b"")], [(1, 1, b"xx")], [(1, 99, b"xxxx")], [(99, 1, b"xxxx")],
    [(1, 1, b"\xff\xff\xff\xff")],
    [(1, 1, bytes(4 * 300))], [(1, 1, memoryview(b"abcdefgh")[::2])],
    [(Index(1), Index(99), bytearray(4))],
)  # fmt: skip
BAD_BUFFERS: tuple[Any, ...] = (
    None, 1, b"abc", "abc", (), [], [1], ["x"], [None], [b"a", "b"],
    [b"a", b"", bytearray(b"b"), memoryview(b"c")],
    (b"a", b"b"), {b"k": 1}, [memoryview(b"abcd")[::2]], [b"x"] * 1025, [b"x"] * 1024,
)  # fmt: skip
ANC_SIZES = (
    0, 1, 15, 16, 17, 20, ANC_SPACE, 100, -1, 2**31 - 1, 2**31, 2**64, "1", 1.0, None, Index(24),
)  # fmt: skip


class Endless:
    """An iterable whose iterator fails half way."""

    def __iter__(self) -> Any:
        yield b"a"
        raise ZeroDivisionError

    def __repr__(self) -> str:
        return "Endless()"


MESSAGES = table(
    each("sendmsg buffers", (*BAD_BUFFERS, Endless()), lambda s, data: s.pair()[0].sendmsg(data)),
    each("sendmsg ancillary", (*BAD_ANCILLARY, Endless()), lambda s,
        anc: s.pair()[0].sendmsg([b"x"], anc)),
    each("recvmsg ancillary size", ANC_SIZES[:9] + ANC_SIZES[10:], lambda s,
        size: s.filled().recvmsg(3, size)),
    each("recvmsg_into ancillary size", ANC_SIZES[10:], lambda s,
        n: s.filled().recvmsg_into([bytearray(3)], n)),
    each("recvmsg flags", FLAGS[5:], lambda s, flags: s.filled().recvmsg(3, 0, flags)),
    each("recvmsg_into buffers", (None, 1, b"abc", "abc", (), [], [1], ["x"], [b"x"], Endless()),
         lambda s, buffers: s.filled().recvmsg_into(buffers)),
    each("rights space", (0, 8, 15, 16, 17, 19, 20, 22, 24, 28, 32, 100), lambda s,
        n: _pass_rights(s, 2, n)),
    each("rights into", (16, 20, 24, 32), lambda s, n: _pass_rights(s, 2, n, into=True)),
    each("ttl space", (0, 15, 16, 18, 20, 24, 100), _hop_limits),
    each("hop limit", ([], [HOP_LIMIT], [HOP_LIMIT] * 2, [(IPPROTO_IPV6, 52, b"x")]), _hop_limit6),
    calls("recvmsg", lambda s: s.filled().recvmsg, A(), A(1, 2, 3, 4), A(bufsize=1), A(1, -1),
        A(-1, -1)),
    calls("recvmsg_into", lambda s: s.filled().recvmsg_into, A(), A([], 2, 3, 4), A([], -1),
        A([1], -1)),
    calls("sendmsg", lambda s: s.pair()[0].sendmsg, A(), A([b"x"], [], 0, None, 1),
        A(buffers=[b"x"]), A([b"x"], None),
          A([b"x"], [], 0, None), A([b"x"], [], 0, NEAR)),
    calls("sendmsg_afalg", lambda s: s.udp().sendmsg_afalg, A(), A([b"x"]), A([b"x"], op=0),
        A(op=0), A([b"x"], op=-1),
          A(op="0"), A(op=None), A(op=1.0), A([b"x"], op=0, iv=1), A(op=0, assoclen=-1),
          A(op=0, assoclen="1"),
          A([b"x"], 0)),
    calls("posing.sendmsg_afalg", lambda s: s.posing(38, SOCK_SEQPACKET).sendmsg_afalg, A(),
        A(op=-1), A([b"x"]),
          A(op="0"), A(op=1.0), A(op=None), A(op=0, assoclen=-1), A(op=0, assoclen="1"),
          A(op=0, iv=1), A(op=2**31),
          A(["x"], op=0)),
    [
        Row("recvmsg scatter", lambda s: _scatter(s, 2, 0, 3, 9)),
        Row("recvmsg_into tuple", lambda s: s.filled().recvmsg_into((bytearray(2), bytearray(9)))),
        Row("recvmsg_into iterator", lambda s: s.filled().recvmsg_into(bytearray(n) for n in (2,
            3))),
        Row("recvmsg_into 1025 buffers", lambda s: s.filled().recvmsg_into([bytearray(1)] * 1025)),
        Row("sendmsg iterator", lambda s: s.pair()[0].sendmsg(piece for piece in (b"ab", b"c"))),
        Row("sendmsg to an address", lambda s: _sendmsg_to(s)),
        Row("rights close-on-exec", lambda s: _pass_rights(s, 1, 100, MSG_CMSG_CLOEXEC)),
        Row("rights many", lambda s: _pass_rights(s, 200, 4096)),
        Row("rights none", lambda s: _pass_rights(s, 0, 100)),
        Row("recvmsg peek", lambda s: _left(s, "recvmsg", 3, 0, MSG_PEEK)),
        Row("recvmsg seqpacket", lambda s: s.filled(kind=SOCK_SEQPACKET).recvmsg(3)),
        Row("send_fds", lambda s: _send_fds(s, 2)),
        Row("send_fds none", lambda s: _send_fds(s, 0)),
        Row("send_fds arguments ignored", lambda s: _send_fds(s, 1, 2**31, ("x",))),
        Row("send_fds no buffers", lambda s: s.module.send_fds(s.pair()[0], [], [0])),
        Row("send_fds bad", lambda s: s.module.send_fds(s.pair()[0], [b"x"], [-1])),
        Row("send_fds not a number", lambda s: s.module.send_fds(s.pair()[0], [b"x"], ["0"])),
        Row("send_fds str", lambda s: s.module.send_fds(s.pair()[0], ["x"], [])),
        Row("recv_fds few", lambda s: _send_fds(s, 3, maxfds=3)),
        Row("recv_fds none sent", lambda s: s.module.recv_fds(s.filled(), 10, 5)),
        Row("recv_fds flags ignored", lambda s: s.module.recv_fds(s.filled(), 3, 0, MSG_PEEK)),
        Row("recv_fds negative", lambda s: s.module.recv_fds(s.filled(), -1, 5)),
        Row("recv_fds negative count", lambda s: s.module.recv_fds(s.filled(), 1, -5)),
        Row("recv_fds zero", lambda s: _send_fds(s, 0, maxfds=0)),
    ],
)  # fmt: skip


def _scatter(s: Side, *sizes: int) -> Any:
    buffers = [bytearray(size) for size in sizes]
    return s.filled().recvmsg_into(buffers), buffers


def _sendmsg_to(s: Side) -> Any:
    ours, theirs = s.udp_pair()
    return theirs.sendmsg([b"a", b"b"], [], 0, ours.getsockname()), ours.recvfrom(9)


def _send_fds(s: Side, count: int, *rest: Any, maxfds: int = 4) -> Any:
    ours, theirs = s.pair()
    sent = s.module.send_fds(ours, [b"ab", b"c"], [ours.fileno()] * count, *rest)
    data, numbers, flags, address = s.module.recv_fds(theirs, 10, maxfds)
    return sent, data, [s.fd(number) for number in numbers], flags & MSG_CTRUNC, address


def _file(s: Side, size: int = 100) -> Any:
    with open(s.path("file"), "wb") as made:
        made.write(bytes(range(size)))
    return s.keep(open(s.path("file"), "rb"))


def _sendfile(s: Side, *args: Any, file: Any = None, **kwargs: Any) -> Any:
    ours, theirs = s.pair()
    file = file or _file(s)
    sent = ours.sendfile(file, *args, **kwargs)
    ours.shutdown(1)
    return sent, theirs.recv(1000), file.tell()


def _opened_as_text(s: Side) -> Any:
    _file(s)
    return s.pair()[0].sendfile(s.keep(open(s.path("file"), encoding="ascii")))


def _sendfile_on(s: Side, sock: Any, timeout: float | None) -> Any:
    sock.settimeout(timeout)
    return sock.sendfile(_file(s))


SENDFILE = table(
    calls("sendfile", lambda s: lambda *args, **kwargs: _sendfile(s, *args, **kwargs), A(), A(10),
        A(0, 10), A(10, 20),
          A(offset=90, count=50), A(100), A(1000), A(-1), A(0, 0), A(0, -1), A(0, 1.0), A(0, "1"),
          A("1"), A(1.0),
          A(None), A(0, None), A(0, 2**40), A(2**70), A(0, True), A(0, Index(5)), A(0, 1, 2)),
    [
        Row("sendfile BytesIO", lambda s: _sendfile(s, file=io.BytesIO(b"abcdef"))),
        Row("sendfile BytesIO offset", lambda s: _sendfile(s, 2, 3, file=io.BytesIO(b"abcdef"))),
        Row("sendfile BytesIO negative", lambda s: _sendfile(s, -2, file=io.BytesIO(b"abcdef"))),
        Row("sendfile StringIO", lambda s: _sendfile(s, file=io.StringIO("abcdef"))),
        Row("sendfile empty", lambda s: _sendfile(s, file=_file(s, 0))),
        Row("sendfile text file", _opened_as_text),
        Row("sendfile None", lambda s: s.pair()[0].sendfile(None)),
        Row("sendfile int", lambda s: s.pair()[0].sendfile(1)),
        Row("sendfile datagram", lambda s: _sendfile_on(s, s.udp(), None)),
        Row("sendfile seqpacket", lambda s: _sendfile_on(s, s.pair(SOCK_SEQPACKET)[0], 5)),
        Row("sendfile non-blocking", lambda s: _sendfile_on(s, s.pair()[0], 0)),
        Row("sendfile with a time-out", lambda s: _sendfile_on(s, s.pair()[0], 5)),
        Row("sendfile blocking", lambda s: _sendfile_on(s, s.pair()[0], None)),
        Row("sendfile unconnected", lambda s: s.tcp().sendfile(_file(s))),
        Row("sendfile no reader", lambda s: _no_reader(s, "sendfile", _file(s))),
        Row("sendfile closed file", lambda s: (s.pair(), _file(s).close(),
            s.kept[0].sendfile(s.kept[-1]))),
        Row("sendfile pipe", lambda s: s.pair()[0].sendfile(_pipe(s))),
        Row("_sendfile_use_send", lambda s: s.pair()[0]._sendfile_use_send(_file(s), 5, 6)),
        Row("_sendfile_use_sendfile", lambda s: s.pair()[0]._sendfile_use_sendfile(_file(s), 5, 6)),
        Row("_sendfile_use_sendfile BytesIO",
            lambda s: s.pair()[0]._sendfile_use_sendfile(io.BytesIO(b"x"))),
    ],
)  # fmt: skip


def _pipe(s: Side) -> Any:
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)
    return s.keep(os.fdopen(reading, "rb"))


ROWS = table(RECEIVING, SENDING, MESSAGES, SENDFILE)
