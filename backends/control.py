"""What the bytes of control messages mean. Pure functions; the rooms' tables say which type has which.

A decoder takes the data of one message and answers the fields it found. Where systems give one fact
in different sizes, the size tells which; data that fits no known layout raises ValueError.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from struct import calcsize, iter_unpack, pack, unpack, unpack_from
from struct import error as StructError  # noqa: N812 -- it is a class
from typing import Any, Callable, NamedTuple, Union

from cffisock._ffi import ffi, lib
from cffisock.backends.table import CONSTANTS

Fields = dict[str, Any]
Decoder = Callable[[bytes], Fields]
Item = tuple[int, int, bytes]
# Level, type: a constant's name, or its number where no header names it.
Row = tuple[Union[str, int], str, Decoder]

_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96, RFC 4291 section 2.5.5.2


class Credentials(NamedTuple):
    """Who sent a message, as the kernel vouches for it."""

    pid: int
    uid: int
    gid: int


class ExtendedError(NamedTuple):
    """An entry of the error queue: ``struct sock_extended_err`` of ip(7) and who reported it.

    `type` and `code` are ICMP's when `origin` is SO_EE_ORIGIN_ICMP or _ICMP6; `info` is the path MTU
    with EMSGSIZE. `offender` is the host that sent the ICMP message, None for a local error.
    """

    errno: int
    origin: int
    type: int
    code: int
    info: int
    data: int
    offender: Any


def resolve(rows: Iterable[Row], numbers: Mapping[str, int]) -> dict[tuple[int, int], Decoder]:
    """The rows whose constants a system has, by their numbers there."""
    table = {}
    for level, kind, decoder in rows:
        level = numbers.get(level, -1) if isinstance(level, str) else level
        if level != -1 and kind in numbers:
            table[level, numbers[kind]] = decoder
    return table


def host(address: bytes) -> str:
    """The text of a packed address; one mapped from IPv4 is the IPv4 address it stands for."""
    if len(address) == 16 and address.startswith(_MAPPED):
        address = address[12:]
    if len(address) == 4:
        return ".".join(map(str, address))
    out = ffi.new("char[46]")
    lib.inet_ntop(CONSTANTS["AF_INET6"], address, out, 46)
    return ffi.string(out).decode()


def _exactly(data: bytes, *layouts: str) -> tuple[Any, ...]:
    """Unpack by the first layout that fits, tail padding allowed for."""
    for layout in layouts:
        if len(data) == calcsize(layout):
            return unpack(layout, data)
    raise ValueError(f"no known layout has {len(data)} bytes")


def number(data: bytes) -> int:
    """An unsigned number of 1, 2, 4 or 8 bytes: an option's value, whose size differs by system."""
    if len(data) not in (1, 2, 4, 8):
        raise ValueError(f"no integer has {len(data)} bytes")
    return int.from_bytes(data, sys.byteorder)


def field(name: str) -> Decoder:
    """A decoder of a number that is the field `name`."""
    return lambda data: {name: number(data)}


def traffic_class(data: bytes) -> Fields:
    """IPv4's TOS or IPv6's traffic class; its last two bits are the ECN codepoint (RFC 3168)."""
    value = number(data) & 0xFF
    return {"traffic_class": value, "ecn": value & 3}


def destination(data: bytes) -> Fields:
    """BSD's IP_RECVDSTADDR: an address alone."""
    return {"destination": host(*_exactly(data, "4s"))}


def in_pktinfo(data: bytes) -> Fields:
    """``struct in_pktinfo``: Linux and macOS have the interface first, Windows and NetBSD last."""
    if len(data) == 12:
        interface, local, address = unpack("=I4s4s", data)
        return {"destination": host(address), "interface": interface, "local": host(local)}
    address, interface = _exactly(data, "=4sI")
    return {"destination": host(address), "interface": interface}


def in6_pktinfo(data: bytes) -> Fields:
    """``struct in6_pktinfo`` of RFC 3542."""
    address, interface = _exactly(data, "=16sI")
    return {"destination": host(address), "interface": interface}


def link_interface(data: bytes) -> Fields:
    """BSD's IP_RECVIF: a ``sockaddr_dl``, whose index comes after length and family."""
    return {"interface": unpack_from("=H", data.ljust(4, b"\0"), 2)[0]}


def _moment(data: bytes, per_second: int) -> int:
    """Nanoseconds of a timeval or timespec: 64-bit or 32-bit fields, or macOS' 64 and 32."""
    if len(data) == 16:
        # macOS and NetBSD have 32 bits and padding where others have 64; no fraction needs more than 32,
        # and on big-endian the 32 of others come after zeros.
        seconds, first, second = unpack("=qii", data)
        fraction = first if first or sys.byteorder == "little" else second
        return seconds * 10**9 + fraction * (10**9 // per_second)
    seconds, fraction = _exactly(data, "=ii", "=qi")
    return seconds * 10**9 + fraction * (10**9 // per_second)


def timeval(data: bytes) -> Fields:
    """SCM_TIMESTAMP: seconds and microseconds."""
    return {"timestamp_ns": _moment(data, 10**6)}


def timespec(data: bytes) -> Fields:
    """SCM_TIMESTAMPNS, FreeBSD's SCM_REALTIME: seconds and nanoseconds."""
    return {"timestamp_ns": _moment(data, 10**9)}


def timestamping(data: bytes) -> Fields:
    """SCM_TIMESTAMPING: three timespecs, of which the second is no longer used; 0 is "none"."""
    size, rest = divmod(len(data), 3)
    if rest or size not in (8, 16):
        raise ValueError(f"no three timespecs have {len(data)} bytes")
    software, hardware = _moment(data[:size], 10**9), _moment(data[2 * size :], 10**9)
    found = {"timestamp_ns": software, "hardware_timestamp_ns": hardware}
    return {name: value for name, value in found.items() if value}


def rights(data: bytes) -> Fields:
    """SCM_RIGHTS: descriptors, now ours."""
    whole = len(data) // 4 * 4
    return {"fds": tuple(fd for (fd,) in iter_unpack("=i", data[:whole]))}


def pidfd(data: bytes) -> Fields:
    """SCM_PIDFD: a descriptor of the sending process; the kernel's error when negative."""
    (fd,) = _exactly(data, "=i")
    return {"pidfd": fd} if fd >= 0 else {}


def ucred(data: bytes) -> Fields:
    """Linux' ``struct ucred``."""
    return {"credentials": Credentials(*_exactly(data, "=iII"))}


def cmsgcred(data: bytes) -> Fields:
    """FreeBSD's ``struct cmsgcred``, which the sender asks for; it has no effective group.

    The receiver's LOCAL_CREDS sends another struct under its name, without a process.
    """
    pid, _, user, group = _exactly(data, "=iIIIh2x64s")[:4]
    return {"credentials": Credentials(pid, user, group)}


def sockcred(data: bytes) -> Fields:
    """NetBSD's ``struct sockcred``: process; user and group, each real and effective; more groups."""
    if len(data) < 20:
        raise ValueError(f"no credentials have {len(data)} bytes")
    pid, _, user, _, group = unpack_from("=iIIII", data)
    return {"credentials": Credentials(pid, user, group)}


def sockcred2(data: bytes) -> Fields:
    """FreeBSD's ``struct sockcred2``: NetBSD's, after a version."""
    return sockcred(data[4:])


def extended_error(data: bytes) -> Fields:
    """``struct sock_extended_err``; what follows it is the offender's sockaddr, left as it is."""
    if len(data) < 16:
        raise ValueError(f"no extended error has {len(data)} bytes")
    code, origin, kind, detail, _, info, extra = unpack_from("=IBBBBII", data)
    return {"error": ExtendedError(code, origin, kind, detail, info, extra, data[16:])}


def original_destination(data: bytes) -> Fields:
    """IP_RECVORIGDSTADDR: the sockaddr a datagram was sent to before it was redirected."""
    return {"original_destination": data}


def packed(level: int, kind: int, layout: str, *values: Any) -> Item:
    """One control message to send; TypeError or OverflowError where a value does not fit into it."""
    try:
        return level, kind, pack(layout, *values)
    except StructError as refused:
        wrong = any(
            not isinstance(value, bytes) and not hasattr(value, "__index__") for value in values
        )
        error = TypeError if wrong else OverflowError
        raise error(f"no control message holds {values}: {refused}") from None
