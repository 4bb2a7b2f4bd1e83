"""class socket, with enums, files and reference counts, over the system calls of `_core`."""

from __future__ import annotations

import io
import os

import cffisock
from cffisock import _core
from cffisock._backend import lib, room
from cffisock._constants import FAMILIES, KINDS
from cffisock._core import getdefaulttimeout
from cffisock._descriptor import WRITE, to_milliseconds
from cffisock._stream import SocketIO
from cffisock.backends.errors import timeout as TimeoutExpired  # noqa: N812 -- its name shadows
from cffisock.backends.ints import c_int
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

public: Any = cffisock  # where programs put what they like

_AF_INET = CONSTANTS["AF_INET"]
_SOCK_STREAM = CONSTANTS["SOCK_STREAM"]
_SENDFILE_BLOCK = 2**30  # a call moves at most 2 GiB everywhere
_SEND_BLOCK = 8192

_sendfile = lib.cs_sendfile
_init = _core.socket.__init__
_made = _core.socket._made.__func__  # type: ignore[attr-defined]


class _GiveupOnSendfile(Exception):
    """The system's sendfile() does not do this file: send() its bytes instead."""


class socket(_core.socket):  # noqa: N801 -- the name is the standard library's
    """socket(family=AF_INET, type=SOCK_STREAM, proto=0, fileno=None): a socket."""

    __module__ = "cffisock"  # where it is public: repr() and pickled enums name it
    __slots__ = ["__weakref__", "_io_refs", "_closed"]  # noqa: RUF023 -- the order is the standard library's

    _closed: bool
    _io_refs: int

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None
    ) -> None:
        if fileno is None:
            if family == -1:
                family = _AF_INET
            if type == -1:
                type = _SOCK_STREAM
            if proto == -1:
                proto = 0
        _init(self, family, type, proto, fileno)
        self._io_refs = 0
        self._closed = False

    @classmethod
    def _made(cls, fd: int, family: int, type: int, proto: int) -> Any:
        self = _made(cls, fd, family, type, proto)
        self._io_refs = 0
        self._closed = False
        return self

    def __enter__(self) -> socket:
        return self

    def __exit__(self, *args: object) -> None:
        if not self._closed:
            self.close()

    def __repr__(self) -> str:
        closed = getattr(self, "_closed", False)
        cls = type(self)
        parts = [
            f"<{cls.__module__}.{cls.__qualname__}{' [closed]' if closed else ''} fd={self.fileno()}",
            f"family={self.family!s}",
            f"type={self.type!s}",
            f"proto={self.proto}",
        ]
        if not closed:
            for name, ask in (("laddr", self.getsockname), ("raddr", self.getpeername)):
                try:
                    address = ask()
                except (OSError, AttributeError, ImportError):  # the last when Python shuts down
                    continue
                if address:
                    parts.append(f"{name}={address}")
        return ", ".join(parts) + ">"

    def __getstate__(self) -> NoReturn:
        raise TypeError(f"cannot pickle {self.__class__.__name__!r} object")

    @property
    def family(self) -> Any:
        """The address family: an AddressFamily, or an int that is none."""
        return FAMILIES[self._kind[0]]

    @property
    def type(self) -> Any:
        """The socket type: a SocketKind, or an int that is none."""
        return KINDS[self._kind[1]]

    def dup(self) -> Any:
        """A second socket on the same connection, with this one's time-out; non-inheritable."""
        sock = self._remade(self.__class__, _core.dup(self.fileno()))
        sock.settimeout(self.gettimeout())
        return sock

    def _remade(self, cls: Any, fd: int) -> Any:
        """An object of a class that may be a program's own, for a descriptor of this socket's kind."""
        kind = self.family, self.type, self.proto
        return _core.hand_over(fd, lambda fileno: cls(*kind, fileno=fileno))

    def accept(self) -> tuple[socket, Any]:
        """Accept a connection: ``(socket, address of the peer)``; accept(2)."""
        fd, address = self._accept()
        cls = public.socket
        if cls is socket:
            return socket._made(fd, self._kind[0], self._kind[1], self._kind[2]), address
        sock = self._remade(cls, fd)  # a program put its own there
        if getdefaulttimeout() is None and self.gettimeout():
            sock.setblocking(True)
        return sock, address

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any:
        """A file on the socket; like open(), with modes made of 'r', 'w' and 'b' only."""
        if not set(mode) <= {"r", "w", "b"}:
            raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
        writing = "w" in mode
        reading = "r" in mode or not writing
        binary = "b" in mode
        raw = SocketIO(self, "r" * reading + "w" * writing)
        self._io_refs += 1
        if buffering is None or buffering < 0:
            buffering = io.DEFAULT_BUFFER_SIZE
        if buffering == 0:
            if not binary:
                raise ValueError("unbuffered streams must be binary")
            return raw
        buffer: Any
        if reading and writing:
            buffer = io.BufferedRWPair(raw, raw, buffering)
        elif reading:
            buffer = io.BufferedReader(raw, buffering)
        else:
            buffer = io.BufferedWriter(raw, buffering)
        if binary:
            return buffer
        if hasattr(io, "text_encoding"):
            encoding = io.text_encoding(encoding)
        text = io.TextIOWrapper(buffer, encoding, errors, newline)
        text.mode = mode  # type: ignore[misc]
        return text

    # -- sendfile ---------------------------------------------------------------------------

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a regular file opened in binary mode, to its end or `count` bytes: bytes sent.

        By the system's sendfile() where that does the file, else by send(). The file's position
        is moved behind what was sent, also when an error ends the call.
        """
        try:
            return self._sendfile_use_sendfile(file, offset, count)
        except _GiveupOnSendfile:
            return self._sendfile_use_send(file, offset, count)

    def _check_sendfile_params(self, file: Any, offset: int, count: Any) -> None:
        if "b" not in getattr(file, "mode", "b"):
            raise ValueError("file should be opened in binary mode")
        if not self._kind[1] & _SOCK_STREAM:
            raise ValueError("only SOCK_STREAM type sockets are supported")
        if count is not None:
            if not isinstance(count, int):
                raise TypeError(f"count must be a positive integer (got {count!r})")
            if count <= 0:
                raise ValueError(f"count must be a positive integer (got {count!r})")

    def _sendfile_use_sendfile(self, file: Any, offset: int = 0, count: Any = None) -> int:
        self._check_sendfile_params(file, offset, count)
        try:
            fileno = file.fileno()
        except (AttributeError, io.UnsupportedOperation) as error:
            raise _GiveupOnSendfile(error) from error
        try:
            size = os.fstat(fileno).st_size
            handle = room.file_handle(fileno)
        except OSError as error:
            raise _GiveupOnSendfile(error) from error
        if handle is None:
            raise _GiveupOnSendfile("this system sends few files at a time")
        if not size:
            return 0
        if self.gettimeout() == 0:
            raise ValueError("non-blocking sockets are not supported")
        patience = to_milliseconds(self._timeout)
        total = 0
        try:
            while count is None or total < count:
                block = min(_SENDFILE_BLOCK, size if count is None else count - total)
                sent = _sendfile(self._fd, handle, offset + total, block, patience)
                if sent == 0:
                    break
                if sent > 0:
                    total += sent
                    continue
                self._retry_sendfile(-sent, total)
            return total
        finally:
            if total > 0 and hasattr(file, "seek"):
                file.seek(offset + total)

    def _retry_sendfile(self, code: int, total: int) -> None:
        """Wait for room, or raise; before the first byte an error means "not this file"."""
        # Whoever shares the connection may have made it non-blocking, also where there is no time-out.
        blocked = code in room.WOULD_BLOCK
        expired = blocked and not self._ready(WRITE, self._deadline())
        if expired or code == room.SENDFILE_EXPIRED:
            raise TimeoutExpired("timed out")
        if blocked or code == room.INTERRUPTED:
            return
        error = room.error(code)
        raise error if total else _GiveupOnSendfile(error)

    def _sendfile_use_send(self, file: Any, offset: int = 0, count: Any = None) -> int:
        self._check_sendfile_params(file, offset, count)
        if self.gettimeout() == 0:
            raise ValueError("non-blocking sockets are not supported")
        if offset:
            file.seek(offset)
        total = 0
        try:
            while count is None or total < count:
                block = _SEND_BLOCK if count is None else min(count - total, _SEND_BLOCK)
                data = memoryview(file.read(block))
                if not data:
                    break
                while data:
                    sent = self.send(data)
                    total += sent
                    data = data[sent:]
            return total
        finally:
            if total > 0 and hasattr(file, "seek"):
                file.seek(offset + total)

    # -- life -------------------------------------------------------------------------------

    def _decref_socketios(self) -> None:
        if self._io_refs > 0:
            self._io_refs -= 1
        if self._closed:
            self.close()

    def _real_close(self, _ss: Any = _core.socket) -> None:
        # Bound as an argument: the module's globals may be gone at shutdown.
        _ss.close(self)

    def close(self) -> None:
        """Close the socket; the descriptor goes when the last makefile() does."""
        self._closed = True
        if self._io_refs <= 0:
            self._real_close()

    def detach(self) -> int:
        """Close the object without closing the descriptor, which is returned."""
        self._closed = True
        return self._disown()

    def get_inheritable(self) -> bool:
        """Whether a child process inherits the descriptor."""
        answer = lib.cs_get_inheritable(self._fd)
        if answer < 0:
            raise room.error(-answer)
        return bool(answer)

    def set_inheritable(self, inheritable: bool) -> None:
        """Let child processes inherit the descriptor, or not."""
        answer = lib.cs_set_inheritable(self._fd, bool(c_int(inheritable)))
        if answer < 0:
            raise room.error(-answer)
