"""Control messages of POSIX systems: what to switch on, what arrives, how to write what is sent.

Tables by constants' names: a system has the rows whose names it has. What the bytes mean is in
`cffisock.backends.control`.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final

from cffisock.backends import control as c
from cffisock.backends.table import beyond

# SO_TIMESTAMPING: the kernel's receive time, and the card's own where it keeps time.
_RX = 4 | 8 | 16 | 64
# And when a datagram was sent, with its number and without its data.
_TX = _RX | 1 | 2 | 128 | 2048

# Feature -> options to set, as (level, name, value). Rows that a system lacks are passed over; with
# two of a kind the later one wins.
OPTIONS: Final[dict[str, list[tuple[str | int, str, str | int]]]] = {
    "packet_info": [
        ("IPPROTO_IP", "IP_RECVIF", 1),
        ("IPPROTO_IP", "IP_RECVDSTADDR", 1),
        ("IPPROTO_IP", "IP_RECVPKTINFO", 1),
        ("IPPROTO_IP", "IP_PKTINFO", 1),
        ("IPPROTO_IPV6", "IPV6_RECVPKTINFO", 1),
    ],
    "hop_limit": [
        ("IPPROTO_IP", "IP_RECVTTL", 1),
        ("IPPROTO_IPV6", "IPV6_RECVHOPLIMIT", 1),
    ],
    "traffic_class": [
        ("IPPROTO_IP", "IP_RECVTOS", 1),
        ("IPPROTO_IPV6", "IPV6_RECVTCLASS", 1),
    ],
    "timestamp": [
        ("SOL_SOCKET", "SO_TIMESTAMP", 1),
        ("SOL_SOCKET", "SO_TIMESTAMPNS", 1),
        ("SOL_SOCKET", "SO_TS_CLOCK", "SO_TS_REALTIME"),  # FreeBSD: nanoseconds instead of micro
    ],
    "hardware_timestamp": [("SOL_SOCKET", "SO_TIMESTAMPING", _RX)],
    "transmit_timestamp": [("SOL_SOCKET", "SO_TIMESTAMPING", _TX)],
    "errors": [("IPPROTO_IP", "IP_RECVERR", 1), ("IPPROTO_IPV6", "IPV6_RECVERR", 1)],
    "original_destination": [
        ("IPPROTO_IP", "IP_RECVORIGDSTADDR", 1),
        ("IPPROTO_IPV6", "IPV6_RECVORIGDSTADDR", 1),
    ],
    "drops": [("SOL_SOCKET", "SO_RXQ_OVFL", 1)],
    "credentials": [
        ("SOL_SOCKET", "SO_PASSCRED", 1),
        # FreeBSD refuses the second after the first, whose message has a pid.
        (0, "LOCAL_CREDS_PERSISTENT", 1),
        (0, "LOCAL_CREDS", 1),
    ],
    "pidfd": [("SOL_SOCKET", "SO_PASSPIDFD", 1)],
    "segment_size": [("IPPROTO_UDP", "UDP_GRO", 1)],
}

# Options of several bits, of which each feature sets its own.
BITS: Final = frozenset({"SO_TIMESTAMPING"})

# What arrives. Types of which no system gives two meanings stand together, whoever sends them.
_RECEIVED: Final[list[c.Row]] = [
    ("IPPROTO_IP", "IP_PKTINFO", c.in_pktinfo),
    ("IPPROTO_IP", "IP_RECVDSTADDR", c.destination),
    ("IPPROTO_IP", "IP_RECVIF", c.link_interface),
    ("IPPROTO_IP", "IP_TTL", c.field("hop_limit")),  # Linux
    ("IPPROTO_IP", "IP_RECVTTL", c.field("hop_limit")),  # the others
    ("IPPROTO_IP", "IP_TOS", c.traffic_class),
    ("IPPROTO_IP", "IP_RECVTOS", c.traffic_class),
    ("IPPROTO_IP", "IP_RECVERR", c.extended_error),
    ("IPPROTO_IP", "IP_ORIGDSTADDR", c.original_destination),
    ("IPPROTO_IPV6", "IPV6_PKTINFO", c.in6_pktinfo),
    ("IPPROTO_IPV6", "IPV6_HOPLIMIT", c.field("hop_limit")),
    ("IPPROTO_IPV6", "IPV6_TCLASS", c.traffic_class),
    ("IPPROTO_IPV6", "IPV6_RECVERR", c.extended_error),
    ("IPPROTO_IPV6", "IPV6_ORIGDSTADDR", c.original_destination),
    ("IPPROTO_UDP", "UDP_GRO", c.field("segment_size")),
    ("SOL_SOCKET", "SCM_TIMESTAMP", c.timeval),
    ("SOL_SOCKET", "SCM_TIMESTAMPNS", c.timespec),
    ("SOL_SOCKET", "SCM_REALTIME", c.timespec),
    ("SOL_SOCKET", "SCM_TIMESTAMPING", c.timestamping),
    ("SOL_SOCKET", "SO_TIMESTAMP_NEW", c.timeval),
    ("SOL_SOCKET", "SO_TIMESTAMPNS_NEW", c.timespec),
    ("SOL_SOCKET", "SO_TIMESTAMPING_NEW", c.timestamping),
    ("SOL_SOCKET", "SO_RXQ_OVFL", c.field("drops")),
    ("SOL_SOCKET", "SCM_RIGHTS", c.rights),
    ("SOL_SOCKET", "SCM_CREDENTIALS", c.ucred),
    ("SOL_SOCKET", "SCM_CREDS", c.sockcred),
    ("SOL_SOCKET", "SCM_CREDS2", c.sockcred2),
    ("SOL_SOCKET", "SCM_PIDFD", c.pidfd),
]
# FreeBSD, known by its clock option, has another struct under NetBSD's name.
_FREEBSD: Final[list[c.Row]] = [("SOL_SOCKET", "SCM_CREDS", c.cmsgcred)]


def received(numbers: Mapping[str, int]) -> dict[tuple[int, int], c.Decoder]:
    """Decoders by level and type, for the system with these numbers."""
    return c.resolve(_RECEIVED + (_FREEBSD if "SO_TS_CLOCK" in numbers else []), numbers)


def write_source(n: Mapping[str, int], address: bytes, interface: int) -> c.Item:
    """The address, or the interface, that a datagram leaves from."""
    if len(address) == 16:
        return c.packed(n["IPPROTO_IPV6"], n["IPV6_PKTINFO"], "=16sI", address, interface)
    if "IP_SENDSRCADDR" in n:  # BSD: the address alone, and only on a socket bound to no address
        if interface:
            raise KeyError("IP_PKTINFO")
        return c.packed(n["IPPROTO_IP"], n["IP_SENDSRCADDR"], "4s", address)
    return c.packed(n["IPPROTO_IP"], n["IP_PKTINFO"], "=I4s4s", interface, address, bytes(4))


def write_hop_limit(n: Mapping[str, int], v6: bool, value: int) -> c.Item:
    """TTL or hop limit. Only Linux, known by its error queue, reads a TTL out of a message."""
    if v6:
        return c.packed(n["IPPROTO_IPV6"], n["IPV6_HOPLIMIT"], "=i", value)
    if "IP_RECVERR" not in n:
        raise KeyError("IP_TTL of one datagram")
    return c.packed(n["IPPROTO_IP"], n["IP_TTL"], "=i", value)


def write_traffic_class(n: Mapping[str, int], v6: bool, value: int) -> c.Item:
    """TOS or traffic class; FreeBSD, known by its clock option, takes a TOS of one byte only.

    Systems that tell no TOS take none.
    """
    if v6:
        return c.packed(n["IPPROTO_IPV6"], n["IPV6_TCLASS"], "=i", value)
    if "IP_RECVTOS" not in n:
        raise KeyError("IP_TOS of one datagram")
    layout = "=B" if "SO_TS_CLOCK" in n else "=i"
    return c.packed(n["IPPROTO_IP"], n["IP_TOS"], layout, value)


write_ecn = write_traffic_class


def write_segment_size(n: Mapping[str, int], value: int) -> c.Item:
    """Where the kernel cuts a long datagram into several; udp(7)."""
    return c.packed(n["IPPROTO_UDP"], n["UDP_SEGMENT"], "=H", value)


def write_credentials(n: Mapping[str, int], pid: int, uid: int, gid: int) -> c.Item:
    """``struct ucred``; the kernel checks it."""
    return c.packed(n["SOL_SOCKET"], n["SCM_CREDENTIALS"], "=iII", pid, uid, gid)


# Codes that mean "not by segmentation": from the option, from the route, from the card, at any time.
SEGMENTS_REFUSED: Final = frozenset({errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOPROTOOPT})
# This one segment size is more than the route carries; others may pass.
TOO_LONG: Final = errno.EMSGSIZE

# Options as (level, name, a value to try it with); and the message that says what was coalesced.
SEGMENT_OPTION: Final = ("IPPROTO_UDP", "UDP_SEGMENT", 1000)
COALESCED_MESSAGE: Final = ("IPPROTO_UDP", "UDP_GRO")
COALESCE_OPTION: Final = ("IPPROTO_UDP", "UDP_GRO", 1)
# Without a control message, what came is one datagram.
COALESCING_IS_REPORTED: Final = True

NUMBERS: Final = beyond()
