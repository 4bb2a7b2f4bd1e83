"""Segmentation offload: one long buffer through the stack once, cut into datagrams at its end.

The kernel, the route or the card may refuse at any time, also in the middle of a long life: then the
same data goes as plain datagrams, and the socket is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakSet

from cffisock._backend import ffi, lib
from cffisock._buffers import readable, release
from cffisock._descriptor import Descriptor
from cffisock._message import build_control
from cffisock.ancillary import _room, enable, space
from cffisock.datagram._batch import Batch, not_ours
from cffisock.datagram._rows import TRANSIENT, Account, new_outbox, send_rows

_send_batch = lib.cs_send_batch
_NUMBERS = _room.NUMBERS
_REFUSED = _room.SEGMENTS_REFUSED | {_room.TOO_LONG}

MAX_SEGMENTS = 64  # UDP_MAX_SEGMENTS of every kernel that has the option; newer ones take more
MAX_PAYLOAD = 65507  # of an IPv4 datagram
COALESCED_SIZE = 65535

_plain: WeakSet[Any] = WeakSet()


class Capabilities(NamedTuple):
    """What the system does for a socket; the functions work without, by plain calls.

    `batches`: one system call takes many datagrams. `segmentation`, `coalescing`: of UDP.
    """

    batches: bool
    segmentation: bool
    coalescing: bool
    max_segments: int


def capabilities(sock: Any) -> Capabilities:
    """Find out on a socket like `sock`, which itself is left alone, but remembers its refusals."""
    segments = sock not in _plain and _segments(sock.family, sock.type, sock.proto)
    return Capabilities(
        batches=bool(lib.cs_batch_native()),
        segmentation=segments,
        coalescing=_accepts(sock.family, sock.type, sock.proto, _room.COALESCE_OPTION),
        max_segments=MAX_SEGMENTS if segments else 1,
    )


@lru_cache(maxsize=64)
def _segments(family: int, type: int, proto: int) -> bool:
    """Must be asked before the first use: systems ignore messages of options they do not know, and
    would send one long datagram."""
    return _accepts(family, type, proto, _room.SEGMENT_OPTION)


def _accepts(family: int, type: int, proto: int, option: tuple[str, str, int]) -> bool:
    """Whether a socket of this kind takes an option, tried on one made for it."""
    level, name, value = option
    if name not in _NUMBERS:
        return False
    scratch = lib.cs_socket(family, type, proto, -1)
    if scratch < 0:
        return False
    try:
        return not lib.cs_setsockopt_int(scratch, _NUMBERS[level], _NUMBERS[name], value)
    finally:
        lib.cs_close(scratch)


def enable_coalescing(sock: Any, batch: Batch) -> bool:
    """Let the kernel join datagrams of one flow; read them with ``batch.segments(i)``; UDP_GRO.

    `batch` is what they will be received into. ValueError when a joined buffer would not fit it:
    the tail would be lost. False when this system has no such thing.
    """
    if batch.size < COALESCED_SIZE or batch.control_size < space():
        raise ValueError(
            f"coalescing needs Batch(size={COALESCED_SIZE}, control_size=ancillary.space()) or more"
        )
    return "segment_size" in enable(sock, "segment_size")


def send_segmented(
    sock: Any, data: Any, segment_size: int, address: Any = None, flags: int = 0, ancdata: Any = ()
) -> int:
    """Send `data` as datagrams of `segment_size` bytes, the last maybe shorter; UDP_SEGMENT.

    Returns the number of bytes that went, short only as `send_batch` is; `ancdata` goes with each
    datagram. BatchError counts datagrams, not bytes.
    """
    if not isinstance(sock, Descriptor):
        raise not_ours(sock)
    if not 0 < segment_size <= MAX_PAYLOAD:
        raise ValueError(f"segment_size must be 1-{MAX_PAYLOAD}")
    account = Account(sock, flags)
    # Bytes as they are: PyPy would copy them to have an address that stays.
    view = data if type(data) is bytes else readable(data)
    total = len(view)
    try:
        items = list(ancdata)
        plain = _PlainSegments(account, view, segment_size, address, flags, items)
        if joinable(sock, segment_size) and total > segment_size:
            send_joined(account, view, segment_size, address, flags, plain, items)
        else:
            plain()
    finally:
        if view is not data:
            release(view)
    return min(account.close() * segment_size, total)


class _PlainSegments:
    """What is left of a send_segmented() as a batch of datagrams."""

    def __init__(
        self, account: Account, data: Any, size: int, address: Any, flags: int, ancdata: list[Any]
    ) -> None:
        self.account = account
        self.data = data
        self.size = size
        self.address = address
        self.flags = flags
        self.ancdata = ancdata

    def __call__(self) -> bool:
        account, size, total = self.account, self.size, len(self.data)
        whole = self.data if type(self.data) is bytes else ffi.buffer(self.data)
        # An empty payload is a datagram as well.
        starts = range(account.done * size, total, size) if total else (0,)
        rows: list[Any] = [whole[at : at + size] for at in starts]
        if self.ancdata:
            rows = [(row, self.address, self.ancdata) for row in rows]
        return send_rows(account, rows, self.address, self.flags)


def _control(segment_size: int, ancdata: Sequence[Any]) -> tuple[Any, int]:
    """A control buffer that asks for segments."""
    item = _room.write_segment_size(_NUMBERS, segment_size)
    return build_control([item, *ancdata], "send_segmented")


@lru_cache(maxsize=64)
def _control_alone(segment_size: int) -> tuple[Any, int]:
    """The same without more; nobody writes into it, so calls may share it."""
    return _control(segment_size, ())


def send_joined(
    account: Account,
    data: Any,
    size: int,
    address: Any,
    flags: int,
    plain: Callable[[], bool],
    ancdata: Sequence[Any] = (),
) -> bool:
    """Send `data` in pieces of many segments; `plain()` sends what is left when one is refused.

    False when the time was over first.
    """
    out, _alive = new_outbox(account.sock, address)
    control, out.control_length = _control(size, ancdata) if ancdata else _control_alone(size)
    out.control = control
    total, per_piece = len(data), min(MAX_SEGMENTS, MAX_PAYLOAD // size)
    whole, rest = divmod(total, size * per_piece)
    # A rest of one segment is no case for the option: some kernels answer EIO.
    pieces = [size * per_piece] * whole + ([rest] if rest > size else [])
    code = _send_pieces(account, data, pieces, per_piece, size, flags, out)
    if code is None:
        return False
    if not code:
        return account.done * size >= total or plain()
    before = account.sent
    finished = plain()
    # When plain datagrams fail too, the option was not to blame.
    if code in _room.SEGMENTS_REFUSED and account.sent > before:
        _remember(account.sock)
    return finished


def _send_pieces(
    account: Account, data: Any, pieces: list[int], per_piece: int, size: int, flags: int, out: Any
) -> int | None:
    """0 when all pieces went, None when time was over, the code of what stopped one."""
    sock, base = account.sock, account.done
    lengths = ffi.new("int[]", pieces)
    count, piece = len(pieces), 0
    while piece < count:
        sent = _send_batch(sock._fd, data, lengths, piece, count, flags, out)
        if sent > 0:
            piece += sent
            account.done = base + min(piece * per_piece, -(-sum(pieces) // size))
        elif -sent in _REFUSED:
            return -sent
        elif -sent not in TRANSIENT:
            # An error that the socket was keeping, maybe: it costs one datagram, as it would alone.
            account.refuse(-sent)
            return -sent
        elif not account.pause(-sent):
            return None
    return 0


def _remember(sock: Any) -> None:
    try:
        _plain.add(sock)
    except TypeError:  # the base class knows no weak references: it will be asked again
        pass


def joinable(sock: Descriptor, size: int) -> bool:
    """Whether more than one datagram of this size fits one call, and this socket allows it."""
    if 2 * size > MAX_PAYLOAD or sock in _plain:
        return False
    return _segments(sock._family, sock._type, sock._proto)
