"""The class under `socket.socket`: what CPython's `_socket.socket` is, the system calls as methods.

Plain ints everywhere. Below are the calls that move data, `_transfer` and `_message`; above is the
layer with enums, files and reference counts, `_api`.
"""

from __future__ import annotations

import warnings
from operator import index
from sys import audit

from cffisock._address import decode, encode
from cffisock._backend import ffi, lib, room
from cffisock._buffers import (
    give_address,
    new_address,
    readable,
    release,
    take_address,
    unpack,
)
from cffisock._descriptor import CONNECT, READ, known_kind, known_timeout, parse_timeout
from cffisock._transfer import TransferCalls
from cffisock.backends.errors import timeout as TimeoutExpired  # noqa: N812 -- its name shadows
from cffisock.backends.ints import INT_MAX, an_int, c_int
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, NoReturn

_NULL = ffi.NULL
_error = room.error
_new = object.__new__

_accept = lib.cs_accept
_bind = lib.cs_bind
_block = lib.cs_block
_close = lib.cs_close
_connect = lib.cs_connect
_dup = lib.cs_dup
_getpeername = lib.cs_getpeername
_getsockname = lib.cs_getsockname
_getsockopt = lib.cs_getsockopt
_getsockopt_int = lib.cs_getsockopt_int
_listen = lib.cs_listen
_setsockopt = lib.cs_setsockopt
_setsockopt_int = lib.cs_setsockopt_int
_shutdown = lib.cs_shutdown
_socket = lib.cs_socket
_socketpair = lib.cs_socketpair
_unblock = lib.cs_unblock

_AF_INET = CONSTANTS["AF_INET"]
_SOCK_STREAM = CONSTANTS["SOCK_STREAM"]
_SOCK_NONBLOCK = CONSTANTS.get("SOCK_NONBLOCK", 0)
_TYPE_MASK = ~(_SOCK_NONBLOCK | CONSTANTS.get("SOCK_CLOEXEC", 0))
_SOL_SOCKET = CONSTANTS["SOL_SOCKET"]
_SO_ERROR = CONSTANTS["SO_ERROR"]
_SO_TYPE = CONSTANTS["SO_TYPE"]
_SO_PROTOCOL = CONSTANTS.get("SO_PROTOCOL")
_DEFAULT_BACKLOG = min(CONSTANTS["SOMAXCONN"], 128)
_OPTION_MAX = 1024
_OPTION_SIZES = room.OPTION_SIZES
_NO_PEER = room.ACCEPT_WITHOUT_ADDRESS
_FD_MAX = room.FD_MAX
_MISSING: Any = object()

_default_timeout: float | None = None


def getdefaulttimeout() -> float | None:
    """The time-out of new sockets, in seconds; None means blocking."""
    return _default_timeout


def setdefaulttimeout(timeout: float | None, /) -> None:
    """Set the time-out of new sockets, in seconds; None means blocking."""
    global _default_timeout  # noqa: PLW0603 -- one value per process, as the module promises
    _default_timeout = parse_timeout(timeout)


def check_fd(fd: Any) -> int:
    """A descriptor number that the shim may cast to the system's type."""
    number = an_int(fd)
    if number > _FD_MAX:
        raise OverflowError("signed integer is greater than maximum")
    if number < -_FD_MAX - 1:
        raise OverflowError("signed integer is less than minimum")
    return number


def close(fd: int, /) -> None:
    """Close a socket by its number: os.close() that works on Windows too."""
    answer = _close(check_fd(fd))
    if answer < 0 and -answer != room.CONNECTION_RESET:
        raise _error(-answer)


def dup(fd: int, /) -> int:
    """Duplicate a socket by its number; the new one is non-inheritable."""
    answer: int = _dup(check_fd(fd))
    if answer < 0:
        raise _error(-answer)
    return answer


class Handed(int):
    """A descriptor on its way into an object, and whether it arrived there."""

    taken = False


def hand_over(fd: int, make: Callable[[Handed], Any]) -> Any:
    """What `make` makes of a descriptor; closed where it makes nothing, but by one owner only.

    The class may be a program's own, and fail before it took the descriptor or after.
    """
    handed = Handed(fd)
    try:
        return make(handed)
    except BaseException:
        if not handed.taken:
            _close(fd)
        raise


def _option(fd: int, name: int) -> int:
    """A SOL_SOCKET option that is a non-negative int."""
    value: int = _getsockopt_int(fd, _SOL_SOCKET, name)
    if value < 0:
        raise _error(-value)
    return value


def _describe(fd: int, family: int, type: int, proto: int) -> tuple[int, int, int]:
    """Check that a descriptor is a socket, and ask it for each of the three that is -1."""
    name = new_address()[0]
    answer = _getsockname(fd, name)
    if answer < 0 and (family == -1 or -answer in room.INVALID_ADDRESS):
        raise _error(-answer)
    if family == -1:
        family = name.sa.ss_family
    if type == -1:
        type = _option(fd, _SO_TYPE)
    if _SO_PROTOCOL is None:
        proto = 0
    elif proto == -1:
        proto = _option(fd, _SO_PROTOCOL)
    return family, type, proto


class socket(TransferCalls):  # noqa: N801 -- the name is the standard library's
    """socket(family=AF_INET, type=SOCK_STREAM, proto=0, fileno=None): a socket of plain ints."""

    __slots__ = ()
    __module__ = "cffisock._socket"  # where users find it

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None
    ) -> None:
        # A kind that is known needs no questions, and one frame instead of six makes the socket
        # (instructions of socket() and close(), CPython 3.11: 18 900 without, 12 900 with).
        kind = None
        if (
            fileno is None
            and isinstance(family, int)  # 2.0 is equal to 2, and no family
            and isinstance(type, int)
            and isinstance(proto, int)
        ):
            kind = known_kind((family, type, proto))
        if kind is None:
            self._init_unknown(family, type, proto, fileno)
            return
        family, type, proto = kind  # numbers, where enums were given
        audit("socket.__new__", self, family, type, proto)
        timeout = _default_timeout
        fd = _socket(family, type, proto, timeout is not None)
        if fd < 0:
            raise _error(-fd)
        self._kind = kind
        self._timeout = timeout
        self._fd = fd
        self._owned = True

    def _init_unknown(self, family: Any, type: Any, proto: Any, fileno: Any) -> None:
        family, type, proto = c_int(family), c_int(type), c_int(proto)
        if fileno is None or room.from_share is None:  # Windows' tells nothing of adopted ones
            audit("socket.__new__", self, family, type, proto)
        if fileno is None:
            self._open(
                _AF_INET if family == -1 else family,
                _SOCK_STREAM if type == -1 else type,
                0 if proto == -1 else proto,
            )
        else:
            self._adopt(fileno, family, type, proto)

    def _open(self, family: int, type: int, proto: int) -> None:
        timeout = 0.0 if type & _SOCK_NONBLOCK else _default_timeout
        fd = _socket(family, type, proto, timeout is not None)
        if fd < 0:
            raise _error(-fd)
        self._own(fd, family, type & _TYPE_MASK, proto, timeout)

    def _adopt(self, fileno: Any, family: int, type: int, proto: int) -> None:
        """Take over a descriptor; what was not given is read from the socket itself."""
        if room.from_share is not None and isinstance(fileno, bytes):
            self._adopt_shared(*room.from_share(fileno))
            return
        fd = check_fd(fileno)
        if fd < 0:
            raise ValueError("negative file descriptor")
        family, type, proto = _describe(fd, family, type, proto)
        timeout = _default_timeout
        if type & _SOCK_NONBLOCK:  # believed, like the rest of what was given
            timeout = 0.0
        elif timeout is not None:
            answer = _unblock(fd)
            if answer < 0:
                raise _error(-answer)
        self._own(fd, family, type & _TYPE_MASK, proto, timeout)
        if isinstance(fileno, Handed):
            fileno.taken = True

    def _adopt_shared(self, fd: int, family: int, type: int, proto: int) -> None:
        """Take over what another process shared; in the mode of every new socket, not in that of
        the shared one, of which nothing is told."""
        timeout = _default_timeout
        try:
            audit("socket.__new__", self, family, type, proto)
            answer = 0 if timeout is None else _unblock(fd)
            if answer < 0:
                raise _error(-answer)
        except BaseException:
            _close(fd)
            raise
        self._own(fd, family, type, proto, timeout)

    @property
    def family(self) -> int:
        """The address family."""
        return self._kind[0]

    @property
    def type(self) -> int:
        """The socket type, without SOCK_NONBLOCK and SOCK_CLOEXEC."""
        return self._kind[1]

    @property
    def proto(self) -> int:
        """The protocol number."""
        return self._kind[2]

    @property
    def timeout(self) -> float | None:
        """The time-out in seconds; None means blocking, 0.0 non-blocking."""
        return self._timeout

    def __repr__(self) -> str:
        return (
            f"<socket object, fd={self._fd}, family={self.family:d}, "
            f"type={self.type:d}, proto={self._kind[2]}>"
        )

    def __getstate__(self) -> NoReturn:
        raise TypeError(f"cannot pickle {self.__class__.__name__!r} object")

    def __del__(
        self,
        # Bound here because module globals may be gone when the interpreter shuts down.
        warn: Any = warnings.warn,
        disown: Any = TransferCalls._disown,
        close: Any = _close,
    ) -> None:
        try:
            fd = self._fd
        except AttributeError:  # __new__ itself failed
            return
        if fd == -1:
            return
        try:
            warn(f"unclosed {self!r}", ResourceWarning, 2, source=self)
        finally:
            fd = disown(self)
            if fd != -1:
                close(fd)

    @classmethod
    def _made(cls, fd: int, family: int, type: int, proto: int) -> Any:
        """An object for a descriptor that this library just made."""
        self = _new(cls)
        timeout = 0.0 if type & _SOCK_NONBLOCK else _default_timeout
        self._own(fd, family, type & _TYPE_MASK, proto, timeout)
        try:
            # A pair of plain sockets raises no event, on CPython either, nor do Windows' adopted.
            if cls is not socket and room.from_share is None:
                audit("socket.__new__", self, family, type, proto)
            if timeout is not None:
                _unblock(fd)
        except BaseException:
            socket.close(self)
            raise
        return self

    # -- life ------------------------------------------------------------------------------

    def fileno(self) -> int:
        """The descriptor, -1 when closed."""
        return self._fd

    def detach(self) -> int:
        """Give the descriptor away without closing it; -1 when there is none."""
        return self._disown()

    def close(self) -> None:
        """Close the descriptor. A second call does nothing."""
        try:
            del self._owned  # _disown(), without its frame
        except AttributeError:
            return
        fd = self._fd
        self._fd = -1
        answer = _close(fd)
        if answer < 0 and -answer != room.CONNECTION_RESET:
            raise _error(-answer)

    def _accept(self) -> tuple[int, Any]:
        """Accept a connection: ``(descriptor, address of the peer)``."""
        timeout = self._timeout
        # The kernel's choice stays only where nobody asked for a time-out.
        nonblock = 1 if _default_timeout is not None else 0 if timeout else -1
        if self._kind[0] in _NO_PEER:
            fd: int = _accept(self._fd, _NULL, nonblock)
            return (fd if fd >= 0 else self._again(fd, READ, _accept, _NULL, nonblock)), None
        try:
            name = take_address()
        except IndexError:
            name = new_address()
        out, sa, _ = name
        fd = _accept(self._fd, out, nonblock)
        if fd < 0:
            fd = self._again(fd, READ, _accept, out, nonblock)
        try:
            address = decode(sa, out.length, self._kind[2], fd)
        except BaseException:
            _close(fd)
            raise
        give_address(name)
        return fd, address

    # -- state -----------------------------------------------------------------------------

    def settimeout(self, value: float | None, /) -> None:
        """Set the time-out of this socket's calls in seconds; None blocks, 0 never waits."""
        # Programs set the same few again and again; floats only, for 0j is equal to 0.0.
        timeout = known_timeout(value) if type(value) is float else None
        if timeout is None:
            timeout = parse_timeout(value)
        self._timeout = timeout
        answer = _block(self._fd) if timeout is None else _unblock(self._fd)
        if answer < 0:
            raise _error(-answer)

    def gettimeout(self) -> float | None:
        """The time-out in seconds; None means blocking, 0.0 non-blocking."""
        return self._timeout

    def setblocking(self, flag: bool, /) -> None:
        """Shorthand for settimeout(None) and settimeout(0)."""
        self._timeout = None if flag else 0.0
        answer = _block(self._fd) if flag else _unblock(self._fd)
        if answer < 0:
            raise _error(-answer)

    def getblocking(self) -> bool:
        """False when the time-out is 0."""
        return self._timeout != 0.0

    # -- names and peers -------------------------------------------------------------------

    def bind(self, address: Any, /) -> None:
        """Bind to a local address; bind(2)."""
        sa, length = encode(address, self._kind[0], self._kind[2], self._fd, "bind")
        audit("socket.bind", self, address)
        answer = _bind(self._fd, sa, length)
        if answer < 0:
            raise _error(-answer)

    def connect(self, address: Any, /) -> None:
        """Connect to a remote address, within the time-out; connect(2)."""
        sa, length = encode(address, self._kind[0], self._kind[2], self._fd, "connect")
        audit("socket.connect", self, address)
        answer = _connect(self._fd, sa, length)
        if answer < 0:
            code, expired = self._finish_connect(-answer)
            if expired:
                raise TimeoutExpired("timed out")
            if code:
                raise _error(code)

    def connect_ex(self, address: Any, /) -> int:
        """connect() that answers the error code of the call, 0 for success."""
        sa, length = encode(address, self._kind[0], self._kind[2], self._fd, "connect_ex")
        audit("socket.connect", self, address)
        answer: int = _connect(self._fd, sa, length)
        return answer and self._finish_connect(-answer)[0]

    def _finish_connect(self, code: int) -> tuple[int, bool]:
        """Finish a connect() that said `code`: ``(error code, whether the time was over)``."""
        deadline = self._deadline()  # the call itself waits only where there is none
        # After a signal the connection goes on in the background: connect() must not be repeated.
        timeout = self._timeout
        waits = timeout != 0 if code == room.INTERRUPTED else timeout and code in room.CONNECTING
        if not waits:
            return code, False
        if not self._ready(CONNECT, deadline):
            return room.CONNECT_EX_EXPIRED, True
        # Minus a code where there is no socket to ask: a signal handler closed it.
        code = abs(_getsockopt_int(self._fd, _SOL_SOCKET, _SO_ERROR))
        return (0 if code == room.CONNECTED else code), False

    def listen(self, backlog: int = _DEFAULT_BACKLOG, /) -> None:
        """Accept connections; at most `backlog` wait to be accepted; listen(2)."""
        answer = _listen(self._fd, max(c_int(backlog), 0))
        if answer < 0:
            raise _error(-answer)

    def shutdown(self, how: int, /) -> None:
        """Shut down one direction or both: SHUT_RD, SHUT_WR, SHUT_RDWR; shutdown(2)."""
        answer = _shutdown(self._fd, c_int(how))
        if answer < 0:
            raise _error(-answer)

    def getsockname(self) -> Any:
        """The local address."""
        return self._name(_getsockname)

    def getpeername(self) -> Any:
        """The remote address; OSError ENOTCONN when there is none."""
        return self._name(_getpeername)

    def _name(self, call: Any) -> Any:
        out, sa, _ = new_address()
        answer = call(self._fd, out)
        if answer < 0:
            raise _error(-answer)
        return decode(sa, out.length, self._kind[2], self._fd)

    # -- options ---------------------------------------------------------------------------

    def getsockopt(self, level: int, optname: int, buflen: int = 0, /) -> Any:
        """Read an option: an int, or `buflen` bytes at most; getsockopt(2)."""
        size = buflen if type(buflen) is int else c_int(buflen)
        if not size and self._kind[0] not in _OPTION_SIZES:
            if type(level) is not int or type(optname) is not int:
                level, optname = c_int(level), c_int(optname)  # cffi asks __int__, as of a Decimal
            try:
                value: int = _getsockopt_int(self._fd, level, optname)
            except OverflowError:  # cffi has words of its own
                value = _getsockopt_int(self._fd, c_int(level), c_int(optname))
            if 0 <= value <= INT_MAX:
                return value
            if value < 0:
                raise _error(-value)
            return value - 2**32
        level, optname = c_int(level), c_int(optname)
        if self._kind[0] in _OPTION_SIZES:
            if size:
                raise OSError("getsockopt string buffer not allowed")
            return self._wide_option(level, optname, _OPTION_SIZES[self._kind[0]])
        if not 0 < c_int(size) <= _OPTION_MAX:
            raise OSError("getsockopt buflen out of range")
        buf = ffi.new("char[]", size)
        answer = _getsockopt(self._fd, level, optname, buf, size)
        if answer < 0:
            raise _error(-answer)
        return unpack(buf, answer)

    def _wide_option(self, level: int, optname: int, size: int) -> int:
        value = ffi.new("uint64_t *")
        answer = _getsockopt(self._fd, level, optname, value, size)
        if answer < 0:
            raise _error(-answer)
        return value[0]

    def setsockopt(self, level: int, optname: int, value: Any, optlen: Any = _MISSING, /) -> None:
        """Set an option to an int, to bytes, or (None, optlen) to nothing; setsockopt(2)."""
        plain = type(level) is int and type(optname) is int and type(value) is int
        if plain and self._kind[0] not in _OPTION_SIZES and optlen is _MISSING:
            try:
                answer = _setsockopt_int(self._fd, level, optname, value)
            except OverflowError:  # as in getsockopt
                answer = _setsockopt_int(self._fd, c_int(level), c_int(optname), c_int(value))
        else:
            answer = self._set_option(c_int(level), c_int(optname), value, optlen)
        if answer < 0:
            raise _error(-answer)

    def _set_option(self, level: int, optname: int, value: Any, optlen: Any) -> int:
        """setsockopt() of all but a plain int."""
        answer: int
        if optlen is not _MISSING or value is None:
            answer = self._set_null_option(level, optname, value, optlen)
        elif self._kind[0] in _OPTION_SIZES:
            size = _OPTION_SIZES[self._kind[0]]
            answer = _setsockopt(
                self._fd, level, optname, ffi.new("uint64_t *", index(value)), size
            )
        elif hasattr(value, "__index__"):
            answer = _setsockopt_int(self._fd, level, optname, c_int(value))
        else:
            data = readable(value)
            try:
                answer = _setsockopt(self._fd, level, optname, data, len(data))
            finally:
                release(data)
        return answer

    def _set_null_option(self, level: int, optname: int, value: Any, optlen: Any) -> int:
        if value is not None:
            raise TypeError("setsockopt() takes optlen only when the value is None")
        if optlen is _MISSING:
            raise TypeError("setsockopt() with None needs optlen")
        answer: int = _setsockopt(self._fd, level, optname, _NULL, c_int(optlen))
        return answer


def make_pair(cls: Any, family: int, type: int, proto: int) -> tuple[Any, Any]:
    """Two connected sockets of class `cls`; socketpair(2)."""
    family, type, proto = c_int(family), c_int(type), c_int(proto)
    pair = ffi.new("intptr_t[2]")
    answer = _socketpair(family, type, proto, pair)
    if answer < 0:
        raise _error(-answer)
    try:
        first = cls._made(pair[0], family, type, proto)
    except BaseException:
        _close(pair[1])
        raise
    try:
        return first, cls._made(pair[1], family, type, proto)
    except BaseException:
        first.close()
        raise


room.extend(socket)
