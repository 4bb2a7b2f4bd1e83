"""Calls that move data: recv, send and their relatives as methods.

Each is one Python frame and one C call when nothing is in the way: keep it so.
"""

from __future__ import annotations

from sys import audit

from cffisock._address import decode, encode, known_address
from cffisock._backend import ffi, lib
from cffisock._buffers import (
    MSG_TRUNC,
    SCRATCH_SIZE,
    allocate,
    give_address,
    give_scratch,
    new_address,
    new_scratch,
    readable,
    release,
    take_address,
    take_scratch,
    truncated,
    unpack,
    writable,
)
from cffisock._descriptor import READ, WRITE
from cffisock._message import MessageCalls
from cffisock.backends.ints import c_int, c_ssize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_recv = lib.cs_recv
_recvfrom = lib.cs_recvfrom
_send = lib.cs_send
_sendto = lib.cs_sendto
_from_buffer = ffi.from_buffer
_CHARS = ffi.typeof("char[]")
_MISSING: Any = object()


class TransferCalls(MessageCalls):
    """recv, send and their relatives, over those that carry control messages."""

    __slots__ = ()

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive at most `bufsize` bytes; b'' at the end of the stream; recv(2)."""
        if flags:
            flags = c_int(flags)
            if flags & MSG_TRUNC:
                return self._recv_unusual(bufsize, flags)
        if type(bufsize) is not int or not 0 < bufsize <= SCRATCH_SIZE:
            return self._recv_unusual(bufsize, flags)
        try:
            scratch = take_scratch()
        except IndexError:
            scratch = new_scratch()
        buf, view = scratch
        got = _recv(self._fd, buf, bufsize, flags)
        if got < 0:
            got = self._again(got, READ, _recv, buf, bufsize, flags)
        data: bytes = view[:got] if got <= bufsize else truncated(buf, bufsize, got)
        give_scratch(scratch)
        return data

    def _recv_unusual(self, bufsize: Any, flags: int) -> bytes:
        """recv() for sizes that are no plain int, and where scratch buffers do not do."""
        size = c_ssize(bufsize)
        if size < 0:
            raise ValueError("negative buffersize in recv")
        if size == 0:
            return b""
        buf = allocate(size, flags)
        got = _recv(self._fd, buf, size, flags)
        if got < 0:
            got = self._again(got, READ, _recv, buf, size, flags)
        data: bytes = unpack(buf, got) if got <= size else truncated(buf, size, got)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive into a writable buffer, at most `nbytes` (0: all of it); the number received."""
        if flags:
            flags = c_int(flags)
        try:
            buf = _from_buffer(_CHARS, buffer, True)
        except (TypeError, BufferError, ValueError):
            buf = writable(buffer, "recv_into() argument 1")  # says what is wrong with it
        try:
            size = len(buf)
            if type(nbytes) is not int or nbytes:
                nbytes = c_ssize(nbytes)
                if nbytes < 0:
                    raise ValueError("negative buffersize in recv_into")
                if nbytes > size:
                    raise ValueError("buffer too small for requested bytes")
                size = nbytes or size
            if not size:
                return 0
            got: int = _recv(self._fd, buf, size, flags)
            if got < 0:
                got = self._again(got, READ, _recv, buf, size, flags)
            return got
        finally:
            release(buf)

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        """Receive at most `bufsize` bytes and the sender's address; recvfrom(2)."""
        if flags:
            flags = c_int(flags)
            if flags & MSG_TRUNC:
                return self._recvfrom_unusual(bufsize, flags)
        if type(bufsize) is not int or not 0 <= bufsize <= SCRATCH_SIZE:
            return self._recvfrom_unusual(bufsize, flags)
        try:
            scratch = take_scratch()
        except IndexError:
            scratch = new_scratch()
        try:
            name = take_address()
        except IndexError:
            name = new_address()
        buf, view = scratch
        out, sa, raw = name
        got = _recvfrom(self._fd, buf, bufsize, flags, out)
        if got < 0:
            got = self._again(got, READ, _recvfrom, buf, bufsize, flags, out)
        address = known_address(raw[: out.length])  # decode(), without its frame
        if address is None:
            address = decode(sa, out.length, self._kind[2], self._fd)
        give_address(name)
        data: bytes = view[:got] if got <= bufsize else truncated(buf, bufsize, got)
        give_scratch(scratch)
        return data, address

    def _recvfrom_unusual(self, bufsize: Any, flags: int) -> tuple[bytes, Any]:
        """recvfrom() for sizes that are no plain int, and where scratch buffers do not do."""
        size = c_ssize(bufsize)
        if size < 0:
            raise ValueError("negative buffersize in recvfrom")
        buf = allocate(size, flags)
        got, address = self._recvfrom(buf, size, flags)
        data: bytes = unpack(buf, got) if got <= size else truncated(buf, size, got)
        return data, address

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        """Receive into a writable buffer: ``(bytes received, address)``."""
        if flags:
            flags = c_int(flags)
        buf = writable(buffer, "recvfrom_into() argument 1")
        try:
            size = c_ssize(nbytes)
            if size < 0:
                raise ValueError("negative buffersize in recvfrom_into")
            if size > len(buf):
                raise ValueError("nbytes is greater than the length of the buffer")
            return self._recvfrom(buf, size or len(buf), flags)
        finally:
            release(buf)

    def _recvfrom(self, buf: Any, size: int, flags: int) -> tuple[int, Any]:
        try:
            name = take_address()
        except IndexError:
            name = new_address()
        out, sa, _ = name
        got: int = _recvfrom(self._fd, buf, size, flags, out)
        if got < 0:
            got = self._again(got, READ, _recvfrom, buf, size, flags, out)
        address = decode(sa, out.length, self._kind[2], self._fd)
        give_address(name)
        return got, address

    def send(self, data: Any, flags: int = 0, /) -> int:
        """Send bytes, perhaps not all: the number sent; send(2)."""
        if flags:
            flags = c_int(flags)
        if type(data) is bytes:
            sent: int = _send(self._fd, data, len(data), flags)
            if sent < 0:
                sent = self._again(sent, WRITE, _send, data, len(data), flags)
            return sent
        buf = readable(data)
        try:
            sent = _send(self._fd, buf, len(buf), flags)
            if sent < 0:
                sent = self._again(sent, WRITE, _send, buf, len(buf), flags)
            return sent
        finally:
            release(buf)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send all of the bytes, within one time-out for the whole; send(2)."""
        if flags:
            flags = c_int(flags)
        if type(data) is bytes:
            sent = _send(self._fd, data, len(data), flags)
            if sent == len(data):
                return
        else:
            sent = 0
        buf = readable(data)
        try:
            self._send_rest(buf, sent, flags)
        finally:
            release(buf)

    def _send_rest(self, buf: Any, sent: int, flags: int) -> None:
        """Finish a sendall() whose first send() answered `sent`."""
        deadline = self._deadline()
        size = len(buf)
        done = 0
        while True:
            if sent < 0:
                self._pause(-sent, WRITE, deadline)
            done += max(sent, 0)
            sent = _send(self._fd, buf + done, size - done, flags)
            if sent == size - done:
                return

    def sendto(
        self, data: Any = _MISSING, flags: Any = _MISSING, address: Any = _MISSING, /, *more: Any
    ) -> int:
        """sendto(data, [flags,] address): send to an address: the number sent; sendto(2)."""
        if address is _MISSING:
            address, flags = flags, 0
        if address is _MISSING or more:
            given = 3 + len(more) if more else int(data is not _MISSING)
            raise TypeError(f"sendto() takes 2 or 3 arguments ({given} given)")
        buf = data if type(data) is bytes else readable(data)
        try:
            if type(flags) is not int or flags:
                flags = c_int(flags)
            sa, length = encode(address, self._kind[0], self._kind[2], self._fd, "sendto")
            audit("socket.sendto", self, address)
            sent: int = _sendto(self._fd, buf, len(buf), flags, sa, length)
            if sent < 0:
                sent = self._again(sent, WRITE, _sendto, buf, len(buf), flags, sa, length)
            return sent
        finally:
            if buf is not data:
                release(buf)
