"""Storage for many datagrams, filled by one call and read as far as the program cares to.

One block of memory and one array per kind of fact, shared with the shim: receiving makes no Python
object per datagram. Bytes, addresses and control messages are made when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from struct import Struct
from typing import Any

from cffisock._address import _unpacked as _known_addresses
from cffisock._address import decode
from cffisock._backend import ffi, lib
from cffisock._buffers import MSG_TRUNC, allocate
from cffisock._descriptor import READ, Descriptor
from cffisock.ancillary import _NUMBERS, Info, _room, parse, walk
from cffisock.backends.table import CONSTANTS
from cffisock.datagram._boundaries import boundaries

_buffer = ffi.buffer
_unpack = ffi.unpack
_recv_batch = lib.cs_recv_batch
_STORAGE = ffi.sizeof("struct sockaddr_storage")
_PAGE = 4096
_PEEK = CONSTANTS["MSG_PEEK"]
_CTRUNC = CONSTANTS["MSG_CTRUNC"]
_SEGMENT_MESSAGE = [_NUMBERS.get(name, -1) for name in _room.COALESCED_MESSAGE]
# Facts of which there is one for each row; the first is read most.
_ARRAYS = ("lengths", "peer_lengths", "control_lengths", "flags", "segment_sizes")
# The only family whose datagrams carry descriptors, which must not leak into a child that another
# thread starts. Some others (AF_PACKET) refuse the flag.
_AF_UNIX = CONSTANTS.get("AF_UNIX")
_CLOSE_ON_EXEC = CONSTANTS.get("MSG_CMSG_CLOEXEC", 0)


class Batch:
    """Reusable room for `capacity` datagrams of at most `size` bytes each.

    `control_size` is the room for control messages of each, `ancillary.space()` for all of them. A
    longer datagram is cut and has MSG_TRUNC in its flags. Without `addresses`, which costs the kernel
    some time, each is None: right for a connected socket, whose peer is known. Receiving into a batch replaces what it
    holds; one batch serves one receiver at a time. Iterating gives ``(bytes, address)`` pairs.
    """

    def __init__(
        self, capacity: int = 32, size: int = 2048, control_size: int = 0, addresses: bool = True
    ) -> None:
        self._unclaimed: dict[int, Info] = {}
        if capacity < 1 or size < 1 or control_size < 0:
            raise ValueError("a batch holds at least one datagram of at least one byte")
        self._capacity = capacity
        self._size = size
        # Headers are read where they lie, so each row of control messages begins aligned.
        self._control_size = -(-control_size // 16) * 16
        self._memory, offset = _aligned(capacity * size)
        self._control = ffi.new("char[]", capacity * self._control_size or 1)
        self._peers = ffi.new("struct sockaddr_storage[]", capacity)
        self._arrays = ffi.new("int[]", len(_ARRAYS) * capacity)
        self._data = _buffer(self._memory + offset, capacity * size)
        # A pointer into memory does not keep it, a view of the whole does: for `view`, which may be kept.
        self._view = memoryview(_buffer(self._memory))[offset:]
        self._starts = range(0, capacity * size, size)
        self._inbox = self._make_inbox(addresses)
        self._count = 0
        self._lengths_read: list[int] | None = []
        self._addresses: list[Any] | None = None
        self._infos: dict[int, Info] = {}
        self._proto = 0

    def _make_inbox(self, addresses: bool) -> Any:
        inbox = ffi.new("struct cs_inbox *")
        inbox.data, inbox.size = ffi.from_buffer(self._data), self._size
        inbox.control, inbox.control_size = self._control, self._control_size
        inbox.peers = self._peers if addresses else ffi.NULL
        inbox.segment_level, inbox.segment_type = _SEGMENT_MESSAGE
        for row, name in enumerate(_ARRAYS):
            setattr(inbox, name, self._arrays + row * self._capacity)
        return inbox

    # The shim writes by these numbers, so they stay as they are.

    @property
    def capacity(self) -> int:
        """How many datagrams it has room for."""
        return self._capacity

    @property
    def size(self) -> int:
        """Bytes of room for each."""
        return self._size

    @property
    def control_size(self) -> int:
        """Bytes of room for the control messages of each."""
        return self._control_size

    def __del__(self) -> None:
        self._close_unclaimed()

    def _fill(self, count: int, sock: Descriptor) -> int:
        """Take note of `count` rows that the shim has written; what was there before is gone."""
        self._proto = sock._proto
        self._count = count
        self._lengths_read = self._addresses = None
        if self._control_size:
            self._infos = {}
            self._close_unclaimed()
            if sock._family == _AF_UNIX:
                self._unclaimed = {row: self._parse(row) for row in range(count)}
        return count

    def _close_unclaimed(self) -> None:
        """Close descriptors that came with datagrams whose `ancillary` nobody asked for."""
        for info in self._unclaimed.values():
            for fd in (*info.fds, info.pidfd):
                if fd is not None:
                    lib.cs_close(fd)
        self._unclaimed = {}

    # -- one datagram ----------------------------------------------------------------------

    def __len__(self) -> int:
        return self._count

    @property
    def _lengths(self) -> list[int]:
        if self._lengths_read is None:
            self._lengths_read = _unpack(self._arrays, self._count)
        return self._lengths_read

    def _row(self, index: int) -> int:
        count = self._count
        row = index + count if index < 0 else index
        if not 0 <= row < count:
            raise IndexError("batch index out of range")
        return row

    def data(self, index: int) -> bytes:
        """The bytes of one datagram."""
        row = self._row(index)
        start = self._starts[row]
        return self._data[start : start + self._lengths[row]]

    def length(self, index: int) -> int:
        """How many bytes of it came."""
        return self._inbox.lengths[self._row(index)]

    def view(self, index: int) -> memoryview:
        """One datagram where it lies, without a copy; good until the next receive."""
        row = self._row(index)
        start = self._starts[row]
        return self._view[start : start + self._lengths[row]]

    def address(self, index: int) -> Any:
        """The sender's address; None when there is none."""
        return self.addresses()[self._row(index)]

    def flags(self, index: int) -> int:
        """What the kernel says of it: MSG_TRUNC, MSG_CTRUNC, MSG_ERRQUEUE, ..."""
        return self._inbox.flags[self._row(index)]

    def ancillary(self, index: int) -> Info:
        """Its control messages. Passed descriptors are the caller's from now on."""
        row = self._row(index)
        if row not in self._infos:
            claimed = self._unclaimed.pop(row, None)
            self._infos[row] = self._parse(row) if claimed is None else claimed
        return self._infos[row]

    def _parse(self, row: int) -> Info:
        control = self._control + row * self._control_size
        items = walk(control, self._inbox.control_lengths[row])
        return parse(items, self._inbox.flags[row])

    def segment_size(self, index: int) -> int:
        """Bytes of each datagram that the kernel coalesced into this one, the last maybe shorter.

        Its own length when it came alone; BoundariesUnknown when the kernel does not say. Use after
        `enable_coalescing`, with `view` to read in place or `segments` for bytes.
        """
        row = self._row(index)
        inbox = self._inbox
        size: int = inbox.segment_sizes[row]
        return size or boundaries(inbox.lengths[row], size, inbox.flags[row] & _CTRUNC)

    def segments(self, index: int) -> list[bytes]:
        """The datagrams that the kernel coalesced into this one, one by one; see `segment_size`."""
        row = self._row(index)
        size = self.segment_size(row)
        whole, rest = divmod(self._inbox.lengths[row], size)
        cut = _cutter(size, 0, whole, rest).unpack_from(self._data, self._starts[row])
        return list(cut) or [b""]

    # -- all of them -----------------------------------------------------------------------

    def payloads(self) -> list[bytes]:
        """The bytes of every datagram."""
        data, count = self._data, self._count
        if count and self._inbox.same_length:
            length = self._inbox.lengths[0]
            return list(_cutter(length, self._size - length, count, 0).unpack_from(data))
        return [data[at : at + length] for at, length in zip(self._starts, self._lengths)]

    def addresses(self) -> list[Any]:
        """The sender's address of every datagram, decoded once a batch."""
        if self._addresses is None:
            self._addresses = self._decode_addresses()
        return self._addresses

    def _decode_addresses(self) -> list[Any]:
        count, peers = self._count, self._peers
        if count and self._inbox.same_peer:
            sa = ffi.cast("char *", peers)
            return [decode(sa, self._inbox.peer_lengths[0], self._proto, -1)] * count
        raw = _buffer(peers)
        found = []
        for row, length in enumerate(_unpack(self._inbox.peer_lengths, count)):
            start = row * _STORAGE
            try:
                found.append(_known_addresses[raw[start : start + length]])
            except KeyError:
                found.append(decode(ffi.cast("char *", peers + row), length, self._proto, -1))
        return found

    def __iter__(self) -> Iterator[tuple[bytes, Any]]:
        return zip(self.payloads(), self.addresses())


def _aligned(size: int) -> tuple[Any, int]:
    """Memory, and where a page begins in it. Kernels copy long datagrams from the beginning of a page,
    and some processors take five times as long to where a page began a few bytes before."""
    memory = allocate(size + _PAGE)
    return memory, -int(ffi.cast("uintptr_t", memory)) % _PAGE


@lru_cache(maxsize=256)
def _cutter(length: int, gap: int, count: int, rest: int) -> Struct:
    """What cuts `count` rows of one length, each `gap` bytes apart, and a rest, at C's speed."""
    return Struct(f"{length}s{gap}x" * count + (f"{rest}s" if rest else ""))


def recv_batch(sock: Any, batch: Batch, flags: int = 0) -> int:
    """Receive as many datagrams as are there, at most ``batch.capacity``; recvmmsg(2).

    Waits for the first one as the socket's time-out says, never for more; returns how many came.
    With MSG_PEEK it is one, since peeking again would see the same. MSG_TRUNC changes nothing:
    `length` is what came.
    """
    if not isinstance(sock, Descriptor):
        raise not_ours(sock)
    try:
        inbox = batch._inbox
    except AttributeError:
        kind = type(batch).__name__
        raise TypeError(f"a cffisock.datagram.Batch is required, not {kind!r}") from None
    # Kernels would tell lengths of which they wrote less, TCP would write nothing: the rest of a row
    # is what an earlier call left there.
    flags &= ~MSG_TRUNC
    if sock._family == _AF_UNIX:
        flags |= _CLOSE_ON_EXEC
    count = 1 if flags & _PEEK else batch._capacity
    got = _recv_batch(sock._fd, inbox, count, flags)
    if got < 0:
        got = sock._again(got, READ, _recv_batch, inbox, count, flags)
    return batch._fill(got, sock)


def not_ours(sock: Any) -> TypeError:
    """What to say to a socket of another library, whose time-out and descriptor we do not hold."""
    return TypeError(
        f"a cffisock socket is required, not {type(sock).__module__}.{type(sock).__name__}; "
        "cffisock.socket(fileno=sock.detach()) makes one of it"
    )
