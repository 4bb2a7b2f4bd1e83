"""Control messages of Winsock: what to switch on, what arrives, how to write what is sent.

Tables by constants' names; what the bytes mean is in `cffisock.backends.control`. The names are those
that the POSIX room's module has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cffisock.backends import control as c
from cffisock.backends.table import beyond

# One datagram with everything before it; the kernel never coalesces more.
LARGEST = 65535

OPTIONS: Final[dict[str, list[tuple[str | int, str, str | int]]]] = {
    "packet_info": [("IPPROTO_IP", "IP_PKTINFO", 1), ("IPPROTO_IPV6", "IPV6_PKTINFO", 1)],
    "hop_limit": [("IPPROTO_IP", "IP_RECVTTL", 1), ("IPPROTO_IPV6", "IPV6_HOPLIMIT", 1)],
    "traffic_class": [("IPPROTO_IP", "IP_RECVTOS", 1), ("IPPROTO_IPV6", "IPV6_RECVTCLASS", 1)],
    "ecn": [("IPPROTO_IP", "IP_RECVECN", 1), ("IPPROTO_IPV6", "IPV6_RECVECN", 1)],
    "segment_size": [("IPPROTO_UDP", "UDP_RECV_MAX_COALESCED_SIZE", LARGEST)],
}

# Options of several bits, of which each feature sets its own.
BITS: Final[frozenset[str]] = frozenset()


def ecn(data: bytes) -> c.Fields:
    """IP_ECN: the codepoint alone, without the rest of the traffic class."""
    return {"ecn": c.number(data) & 3}


_RECEIVED: Final[list[c.Row]] = [
    ("IPPROTO_IP", "IP_PKTINFO", c.in_pktinfo),
    ("IPPROTO_IP", "IP_TTL", c.field("hop_limit")),
    ("IPPROTO_IP", "IP_RECVTTL", c.field("hop_limit")),
    ("IPPROTO_IP", "IP_TOS", c.traffic_class),
    ("IPPROTO_IP", "IP_RECVTOS", c.traffic_class),
    ("IPPROTO_IP", "IP_ECN", ecn),
    ("IPPROTO_IPV6", "IPV6_PKTINFO", c.in6_pktinfo),
    ("IPPROTO_IPV6", "IPV6_HOPLIMIT", c.field("hop_limit")),
    ("IPPROTO_IPV6", "IPV6_TCLASS", c.traffic_class),
    ("IPPROTO_IPV6", "IPV6_ECN", ecn),
    ("IPPROTO_UDP", "UDP_COALESCED_INFO", c.field("segment_size")),
]


def received(numbers: Mapping[str, int]) -> dict[tuple[int, int], c.Decoder]:
    """Decoders by level and type, for the system with these numbers."""
    return c.resolve(_RECEIVED, numbers)


def write_source(n: Mapping[str, int], address: bytes, interface: int) -> c.Item:
    """The address, or the interface, that a datagram leaves from."""
    if len(address) == 16:
        return c.packed(n["IPPROTO_IPV6"], n["IPV6_PKTINFO"], "=16sI", address, interface)
    return c.packed(n["IPPROTO_IP"], n["IP_PKTINFO"], "=4sI", address, interface)


def write_hop_limit(n: Mapping[str, int], v6: bool, value: int) -> c.Item:
    """No such message is documented for sending, and one that is not known is ignored."""
    raise KeyError("IP_TTL")


def write_traffic_class(n: Mapping[str, int], v6: bool, value: int) -> c.Item:
    """Windows lets no program choose it, but for its last two bits: see `write_ecn`."""
    raise KeyError("IP_TOS")


def write_ecn(n: Mapping[str, int], v6: bool, value: int) -> c.Item:
    """The ECN codepoint."""
    if v6:
        return c.packed(n["IPPROTO_IPV6"], n["IPV6_ECN"], "=i", value)
    return c.packed(n["IPPROTO_IP"], n["IP_ECN"], "=i", value)


def write_segment_size(n: Mapping[str, int], value: int) -> c.Item:
    """Where the kernel cuts a long datagram into several."""
    return c.packed(n["IPPROTO_UDP"], n["UDP_SEND_MSG_SIZE"], "=I", value)


def write_credentials(n: Mapping[str, int], pid: int, uid: int, gid: int) -> c.Item:
    """Winsock has none."""
    raise KeyError("SCM_CREDENTIALS")


# Codes that mean "not by segmentation": WSAEINVAL, WSAENOPROTOOPT, WSAEOPNOTSUPP.
SEGMENTS_REFUSED: Final = frozenset({10022, 10042, 10045})
# This one segment size is more than the route carries: WSAEMSGSIZE.
TOO_LONG: Final = 10040

# Options as (level, name, a value to try it with); and the message that says what was coalesced.
SEGMENT_OPTION: Final = ("IPPROTO_UDP", "UDP_SEND_MSG_SIZE", 1000)
COALESCED_MESSAGE: Final = ("IPPROTO_UDP", "UDP_COALESCED_INFO")
COALESCE_OPTION: Final = ("IPPROTO_UDP", "UDP_RECV_MAX_COALESCED_SIZE", LARGEST)
# Some adapters coalesce and do not say so: a long buffer without a size has unknown boundaries.
COALESCING_IS_REPORTED: Final = False

NUMBERS: Final = beyond()
