"""AF_CAN, by the socket's protocol: the interface, and what the protocol adds to it.

CAN_RAW and CAN_BCM ``(interface,)``; CAN_ISOTP ``(interface, rx_id, tx_id)``;
CAN_J1939 ``(interface, name, pgn, addr)``. The interface '' is all of them.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from cffisock._ffi import ffi
from cffisock.backends.ints import wrap8, wrap32, wrap64

from ._common import (
    IFNAMSIZ,
    Codec,
    by_proto,
    fs_name,
    interface_index,
    interface_name,
    need_size,
    need_tuple,
    new,
)


class _Form(NamedTuple):
    """One protocol's share of the address, as a member of the union."""

    member: str
    fields: dict[str, Callable[[Any], int]]
    shape: str


def _can_id(value: Any) -> int:
    """CPython reads a C long, and keeps the 32 bits that an id has: only the first can warn."""
    return (wrap64 if ffi.sizeof("long") == 8 else wrap32)(value) & 0xFFFFFFFF


_PLAIN = _Form("", {}, "(interface, )")
_ISOTP = _Form("tp", {"rx_id": _can_id, "tx_id": _can_id}, "(interface, rx_id, tx_id)")
_J1939 = _Form(
    "j1939", {"name": wrap64, "pgn": wrap32, "addr": wrap8}, "(interface, name, pgn, addr)"
)
_FORMS: dict[int, _Form] = by_proto(
    {"CAN_RAW": _PLAIN, "CAN_BCM": _PLAIN, "CAN_ISOTP": _ISOTP, "CAN_J1939": _J1939}
)


def _interface(fd: int, name: Any) -> int:
    raw = fs_name(name)
    if len(raw) >= IFNAMSIZ:
        raise OSError("AF_CAN interface name too long")
    return interface_index(fd, raw) if raw else 0


def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    form = _FORMS.get(proto)
    if form is None:
        raise OSError(f"{where}(): unsupported CAN protocol")
    parts = need_tuple(addr, "AF_CAN", f"{where}()")
    size = 1 + len(form.fields)
    need_size(parts, size, size, f"AF_CAN address must be a tuple {form.shape}")
    numbers = zip(form.fields.items(), parts[1:])
    member = {name: convert(number) for (name, convert), number in numbers}
    fields: dict[str, Any] = {"can_ifindex": _interface(fd, parts[0])}
    if member:
        fields["can_addr"] = {form.member: member}
    return new("struct cs_sockaddr_can", "AF_CAN", fields)


def decode(sa: Any, length: int, proto: int, fd: int) -> tuple[Any, ...]:
    can = ffi.cast("struct cs_sockaddr_can *", sa)
    form = _FORMS.get(proto, _PLAIN)
    member = getattr(can.can_addr, form.member) if form.member else None
    return interface_name(fd, can.can_ifindex), *(getattr(member, name) for name in form.fields)


CODEC = Codec(encode, decode)
