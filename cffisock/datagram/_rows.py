"""Rows of datagrams for the shim, and the account of what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from sys import audit
from typing import Any

from cffisock._address import encode
from cffisock._backend import ffi, lib, room
from cffisock._descriptor import WRITE, Descriptor
from cffisock._message import build_control
from cffisock.ancillary import _NUMBERS
from cffisock.backends.errors import timeout as TimeoutExpired  # noqa: N812 -- its name shadows

_send_batch = lib.cs_send_batch
_NULL = ffi.NULL
_ZEROCOPY = _NUMBERS.get("MSG_ZEROCOPY", 0)
_BYTES = {bytes}
TRANSIENT = frozenset({room.INTERRUPTED, *room.WOULD_BLOCK})
# Rows that are laid out at a time: enough to make Python's part cheap, few enough to copy.
CHUNK = 256


class BatchError(OSError):
    """Some datagrams were refused; every other one was tried all the same.

    `errors` maps the index of an item to its OSError, `sent` counts the items that went. Items from
    index `done` on were not tried, because the socket's time-out was over or it does not wait.
    """

    def __init__(self, errors: dict[int, OSError], done: int) -> None:
        first = min(errors)
        super().__init__(
            errors[first].errno,
            f"{len(errors)} of {done} datagrams not sent, first item {first}: "
            f"{errors[first].strerror}",
        )
        self.errors = errors
        self.done = done
        self.sent = done - len(errors)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errors, self.done)


class Account:
    """What became of the items so far, within one deadline for all of them."""

    __slots__ = ("deadline", "done", "errors", "sock")

    def __init__(self, sock: Descriptor, flags: int) -> None:
        if flags & _ZEROCOPY:
            raise ValueError(
                "MSG_ZEROCOPY sends from memory that stays, and this copies: use sendmsg()"
            )
        self.sock = sock
        self.deadline = sock._deadline()
        self.done = 0
        self.errors: dict[int, OSError] = {}

    @property
    def sent(self) -> int:
        """Items that went."""
        return self.done - len(self.errors)

    def refuse(self, code: int) -> None:
        """The next item failed; a descriptor that is gone fails all that follow."""
        error = room.error(code)
        if code in room.INVALID_ADDRESS:
            raise error
        self.errors[self.done] = error
        self.done += 1

    def pause(self, code: int) -> bool:
        """Wait until it is worth another try; False when time is over but something was done."""
        try:
            self.sock._pause(code, WRITE, self.deadline)
        except (BlockingIOError, TimeoutExpired):
            if not self.done:
                raise
            return False
        return True

    def close(self) -> int:
        """How many items went, or the error that names those which were refused."""
        if self.errors:
            raise BatchError(self.errors, self.done)
        return self.done


def send_rows(account: Account, rows: Sequence[Any], address: Any, flags: int) -> bool:
    """Send rows as plain datagrams; False when the time was over first."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK] if len(rows) > CHUNK else rows
        if not _send_chunk(account, *_lay_out(account.sock, chunk, address), flags):
            return False
    return True


def _send_chunk(account: Account, data: Sequence[bytes], out: Any, _alive: Any, flags: int) -> bool:
    sock, base, count = account.sock, account.done, len(data)
    joined = b"".join(data)
    lengths = ffi.new("int[]", list(map(len, data)))
    while account.done < base + count:
        sent = _send_batch(sock._fd, joined, lengths, account.done - base, count, flags, out)
        if sent >= 0:
            account.done += sent  # when short, the next call learns why
        elif -sent not in TRANSIENT:
            account.refuse(-sent)
        elif not account.pause(-sent):
            return False
    return True


def new_outbox(sock: Descriptor, address: Any) -> tuple[Any, Any]:
    """A ``struct cs_outbox *`` for one peer, and what must live as long as it is used."""
    out = ffi.new("struct cs_outbox *")
    sa, out.peer_length = _encode(sock, address)
    out.peer = sa
    return out, sa


def _encode(sock: Descriptor, address: Any) -> tuple[Any, int]:
    audit("socket.sendmsg", sock, address)
    if address is None:
        return _NULL, 0
    return encode(address, sock._family, sock._proto, sock._fd, "send_batch")


def _lay_out(
    sock: Descriptor, rows: Sequence[Any], address: Any
) -> tuple[Sequence[bytes], Any, Any]:
    """The data of each row, the outbox for the rest, and what it points into."""
    kinds = set(map(type, rows))
    if tuple not in kinds:
        return as_bytes(rows, kinds), *new_outbox(sock, address)
    if kinds == {tuple} and set(map(len, rows)) == {2}:
        data, addresses = zip(*rows)
        addresses = filled(addresses, address)
        if addresses.count(addresses[0]) == len(addresses):
            return as_bytes(data, set(map(type, data))), *new_outbox(sock, addresses[0])
        ancillary: list[Any] = []
    else:
        parts = [_parts(row, address) for row in rows]
        data, addresses = tuple(p[0] for p in parts), tuple(p[1] for p in parts)
        ancillary = [p[2] for p in parts]
    out = ffi.new("struct cs_outbox *")
    peers = _encode_all(sock, addresses)
    alive = [peers, _point(out, "peers", "peer_lengths", peers)]
    if any(ancillary):
        controls = [build_control(a, "send_batch") if a else (_NULL, 0) for a in ancillary]
        alive += [controls, _point(out, "controls", "control_lengths", controls)]
    return as_bytes(data, set(map(type, data))), out, alive


def as_bytes(data: Sequence[Any], kinds: set[type]) -> Sequence[bytes]:
    """Data that nobody can change while its lengths are taken."""
    return data if kinds == _BYTES else [bytes(memoryview(row)) for row in data]


def _parts(row: Any, address: Any) -> tuple[Any, Any, Any]:
    """``(data, address, ancdata)`` of a row in any of its forms."""
    if not isinstance(row, tuple):
        return row, address, ()
    if len(row) not in (2, 3):
        raise TypeError("a datagram is data, (data, address) or (data, address, ancdata)")
    return row[0], filled(row[1:2], address)[0], row[2] if len(row) == 3 else ()


def filled(addresses: tuple[Any, ...], default: Any) -> tuple[Any, ...]:
    """The addresses, with the default in the place of None."""
    if default is None:
        return addresses
    return tuple([default if address is None else address for address in addresses])


def _encode_all(sock: Descriptor, addresses: Sequence[Any]) -> list[tuple[Any, int]]:
    """Encode each address once, however many rows go there."""
    try:
        known = {address: _encode(sock, address) for address in set(addresses)}
    except TypeError:  # one that cannot be hashed, a bytearray of AF_UNIX; or a wrong one
        return [_encode(sock, address) for address in addresses]
    return list(map(known.__getitem__, addresses))


def _point(out: Any, pointers: str, lengths: str, rows: list[tuple[Any, int]]) -> list[Any]:
    """Set two arrays of `out`; return them, which must live as long as it is used."""
    arrays = [ffi.new("void *[]", [p for p, _ in rows]), ffi.new("int[]", [n for _, n in rows])]
    setattr(out, pointers, ffi.cast("void *", arrays[0]))
    setattr(out, lengths, arrays[1])
    return arrays
