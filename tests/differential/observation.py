"""Runs one row on one module and writes down, as text, everything a caller can see of it.

Lines of an observation: what was returned or raised, the state of every socket made, the audit events in order, the
warnings. What no caller can rely on is masked: numbers of descriptors, ephemeral ports, the module's own name, and
texts of exceptions that are not quoted in QUOTED. No knowledge of single rows lives here.
"""

from __future__ import annotations

import enum
import gc
import os
import re
import signal
import socket as stdlib
import sys
import warnings
from types import ModuleType
from typing import Any, Callable

from constants import AF_UNIX
from rows import Row

try:
    import fcntl
except ImportError:  # Windows has no flags of descriptors to look at
    fcntl = None  # type: ignore[assignment]

# The highest port that the system gives away, and how the given ones begin.
LAST_PORT, GIVEN = (60999, "3[2-9]|[45][0-9]|60") if fcntl else (65535, "3[2-9]|[45][0-9]|6[0-5]")
SECONDS = 10  # a row that takes longer hangs

#: Texts that programs match on; other messages may be worded freely.
QUOTED = re.compile(
    r"(\w+\(\): )?("
    r"AF_\w+ address must be tuple, not \w+|bad family|port must be 0-65535\.|"
    r"flowinfo must be 0-1048575\.|proto must be 0-65535\.|wrong format|unsupported CAN protocol|"
    r"AF_UNIX path too long|AF_CAN interface name too long|AF_ALG (type|name) too long\.|"
    r"bad bluetooth address|unknown Bluetooth protocol|Invalid address type|getsockaddrarg:|"
    r"encoding of hostname failed|host name must not contain null character|"
    r"str, bytes or bytearray expected, not \w+|argument 1 must be string or None|"
    r"address family mismatched|wildcard resolved to multiple address|Int or String expected|"
    r"Invalid value NaN \(not a number\)|Timeout value out of range|timed out|cannot read from.*|"
    r"cannot pickle '\w+' object|negative file descriptor|negative buffersize in \w+|"
    r"buffer too small for requested bytes|nbytes is greater than the length of the buffer|"
    r"a bytes-like object is required, not 'str'|sendto\(\) takes 2 or 3 arguments \(\d given\)|"
    r"Invalid or missing argument 'op'|invalid ancillary data buffer length|argument 1 must be an iterable$|"
    r"ancillary data item too large|too much ancillary data|getsockopt buflen out of range|"
    r"getsockopt string buffer not allowed|invalid mode '.*' \(only r, w, b allowed\)|"
    r"unbuffered streams must be binary|I/O operation on closed socket\.|"
    r"only SOCK_STREAM type sockets are supported|non-blocking sockets are not supported|"
    r"getaddrinfo returns an empty list|create_connection failed|\(while attempting to bind on address.*"
    r")"
)

_hooked: list[list[str] | None] = [None]


def _hook(event: str, args: tuple[Any, ...]) -> None:
    events = _hooked[0]
    if events is not None and event.startswith("socket."):
        shown = ", ".join("<sock>" if hasattr(arg, "fileno") else render(arg) for arg in args)
        events.append(f"audit {event}({shown})")


sys.addaudithook(_hook)


class Side:
    """One module under test, with factories whose sockets are watched and closed after the row."""

    def __init__(self, module: ModuleType, low: ModuleType, tmp: str) -> None:
        self.module = module
        self.low = low
        self.tmp = tmp
        self.kept: list[Any] = []
        self.descriptors: list[int] = []

    def keep(self, thing: Any) -> Any:
        """Close `thing` after the row; if it is a socket, its state becomes part of the observation."""
        if not any(thing is kept for kept in self.kept):
            self.kept.append(thing)
        return thing

    def sock(self, *args: Any, **kwargs: Any) -> Any:
        return self.keep(self.module.socket(*args, **kwargs))

    def tcp(self) -> Any:
        return self.sock(stdlib.AF_INET, stdlib.SOCK_STREAM)

    def udp(self) -> Any:
        return self.sock(stdlib.AF_INET, stdlib.SOCK_DGRAM)

    def udp6(self) -> Any:
        return self.sock(stdlib.AF_INET6, stdlib.SOCK_DGRAM)

    def unix(self, kind: int = stdlib.SOCK_DGRAM) -> Any:
        return self.sock(AF_UNIX, kind)

    def closed(self) -> Any:
        sock = self.tcp()
        sock.close()
        return sock

    def pair(self, kind: int = stdlib.SOCK_STREAM) -> tuple[Any, Any]:
        """A connected AF_UNIX pair that gives up after a while."""
        # Windows' pairs are TCP, of the default family.
        family = AF_UNIX if fcntl else stdlib.AF_INET
        ours, theirs = self.module.socketpair(family, kind)
        for end in (ours, theirs):
            self.keep(end).settimeout(SECONDS / 2)
        return ours, theirs

    def filled(self, data: bytes = b"abcdef", kind: int = stdlib.SOCK_STREAM) -> Any:
        """A socket with `data` waiting to be read."""
        ours, theirs = self.pair(kind)
        theirs.send(data)
        return ours

    def listener(self) -> Any:
        sock = self.tcp()
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        return sock

    def tcp_pair(self) -> tuple[Any, Any]:
        server = self.listener()
        client = self.tcp()
        client.connect(server.getsockname())
        return client, self.keep(server.accept()[0])

    def udp_pair(self) -> tuple[Any, Any]:
        """Two bound sockets, the first connected to the second."""
        ours, theirs = self.udp(), self.udp()
        for end in (ours, theirs):
            end.bind(("127.0.0.1", 0))
            end.settimeout(SECONDS / 2)
        ours.connect(theirs.getsockname())
        return ours, theirs

    def posing(self, family: int, kind: int = stdlib.SOCK_DGRAM, proto: int = 0) -> Any:
        """A socket that says it is of `family` over a UDP descriptor: addresses are packed, the kernel refuses."""
        fd = stdlib.dup(self.udp().fileno())
        try:
            return self.sock(family, kind, proto, fileno=fd)
        except BaseException:
            stdlib.close(fd)
            raise

    def path(self, name: str) -> str:
        return os.path.join(self.tmp, name)

    def fd(self, number: int) -> str:
        """Shows a descriptor that the caller owns now, and closes it after the row."""
        if number < 0:
            return f"fd {number}"
        self.descriptors.append(number)
        return f"fd open{_inheritable(number)}"

    def release(self) -> None:
        for thing in self.kept:
            try:
                thing.close()
            except (OSError, ValueError, AttributeError):
                pass
        for number in self.descriptors:
            try:
                stdlib.close(number)
            except OSError:
                pass
        self.kept.clear()
        self.descriptors.clear()
        for name in os.listdir(self.tmp):
            os.unlink(os.path.join(self.tmp, name))


def observe(side: Side, row: Row) -> str:
    """The observation of one row, without the count of leaked descriptors."""
    events: list[str] = []
    with _alarm(row.id), _unraisable_ignored(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _hooked[0] = events
        try:
            outcome = "returned " + render(row.call(side), side)
        except Exception as error:
            outcome = "raised " + render_exception(error)
        finally:
            _hooked[0] = None
        states = [_state(kept) for kept in side.kept if hasattr(kept, "gettimeout")]
        side.release()
    told = [f"warning {w.category.__name__}" for w in caught if w.category is not ResourceWarning]
    return "\n".join([outcome, *states, *events, *told]).replace(side.tmp, "TMP")


def agree(expected: str, actual: str) -> bool:
    """Equal, or equal but for a text that the oracle does not give: it may be worded freely."""
    if expected == actual:
        return True
    outcome, *rest = expected.split("\n")
    other, *other_rest = actual.split("\n")
    free = outcome.startswith("raised ") and not re.search("['\"]", outcome)
    return free and rest == other_rest and outcome == re.split(" ['\"]", other)[0]


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd")) if fcntl else 0


def leaked(before: int) -> int:
    """How many descriptors are open beyond `before`, after collections as long as there are any."""
    for _ in range(3):
        if open_descriptors() <= before:
            return 0
        gc.collect()
    return max(0, open_descriptors() - before)


class _alarm:
    """Turns a hanging call into a failure of its row."""

    def __init__(self, what: str) -> None:
        self.what = what

    def _expired(self, *_: object) -> None:
        raise RuntimeError(f"hangs: {self.what}")

    def __enter__(self) -> None:
        if not fcntl:
            return  # pytest's own time-out ends the run
        self.previous = signal.signal(signal.SIGALRM, self._expired)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)

    def __exit__(self, *_: object) -> None:
        if not fcntl:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.previous)


class _unraisable_ignored:
    """Leaves out what finalisers of half-made objects complain of: the interpreter's own SocketIO does."""

    def __enter__(self) -> None:
        self.previous, sys.unraisablehook = sys.unraisablehook, lambda _: None

    def __exit__(self, *_: object) -> None:
        sys.unraisablehook = self.previous


def _inheritable(fd: int) -> str:
    return f" inheritable={os.get_inheritable(fd)}" if fcntl else ""


def _state(sock: Any) -> str:
    fd = sock.fileno()
    shown = f"{render(sock.family)} {render(sock.type)} {sock.proto} timeout={sock.gettimeout()!r} {sock.getblocking()}"
    if not fcntl:
        return f"socket {'open' if fd >= 0 else 'closed'} {shown}"
    try:
        flags = fcntl.fcntl(fd, fcntl.F_GETFL) if fd >= 0 else None
    except OSError:  # the row closed it behind the object's back
        flags = None
    if flags is None:
        return f"socket closed {shown}"
    blocking = "O_NONBLOCK" if flags & os.O_NONBLOCK else "blocking"
    return f"socket open {shown} {blocking}{_inheritable(fd)}"


def render_exception(error: BaseException) -> str:
    """Class (with its bases up to the builtin ones), errno, and the text where programs may match on it."""
    names = [cls.__name__ for cls in type(error).__mro__]
    shown = "<".join(names[: names.index("Exception")])
    if isinstance(error, OSError) and error.errno is not None:
        known = QUOTED.search(error.strerror or "")
        text = known.group(0) if known else str(error.strerror)
        return f"{shown} errno={error.errno} {scrub(text)!r}"
    known = QUOTED.search(str(error))
    return f"{shown} {scrub(known.group(0))!r}" if known else shown


def render(value: Any, side: Side | None = None) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}({value.value})"
    renderer = _RENDERERS.get(type(value))
    if renderer is not None:
        return renderer(value, side)
    if isinstance(value, BaseException):
        return render_exception(value)
    if isinstance(value, type):
        return f"<class {scrub(value.__module__ + '.' + value.__qualname__)}>"
    if hasattr(value, "gettimeout") and side is not None:
        side.keep(value)
        return f"<{scrub(type(value).__module__)}.{type(value).__qualname__}>"
    return f"<{type(value).__name__}>"


def _render_int(value: int, _: Side | None) -> str:
    return "PORT" if 32768 <= value <= LAST_PORT else repr(value)


_RENDERERS: dict[type, Callable[[Any, Side | None], str]] = {
    type(None): lambda value, side: "None",
    bool: lambda value, side: repr(value),
    int: _render_int,
    float: lambda value, side: repr(value),
    bytes: lambda value, side: repr(value),
    bytearray: lambda value, side: repr(value),
    memoryview: lambda value, side: f"memoryview({value.tobytes()!r})",
    str: lambda value, side: repr(scrub(value)),
    tuple: lambda value, side: f"({', '.join(render(item, side) for item in value)})",
    list: lambda value, side: f"[{', '.join(render(item, side) for item in value)}]",
    dict: lambda value, side: f"dict({', '.join(map(scrub, map(str, value)))})",
}


_MASKS = (
    (re.compile(r"\bfd=\d+"), "fd=N"),
    (re.compile(r"\bcffisock\._socket\b"), "_socket"),
    (re.compile(r"\bcffisock\b"), "socket"),
    (re.compile(rf"('(?:127\.0\.0\.1|0\.0\.0\.0|::1|::)', )(?:{GIVEN})\d{{3}}\b"), r"\1PORT"),
    (re.compile(r" at 0x[0-9a-fA-F]+"), ""),
)


def scrub(text: str) -> str:
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text
