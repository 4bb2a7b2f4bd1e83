"""SocketIO: a socket as a raw stream, under the files that `socket.makefile()` returns."""

from __future__ import annotations

import io
from errno import EAGAIN, EWOULDBLOCK

from cffisock.backends.errors import timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODES = ("r", "w", "rw", "rb", "wb", "rwb")
_blocking_errnos = {EAGAIN, EWOULDBLOCK}


class SocketIO(io.RawIOBase):
    """SocketIO(sock, mode): the raw stream of a socket, which stays open as long as the stream.

    A read that would block answers None. After a time-out the stream refuses to read: what a
    buffered reader had collected is lost, so it cannot go on.
    """

    __module__ = "cffisock"

    def __init__(self, sock: Any, mode: str) -> None:
        if mode not in _MODES:
            raise ValueError(f"invalid mode: {mode!r}")
        io.RawIOBase.__init__(self)
        self._sock = sock
        self._mode = mode if "b" in mode else mode + "b"
        self._reading = "r" in mode
        self._writing = "w" in mode
        self._timeout_occurred = False

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed socket.")

    def readinto(self, b: Any) -> int | None:
        """Receive into a buffer: the number of bytes, 0 at the end, None when it would block."""
        self._checkClosed()
        self._checkReadable()  # type: ignore[attr-defined]
        if self._timeout_occurred:
            raise OSError("cannot read from timed out object")
        try:
            return self._sock.recv_into(b)
        except timeout:
            self._timeout_occurred = True
            raise
        except OSError as error:
            if error.errno in _blocking_errnos:
                return None
            raise

    def write(self, b: Any) -> int | None:
        """Send bytes, perhaps not all: the number sent, None when it would block."""
        self._checkClosed()
        self._checkWritable()  # type: ignore[attr-defined]
        try:
            return self._sock.send(b)
        except OSError as error:
            if error.errno in _blocking_errnos:
                return None
            raise

    def readable(self) -> bool:
        """Whether the stream was made for reading."""
        if self.closed:  # _check_open(), without its frame: every read asks
            raise ValueError("I/O operation on closed socket.")
        return self._reading

    def writable(self) -> bool:
        """Whether the stream was made for writing."""
        self._check_open()
        return self._writing

    def seekable(self) -> bool:
        """Never."""
        self._check_open()
        return super().seekable()

    def fileno(self) -> int:
        """The descriptor of the socket."""
        self._check_open()
        return self._sock.fileno()

    @property
    def name(self) -> int:
        """The descriptor, -1 when closed."""
        return -1 if self.closed else self.fileno()

    @property
    def mode(self) -> str:
        """The mode, with 'b'."""
        return self._mode

    def close(self) -> None:
        """Close the stream; the socket too, when it was closed and this is its last stream."""
        if self.closed:
            return
        io.RawIOBase.close(self)
        self._sock._decref_socketios()
        self._sock = None
