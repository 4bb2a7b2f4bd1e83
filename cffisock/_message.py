"""Calls that carry control messages: sendmsg, recvmsg, recvmsg_into, CMSG_LEN, CMSG_SPACE."""

from __future__ import annotations

import warnings
from _collections import deque  # type: ignore[import-not-found]  # collections imports more
from operator import index
from sys import audit

from cffisock._address import decode, encode, known_address
from cffisock._backend import ffi, lib
from cffisock._buffers import (
    MSG_TRUNC,
    SCRATCH_SIZE,
    allocate,
    copied,
    give_scratch,
    new_scratch,
    readable,
    release,
    take_scratch,
    writable,
)
from cffisock._descriptor import INT_MAX, READ, WRITE, Descriptor
from cffisock.backends.ints import an_int, c_int, c_ssize
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_recvmsg = lib.cs_recvmsg
_recvmsg_one = lib.cs_recvmsg_one
_sendmsg = lib.cs_sendmsg
_sendmsg_one = lib.cs_sendmsg_one
_iov_set = lib.cs_iov_set
_cmsg_get = lib.cs_cmsg_get
_cmsg_put = lib.cs_cmsg_put
_NULL = ffi.NULL
_unpack = ffi.unpack

_SOL_SOCKET = CONSTANTS["SOL_SOCKET"]
_SCM_RIGHTS = CONSTANTS.get("SCM_RIGHTS")
_INT_SIZE = ffi.sizeof("int")
_LEN_MAX = INT_MAX - lib.cs_cmsg_len(0)
_SPACE_MAX = INT_MAX - lib.cs_cmsg_space(1)

# A C call for each buffer and each control message would cost more than the system call: what is
# small is joined and goes down in one (CPython 3.11, 4 buffers and one item each way: 7.8 times the
# instructions of the interpreter's own before, 1.9 now).
_JOIN_LIMIT = 16384
_SMALL_ITEM = 128
_INVALID = -2  # of cs_cmsg_get()
_CONTROL_SIZE = 1024
_IOV = ffi.typeof("cs_iov[]")

# struct cs_received, its address, and that as a buffer; control buffer, and its first data as one;
# facts.
_kits: deque[tuple[Any, Any, Any, Any, Any, Any]] = deque(maxlen=16)
_take_kit = _kits.pop  # IndexError when there is none: call _new_kit()
_give_kit = _kits.append


def CMSG_LEN(length: int, /) -> int:  # noqa: N802 -- the name is POSIX's
    """Size of a control message with `length` bytes of data, without trailing padding; cmsg(3)."""
    return _cmsg_size(length, lib.cs_cmsg_len, _LEN_MAX, "CMSG_LEN")


def CMSG_SPACE(length: int, /) -> int:  # noqa: N802 -- the name is POSIX's
    """Size of a control message with `length` bytes of data, padding included; cmsg(3)."""
    return _cmsg_size(length, lib.cs_cmsg_space, _SPACE_MAX, "CMSG_SPACE")


def _cmsg_size(length: Any, macro: Any, limit: int, name: str) -> int:
    number = index(length)
    if 0 <= number <= limit:
        return macro(number)
    raise OverflowError(f"{name}() argument out of range")


def build_control(ancdata: Any, where: str = "sendmsg") -> tuple[Any, int]:
    """Lay out ``(level, type, data)`` items as one control buffer: ``(char[], size)``."""
    try:
        items = list(ancdata)
    except TypeError:
        raise TypeError(f"{where}() argument 2 must be an iterable") from None
    if not items:
        return _NULL, 0
    parsed = []
    total = 0
    for item in items:
        try:
            level, kind, data = item
        except (TypeError, ValueError):
            raise TypeError(
                f"[{where}() ancillary data items must be sequences of 3: (level, type, data)]"
            ) from None
        level, kind, data = c_int(level), c_int(kind), copied(data)
        if len(data) > _LEN_MAX:
            raise OSError("ancillary data item too large")
        total += lib.cs_cmsg_space(len(data))
        if total > INT_MAX:
            raise OSError("too much ancillary data")
        parsed.append((level, kind, data))
    control = ffi.new("char[]", total)  # zeroed: padding must not carry old bytes to the kernel
    offset = 0
    for level, kind, data in parsed:
        offset = _cmsg_put(control, offset, level, kind, data, len(data))
    return control, total


def read_control(control: Any, size: int) -> tuple[list[tuple[int, int, bytes]], bool]:
    """Read the ``(level, type, data)`` items out of a control buffer, and whether they are all sound.

    A header that claims more data than there is gets what is there; it and an invalid header end the
    list.
    """
    items: list[tuple[int, int, bytes]] = []
    out = ffi.new("struct cs_cmsg *")
    following = _cmsg_get(control, size, 0, out)
    while following >= 0:
        items.append((out.level, out.type, _unpack(control + out.data, out.length)))
        if not following:
            return items, not out.clipped
        following = _cmsg_get(control, size, following, out)
    return items, following != _INVALID


def parse_control(control: Any, size: int) -> list[tuple[int, int, bytes]]:
    """The items of a control buffer; a RuntimeWarning when they are not sound."""
    items, sound = read_control(control, size)
    if not sound:
        try:
            warnings.warn(
                "received malformed or improperly-truncated ancillary data", RuntimeWarning, 4
            )
        except BaseException:
            close_rights(items)
            raise
    return items


def close_rights(items: list[tuple[int, int, bytes]]) -> None:
    """Close the descriptors in received SCM_RIGHTS items that will not reach the caller."""
    for level, kind, data in items:
        if level == _SOL_SOCKET and kind == _SCM_RIGHTS:
            whole = len(data) // _INT_SIZE
            for fd in _unpack(ffi.cast("int *", ffi.from_buffer(data)), whole):
                lib.cs_close(fd)


def _gather(buffers: list[Any]) -> tuple[Any, int, list[Any]]:
    """``(iov, count, views to release)`` for the buffers of sendmsg, in order."""
    views: list[Any] = []
    try:
        for buffer in buffers:
            views.append(readable(buffer))  # noqa: PERF401 -- what was locked must be released
    except BaseException:
        _release_all(views)
        raise
    return _iov(views), len(views), views


def _iov(views: list[Any]) -> Any:
    iov = ffi.new(_IOV, len(views))
    for position, view in enumerate(views):
        _iov_set(iov, position, view, len(view))
    return iov


def _release_all(views: list[Any]) -> None:
    for view in views:
        release(view)


def _as_list(buffers: Any, where: str) -> list[Any]:
    try:
        found = list(buffers)
    except TypeError:
        raise TypeError(f"{where}() argument 1 must be an iterable") from None
    if len(found) > INT_MAX:
        raise OSError(f"{where}() argument 1 is too long")
    return found


def _joined(buffers: Any) -> bytes | None:
    """The buffers as one bytes object where that is cheap; None where they must be gathered."""
    if type(buffers) is list or type(buffers) is tuple:
        try:
            if sum(map(len, buffers)) <= _JOIN_LIMIT:
                return b"".join(buffers)
        except Exception:  # noqa: BLE001, S110 -- what is wrong with them is said where they are gathered
            pass
    return None


def _small_item(ancdata: Any) -> tuple[int, int, Any] | None:
    """The one small control message there is, with NULL for data where there is none; else None."""
    if type(ancdata) is not list and type(ancdata) is not tuple:
        return None
    if not ancdata:
        return _NO_ITEM
    item = ancdata[0]
    if len(ancdata) == 1 and type(item) is tuple and len(item) == 3:
        level, kind, data = item
        plain = type(level) is int and type(kind) is int and type(data) is bytes
        if plain and 0 <= level <= INT_MAX and 0 <= kind <= INT_MAX and len(data) <= _SMALL_ITEM:
            return item
    return None


_NO_ITEM = (0, 0, _NULL)


def _new_kit() -> tuple[Any, Any, Any, Any, Any, Any]:
    out = ffi.new("struct cs_received *")
    control = ffi.new("char[]", _CONTROL_SIZE)
    head = lib.cs_cmsg_len(0)
    first = ffi.buffer(control + head, _CONTROL_SIZE - head)
    return out, ffi.cast("char *", out), ffi.buffer(out), control, first, ffi.new("long long[6]")


class MessageCalls(Descriptor):
    """sendmsg and its relatives as methods."""

    __slots__ = ()

    def sendmsg(
        self, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None, /
    ) -> int:
        """Send buffers as one message, with control messages: the number of bytes sent."""
        if type(flags) is not int or flags:
            flags = c_int(flags)
        sa, length = _NULL, 0
        if address is not None:
            sa, length = encode(address, self._kind[0], self._kind[2], self._fd, "sendmsg")
        audit("socket.sendmsg", self, address)
        if not flags:  # some, like MSG_ZEROCOPY, are about the buffers themselves
            data, item = _joined(buffers), _small_item(ancdata)
            if data is not None and item is not None:
                level, kind, control = item
                room = len(control) if control else 0
                size = len(data)
                sent: int = _sendmsg_one(
                    self._fd, data, size, level, kind, control, room, sa, length
                )
                if sent < 0:
                    rest = data, size, level, kind, control, room, sa, length
                    sent = self._again(sent, WRITE, _sendmsg_one, *rest)
                return sent
        return self._send_message(buffers, ancdata, flags, sa, length)

    def _send_message(self, buffers: Any, ancdata: Any, flags: int, sa: Any, length: int) -> int:
        iov, count, views = _gather(_as_list(buffers, "sendmsg"))
        try:
            control, size = build_control(ancdata)
            rest = iov, count, control, size, flags, sa, length
            sent: int = _sendmsg(self._fd, *rest)
            return sent if sent >= 0 else self._again(sent, WRITE, _sendmsg, *rest)
        finally:
            _release_all(views)

    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        """Receive one message: ``(data, control messages, flags, address)``."""
        size = bufsize if type(bufsize) is int else c_ssize(bufsize)
        space = ancbufsize if type(ancbufsize) is int else c_ssize(ancbufsize)
        if type(flags) is not int or flags:
            flags = c_int(flags)
        small = 0 <= size <= SCRATCH_SIZE and 0 <= space <= _CONTROL_SIZE
        if small and not flags & MSG_TRUNC:
            return self._receive_one(size, space, flags)
        size = c_ssize(size)
        if size < 0:
            raise ValueError("negative buffer size in recvmsg()")
        buf = allocate(size, flags)
        got, ancdata, flags, address = self._receive([buf], ancbufsize, flags, "recvmsg")
        # With MSG_TRUNC in the flags, Linux answers the length of a datagram that was longer.
        return _unpack(buf, min(got, size)), ancdata, flags, address

    def _receive_one(
        self, size: int, space: int, flags: int
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        """recvmsg() in pooled memory, with one C call for all but the unusual."""
        try:
            kit = _take_kit()
        except IndexError:
            kit = _new_kit()
        out, sa, name, control, first, facts = kit
        try:
            scratch = take_scratch()
        except IndexError:
            scratch = new_scratch()
        buf, view = scratch
        got: int = _recvmsg_one(self._fd, buf, size, control, space, flags, out, facts)
        if got < 0:
            rest = buf, size, control, space, flags, out, facts
            got = self._again(got, READ, _recvmsg_one, *rest)
        flags, length, items, level, kind, item_length = _unpack(facts, 6)
        if items == 1:
            ancdata = [(level, kind, first[:item_length])]
        else:
            ancdata = parse_control(control, out.control_length) if items else []
        # With MSG_TRUNC in the flags, Linux answers the length of a datagram that was longer.
        data: bytes = view[: min(got, size)]
        address = known_address(name[:length])  # decode(), without its frame
        if address is None:
            try:
                address = decode(sa, length, self._kind[2], self._fd)
            except BaseException:
                close_rights(ancdata)
                raise
        give_scratch(scratch)
        _give_kit(kit)
        return data, ancdata, flags, address

    def recvmsg_into(
        self, buffers: Any, ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[int, list[tuple[int, int, bytes]], int, Any]:
        """Receive one message into buffers: ``(bytes, control messages, flags, address)``."""
        views: list[Any] = []
        try:
            for buffer in _as_list(buffers, "recvmsg_into"):
                views.append(writable(buffer, "recvmsg_into() argument 1 items"))  # noqa: PERF401
            return self._receive(views, ancbufsize, flags, "recvmsg_into")
        finally:
            _release_all(views)

    def _receive(
        self, views: list[Any], ancbufsize: int, flags: int, where: str
    ) -> tuple[int, list[tuple[int, int, bytes]], int, Any]:
        control_size, flags = c_ssize(ancbufsize), c_int(flags)
        if not 0 <= control_size <= INT_MAX:
            raise ValueError(f"invalid ancillary data buffer length in {where}()")
        control = ffi.new("char[]", control_size) if control_size else _NULL
        iov, count = _iov(views), len(views)
        try:
            kit = _take_kit()
        except IndexError:
            kit = _new_kit()
        out, sa = kit[:2]
        got: int = _recvmsg(self._fd, iov, count, control, control_size, flags, out)
        if got < 0:
            got = self._again(got, READ, _recvmsg, iov, count, control, control_size, flags, out)
        ancdata = parse_control(control, out.control_length) if control_size else []
        try:
            address = decode(sa, out.peer.length, self._kind[2], self._fd)
        except BaseException:
            close_rights(ancdata)
            raise
        result = got, ancdata, out.flags, address
        _give_kit(kit)
        return result


def _uint32(number: int) -> bytes:
    return bytes(ffi.buffer(ffi.new("uint32_t *", number)))


# A method of the systems that have the family, and of no other.
if "AF_ALG" in CONSTANTS:
    _AF_ALG = CONSTANTS["AF_ALG"]
    _SOL_ALG = CONSTANTS["SOL_ALG"]
    _MISSING = object()

    def _sendmsg_afalg(
        self: MessageCalls,
        msg: Any = (),
        *,
        op: Any = _MISSING,
        iv: Any = None,
        assoclen: Any = _MISSING,
        flags: int = 0,
    ) -> int:
        """Send to the kernel's crypto API, with operation, IV and AEAD length set; AF_ALG."""
        if self._kind[0] != _AF_ALG:
            raise OSError("algset is only supported for AF_ALG")
        if op is _MISSING:
            raise TypeError("Invalid or missing argument 'op'")
        op = an_int(op)
        if not 0 <= op <= INT_MAX:
            raise TypeError("Invalid or missing argument 'op'")
        ancdata = [(_SOL_ALG, CONSTANTS["ALG_SET_OP"], _uint32(op))]
        if iv is not None:
            data = copied(iv)
            ancdata.append((_SOL_ALG, CONSTANTS["ALG_SET_IV"], _uint32(len(data)) + data))
        if assoclen is not _MISSING:
            assoclen = c_int(assoclen)
            if assoclen < 0:
                raise TypeError("assoclen must be positive")
            ancdata.append((_SOL_ALG, CONSTANTS["ALG_SET_AEAD_ASSOCLEN"], _uint32(assoclen)))
        return self._send_message(msg, ancdata, c_int(flags), _NULL, 0)

    _sendmsg_afalg.__name__ = "sendmsg_afalg"
    MessageCalls.sendmsg_afalg = _sendmsg_afalg  # type: ignore[attr-defined]
