"""Files over sockets, and the helpers that connect and serve."""

from __future__ import annotations

from typing import Any

from constants import AF_INET, AF_INET6, AF_UNIX, SO_REUSEADDR, SO_REUSEPORT, SOCK_DGRAM, SOL_SOCKET
from observation import Side
from rows import A, Index, Row, calls, each, table

LOCAL = "127.0.0.1"
MODES = (
    "r", "w", "rw", "rb", "wb", "rwb", "b", "br", "bwr", "", "rr", "wwb", "a", "rt", "r+", "x",
    "rbx", 1, None, b"r", ["r"],
)  # fmt: skip
BUFFERINGS = (-1, 0, 1, 2, 100, -5, None, "1", 1.0, 2**70, True)


def made(s: Side, *args: Any, **kwargs: Any) -> Any:
    return s.keep(s.filled().makefile(*args, **kwargs))


def facts(file: Any) -> Any:
    raw = getattr(getattr(file, "buffer", file), "raw", file)
    return (
        type(file).__name__,
        type(raw).__name__,
        getattr(file, "mode", None),
        getattr(file, "line_buffering", None),
        getattr(file, "errors", None),
        getattr(file, "newlines", None),
        file.readable(),
        file.writable(),
        file.seekable(),
        file.isatty(),
    )


def _read_then_closed(s: Side) -> Any:
    sock = s.filled()
    file = sock.makefile("rb")
    sock.close()
    data = file.read(6)
    still = sock.fileno() >= 0
    file.close()
    return data, still, sock.fileno(), sock._io_refs


def _closed_file(s: Side, method: str, *args: Any) -> Any:
    raw = s.pair()[0].makefile("rwb", 0)
    raw.close()
    member = getattr(raw, method)
    return member(*args) if callable(member) else member


def _timed_out(s: Side) -> Any:
    ours, _ = s.pair()
    ours.settimeout(0.001)
    raw = s.keep(ours.makefile("rb", 0))
    try:
        raw.read(1)
    except OSError as error:
        first = error
    try:
        raw.read(1)
    except OSError as error:
        return first, error


def _would_block(s: Side, mode: str, buffering: int, call: Any) -> Any:
    ours, _ = s.pair()
    ours.settimeout(0)
    return call(s.keep(ours.makefile(mode, buffering)))


def _fill(file: Any) -> Any:
    for _ in range(1000):
        if file.write(bytes(65536)) is None:
            return "None at last"
    return "never full"


def _lines(s: Side, **kwargs: Any) -> Any:
    ours, theirs = s.pair()
    theirs.sendall(b"one\r\ntwo\nthr\xc3\xa9e\n")
    theirs.close()
    with ours.makefile("r", encoding="utf-8", **kwargs) as file:
        return file.readlines()


def _written(s: Side, mode: str, data: Any, **kwargs: Any) -> Any:
    ours, theirs = s.pair()
    with ours.makefile(mode, **kwargs) as file:
        count = file.write(data)
    return count, theirs.recv(100)


def _raw(s: Side, mode: Any) -> Any:
    return s.keep(s.module.SocketIO(s.filled(), mode)).mode


FILES = table(
    each("makefile", MODES, lambda s, mode: facts(made(s, mode, encoding="utf-8"))),
    each("makefile rb buffering", BUFFERINGS, lambda s, n: facts(made(s, "rb", n))),
    each("makefile r buffering", (0, 1, 2), lambda s, n: facts(made(s, "r", n, encoding="utf-8"))),
    each("makefile rwb buffering", (0, 1, 5, -1), lambda s, n: facts(made(s, "rwb", n))),
    each("SocketIO", MODES, _raw),
    calls("makefile", lambda s: lambda *a, **k: facts(made(s, *a, **k)), A("r", -1, "utf-8"),
        A("rb", bufsize=0),
          A("r", encoding="no-such-codec"), A("r", encoding=1),
          A("r", encoding="utf-8", errors="replace"),
          A("r", encoding="utf-8", newline="x"), A("rb", encoding="utf-8"),
          A("w", encoding="ascii", newline="")),
    each("closed SocketIO", ("read", "readall", "readable", "writable", "seekable", "fileno",
        "name", "mode", "close",
                             "closed", "__repr__", "tell", "flush"), _closed_file),
    each("newline", (None, "", "\n", "\r\n", "\r"), lambda s, newline: _lines(s, newline=newline)),
    [
        Row("file outlives close", _read_then_closed),
        Row("SocketIO name", lambda s: s.keep(s.filled().makefile("rb",
            0)).name == s.kept[0].fileno()),
        Row("SocketIO write closed", lambda s: _closed_file(s, "write", b"x")),
        Row("SocketIO readinto closed", lambda s: _closed_file(s, "readinto", bytearray(1))),
        Row("SocketIO write to a reader", lambda s: made(s, "rb", 0).write(b"x")),
        Row("SocketIO read a writer", lambda s: made(s, "wb", 0).read(1)),
        Row("SocketIO readinto", lambda s: made(s, "rb", 0).readinto(bytearray(3))),
        Row("SocketIO readinto bytes", lambda s: made(s, "rb", 0).readinto(b"abc")),
        Row("SocketIO write str", lambda s: made(s, "wb", 0).write("x")),
        Row("SocketIO write empty", lambda s: made(s, "wb", 0).write(b"")),
        Row("SocketIO seek", lambda s: made(s, "rb", 0).seek(0)),
        Row("SocketIO repr", lambda s: repr(made(s, "rb", 0))),
        Row("BufferedReader repr closed", lambda s: _closed_repr(s)),
        Row("timed out for good", _timed_out),
        Row("raw read would block", lambda s: _would_block(s, "rb", 0, lambda file: file.read(1))),
        Row("buffered read would block", lambda s: _would_block(s, "rb", -1,
            lambda file: file.read(1))),
        Row("raw write would block", lambda s: _would_block(s, "wb", 0, _fill)),
        Row("write text", lambda s: _written(s, "w", "h\xe9\n", encoding="utf-8")),
        Row("write text newline", lambda s: _written(s, "w", "a\n", encoding="utf-8",
            newline="\r\n")),
        Row("write binary", lambda s: _written(s, "wb", b"abc")),
        Row("write text bytes", lambda s: _written(s, "w", b"abc", encoding="utf-8")),
        Row("detach under a file", lambda s: _detached(s)),
        Row("io_refs", lambda s: _references(s)),
        Row("SocketIO none", lambda s: s.module.SocketIO(None, "r").close()),
    ],
)  # fmt: skip


def _closed_repr(s: Side) -> str:
    file = s.filled().makefile("rb")
    file.close()
    return repr(file)


def _detached(s: Side) -> Any:
    sock = s.filled()
    file = s.keep(sock.makefile("rb"))
    return s.fd(sock.detach()), file.read(1)


def _references(s: Side) -> Any:
    sock = s.filled()
    with sock.makefile("rb"), sock.makefile("rb", 0) as raw:
        within = sock._io_refs
        raw.close()
        raw.close()
        after = sock._io_refs
    return within, after, sock._io_refs, sock._closed


def _served(s: Side, **kwargs: Any) -> Any:
    client = s.module.create_connection(s.listener().getsockname(), **kwargs)
    return client, client.getpeername()


def _refused(s: Side, **kwargs: Any) -> Any:
    sock = s.tcp()
    sock.bind((LOCAL, 0))
    return s.module.create_connection(sock.getsockname(), **kwargs)


def _all_errors(s: Side) -> Any:
    try:
        _refused(s, all_errors=True)
    except OSError:
        raise
    except Exception as group:
        return type(group).__name__, group.args[0], list(group.exceptions)  # type: ignore[attr-defined]  # newer than 3.10


CONNECTIONS = table(
    calls("create_connection", lambda s: s.module.create_connection, A(), A((LOCAL,)), A(LOCAL),
        A(None), A(1),
          A((LOCAL, 1, 2)), A(("no such host", 1)), A((LOCAL, "nosuchservice")),
          A((LOCAL, 70000)),
          A((LOCAL, -1)), A((LOCAL, 1.0)), A((1, 1)), A((LOCAL, 1), "1"), A((LOCAL, 1), -1),
          A((LOCAL, 1), 1, 1),
          A((LOCAL, 1), 1, ("192.0.2.1", 0)), A((LOCAL, 1), 1, ("no such host", 0)),
          A((LOCAL, 1), 1, (LOCAL, 70000)),
          A((LOCAL, 1), timeout=float("nan")), A((LOCAL, 1), None, None, True),
          A(("\xf6" * 64, 1))),
    [
        Row("create_connection", _served),
        Row("create_connection list",
            lambda s: s.module.create_connection(list(s.listener().getsockname()))),
        Row("create_connection in time", lambda s: _served(s, timeout=4)),
        Row("create_connection timeout None", lambda s: _served(s, timeout=None)),
        Row("create_connection from", lambda s: _served(s, source_address=(LOCAL, 0))),
        Row("create_connection empty source", lambda s: _served(s, source_address=())),
        Row("create_connection refused", _refused),
        Row("create_connection refused in time", lambda s: _refused(s, timeout=4)),
        Row("create_connection all errors", _all_errors),
        Row("create_connection default", lambda s: _default(s)),
    ],
)  # fmt: skip


def _default(s: Side) -> Any:
    address = s.listener().getsockname()
    s.module.setdefaulttimeout(7)
    try:
        return s.module.create_connection(address)
    finally:
        s.module.setdefaulttimeout(None)


def _server(s: Side, *args: Any, **kwargs: Any) -> Any:
    server = s.module.create_server(*args, **kwargs)
    reuse = [server.getsockopt(SOL_SOCKET, option) for option in (SO_REUSEADDR, SO_REUSEPORT)]
    return server, server.getsockname(), reuse


def _taken(s: Side, **kwargs: Any) -> Any:
    return s.module.create_server(s.listener().getsockname(), **kwargs)


SERVERS = table(
    calls("create_server", lambda s: lambda *args, **kwargs: _server(s, *args, **kwargs), A(),
        A((LOCAL, 0)), A(("", 0)),
          A((LOCAL, 0), backlog=0), A((LOCAL, 0), backlog=-1), A((LOCAL, 0), backlog=2**31),
          A((LOCAL, 0), backlog="1"),
          A((LOCAL, 0), reuse_port=True), A((LOCAL, 0), family=AF_INET6),
          A(("::1", 0), family=AF_INET6), A((LOCAL, 0), AF_INET),
          A(("::1", 0), family=AF_INET6, dualstack_ipv6=True),
          A(("", 0), family=AF_INET6, dualstack_ipv6=True),
          A((LOCAL, 0), dualstack_ipv6=True), A(("192.0.2.1", 0)), A(("no such host", 0)),
          A((LOCAL, 70000)), A((LOCAL, "0")),
          A([LOCAL, 0]), A((LOCAL,)), A(LOCAL), A(None), A((1, 0)), A((LOCAL, 0), family=9999),
          A((LOCAL, 0), family="2"),
          A((LOCAL, Index(0))), A((LOCAL, 0), family=SOCK_DGRAM), A((LOCAL, 0), timeout=1),
          A("/no/such/dir/x", family=AF_UNIX),
          A("x" * 200, family=AF_UNIX), A(("\xf6" * 64, 0))),
    [
        Row("create_server in use", _taken),
        Row("create_server unix", lambda s: s.module.create_server(s.path("server"),
            family=AF_UNIX)),
        Row("create_server unix reuse_port", lambda s: s.module.create_server(s.path("s"),
            family=AF_UNIX, reuse_port=True)),
        Row("create_server dual stack serves", lambda s: _dual(s)),
    ],
)  # fmt: skip


def _dual(s: Side) -> Any:
    server = s.keep(s.module.create_server(("", 0), family=AF_INET6, dualstack_ipv6=True))
    client = s.keep(s.module.create_connection((LOCAL, server.getsockname()[1]), timeout=5))
    accepted, address = server.accept()
    return accepted, address[0], client.getpeername()


ROWS = table(FILES, CONNECTIONS, SERVERS)
