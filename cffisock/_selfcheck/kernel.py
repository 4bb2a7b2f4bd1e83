"""What this kernel really has, asked at run time: families, options, features.

A family is probed by making a socket of it and nothing more: to bind or connect one could reach
beyond this machine (a virtual machine's AF_VSOCK does).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Callable
from uuid import uuid4

import cffisock
from cffisock._selfcheck.results import Absent, Result, probe

socket: Any = cffisock  # which names it has differs by system, and is asked here

# (what it is called, family, type, protocol); a name this library lacks here is left out.
FAMILIES = (
    ("TCP over IPv4", "AF_INET", "SOCK_STREAM", None),
    ("TCP over IPv6", "AF_INET6", "SOCK_STREAM", None),
    ("UDP over IPv4", "AF_INET", "SOCK_DGRAM", None),
    ("UDP over IPv6", "AF_INET6", "SOCK_DGRAM", None),
    ("UDP-Lite", "AF_INET", "SOCK_DGRAM", "IPPROTO_UDPLITE"),
    ("Multipath TCP", "AF_INET", "SOCK_STREAM", "IPPROTO_MPTCP"),
    ("SCTP", "AF_INET", "SOCK_STREAM", "IPPROTO_SCTP"),
    ("ICMP echo without rights", "AF_INET", "SOCK_DGRAM", "IPPROTO_ICMP"),
    ("raw IPv4", "AF_INET", "SOCK_RAW", "IPPROTO_ICMP"),
    ("raw IPv6", "AF_INET6", "SOCK_RAW", "IPPROTO_ICMPV6"),
    ("Unix stream", "AF_UNIX", "SOCK_STREAM", None),
    ("Unix datagram", "AF_UNIX", "SOCK_DGRAM", None),
    ("Unix seqpacket", "AF_UNIX", "SOCK_SEQPACKET", None),
    ("netlink", "AF_NETLINK", "SOCK_RAW", "NETLINK_ROUTE"),
    ("packet", "AF_PACKET", "SOCK_RAW", None),
    ("CAN raw", "AF_CAN", "SOCK_RAW", "CAN_RAW"),
    ("CAN broadcast manager", "AF_CAN", "SOCK_DGRAM", "CAN_BCM"),
    ("CAN ISO-TP", "AF_CAN", "SOCK_DGRAM", "CAN_ISOTP"),
    ("CAN J1939", "AF_CAN", "SOCK_DGRAM", "CAN_J1939"),
    ("VSOCK", "AF_VSOCK", "SOCK_STREAM", None),
    ("Hyper-V", "AF_HYPERV", "SOCK_STREAM", "HV_PROTOCOL_RAW"),
    ("TIPC", "AF_TIPC", "SOCK_RDM", None),
    ("kernel crypto", "AF_ALG", "SOCK_SEQPACKET", None),
    ("Qualcomm IPC router", "AF_QIPCRTR", "SOCK_DGRAM", None),
    ("RDS", "AF_RDS", "SOCK_SEQPACKET", None),
    ("Bluetooth L2CAP", "AF_BLUETOOTH", "SOCK_SEQPACKET", "BTPROTO_L2CAP"),
    ("Bluetooth RFCOMM", "AF_BLUETOOTH", "SOCK_STREAM", "BTPROTO_RFCOMM"),
    ("Bluetooth HCI", "AF_BLUETOOTH", "SOCK_RAW", "BTPROTO_HCI"),
    ("Bluetooth SCO", "AF_BLUETOOTH", "SOCK_SEQPACKET", "BTPROTO_SCO"),
    ("system control", "PF_SYSTEM", "SOCK_DGRAM", "SYSPROTO_CONTROL"),
    ("divert", "AF_DIVERT", "SOCK_RAW", None),
)

TCP = ("AF_INET", "SOCK_STREAM")
UDP = ("AF_INET", "SOCK_DGRAM")
TCP6 = ("AF_INET6", "SOCK_STREAM")
UDP6 = ("AF_INET6", "SOCK_DGRAM")
UNIX = ("AF_UNIX", "SOCK_STREAM")
ON = 1
# (socket, level, option, the int to set, or None with the size to read)
OPTIONS: tuple[tuple[tuple[str, str], str, str, int | None, int], ...] = (
    (TCP, "SOL_SOCKET", "SO_REUSEPORT", ON, 0),
    (TCP, "SOL_SOCKET", "SO_KEEPALIVE", ON, 0),
    (TCP, "SOL_SOCKET", "SO_INCOMING_CPU", None, 4),
    (TCP, "SOL_SOCKET", "SO_BINDTODEVICE", None, 16),
    (UDP, "SOL_SOCKET", "SO_BROADCAST", ON, 0),
    (TCP, "SOL_SOCKET", "SO_EXCLUSIVEADDRUSE", ON, 0),
    (TCP, "IPPROTO_TCP", "TCP_NODELAY", ON, 0),
    (TCP, "IPPROTO_TCP", "TCP_CORK", ON, 0),
    (TCP, "IPPROTO_TCP", "TCP_QUICKACK", ON, 0),
    (TCP, "IPPROTO_TCP", "TCP_KEEPIDLE", 60, 0),
    (TCP, "IPPROTO_TCP", "TCP_KEEPINTVL", 10, 0),
    (TCP, "IPPROTO_TCP", "TCP_KEEPCNT", 3, 0),
    (TCP, "IPPROTO_TCP", "TCP_USER_TIMEOUT", 5000, 0),
    (TCP, "IPPROTO_TCP", "TCP_NOTSENT_LOWAT", 16384, 0),
    (TCP, "IPPROTO_TCP", "TCP_FASTOPEN", 5, 0),
    (TCP, "IPPROTO_TCP", "TCP_FASTOPEN_CONNECT", ON, 0),
    (TCP, "IPPROTO_TCP", "TCP_CONGESTION", None, 16),
    (TCP, "IPPROTO_TCP", "TCP_INFO", None, 256),
    (TCP, "IPPROTO_IP", "IP_TOS", 0x10, 0),
    (TCP, "IPPROTO_IP", "IP_TTL", 32, 0),
    (UDP, "IPPROTO_IP", "IP_RECVTOS", ON, 0),
    (UDP, "IPPROTO_IP", "IP_RECVERR", ON, 0),
    (UDP, "IPPROTO_IP", "IP_PKTINFO", ON, 0),
    (TCP, "IPPROTO_IP", "IP_BIND_ADDRESS_NO_PORT", ON, 0),
    (TCP, "IPPROTO_IP", "IP_TRANSPARENT", ON, 0),
    (TCP6, "IPPROTO_IPV6", "IPV6_V6ONLY", ON, 0),
    (UDP6, "IPPROTO_IPV6", "IPV6_RECVPKTINFO", ON, 0),
    (UDP6, "IPPROTO_IPV6", "IPV6_RECVHOPLIMIT", ON, 0),
    (UDP6, "IPPROTO_IPV6", "IPV6_RECVTCLASS", ON, 0),
    (UDP6, "IPPROTO_IPV6", "IPV6_DONTFRAG", ON, 0),
    (UNIX, "SOL_SOCKET", "SO_PASSCRED", ON, 0),
    (UNIX, "SOL_SOCKET", "SO_PEERCRED", None, 12),
)


def _constant(name: str | None) -> int:
    value: int = getattr(socket, name) if name else 0
    return value


def _known(*names: str | None) -> bool:
    return all(name is None or hasattr(socket, name) for name in names)


def families() -> list[Result]:
    """Which kinds of sockets the kernel makes for us."""

    def make(names: Sequence[str | None]) -> str:
        socket.socket(*map(_constant, names)).close()
        return _text(names)

    return [
        probe(label, _text(names), partial(make, names))
        for label, *names in FAMILIES
        if _known(*names)
    ]


def options() -> list[Result]:
    """Which options a socket of the fitting kind can be given, or asked for."""
    return [
        probe(option[2], option[2], partial(_option, *option))
        for option in OPTIONS
        if _known(*option[0], *option[1:3])
    ]


def _text(names: Sequence[str | None]) -> str:
    return " ".join(name for name in names if name)


def _option(kind: tuple[str, str], level: str, name: str, value: int | None, size: int) -> str:
    key = (_constant(level), _constant(name))
    with socket.socket(*map(_constant, kind)) as sock:
        if value is None:
            raw = sock.getsockopt(*key, size)
            text = raw.rstrip(b"\0")
            return f"reads {text.decode()}" if text.isalnum() else f"reads {len(raw)} bytes"
        sock.setsockopt(*key, value)
        return f"set to {value}, reads {sock.getsockopt(*key)}"


def _dual_stack() -> str:
    if not socket.has_dualstack_ipv6():
        raise Absent("this kernel has no sockets for both IPv4 and IPv6")
    return "one listener for IPv4 and IPv6"


def _abstract_names() -> str:
    with socket.socket(_unix()) as sock:
        sock.bind(f"\0cffisock-check-{uuid4()}")
        return "bound outside the file system"


def _unix() -> int:
    if not hasattr(socket, "AF_UNIX"):
        raise Absent("this system has no AF_UNIX")
    return _constant("AF_UNIX")


def _path_names() -> str:
    with tempfile.TemporaryDirectory() as folder, socket.socket(_unix()) as sock:
        path = str(Path(folder, "s"))
        sock.bind(path)
        return "bound in the file system"


def _whole_length() -> str:
    """recv(MSG_TRUNC) tells how long a datagram was that did not fit."""
    if not _known("MSG_TRUNC", "AF_UNIX"):
        raise Absent("this system has no MSG_TRUNC")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        theirs.settimeout(5)
        ours.send(b"x" * 64)
        _, _, flags, _ = theirs.recvmsg(16)
        if not flags & socket.MSG_TRUNC:
            raise Absent("this kernel does not tell that a datagram was cut")
        return "a cut datagram is told"


def _interfaces() -> str:
    return ", ".join(name for _, name in socket.if_nameindex())


def _congestion_controls() -> str:
    path = Path("/proc/sys/net/ipv4/tcp_available_congestion_control")
    if not path.exists():
        raise Absent("this system has no list of congestion controls")
    return path.read_text().strip()


FEATURES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("dual stack", _dual_stack),
    ("Unix path names", _path_names),
    ("Unix abstract names", _abstract_names),
    ("datagram truncation", _whole_length),
    ("congestion controls", _congestion_controls),
    ("interfaces", _interfaces),
)


def features() -> list[Result]:
    """What a kernel can do beyond families and options."""
    return [probe(name, name, function) for name, function in FEATURES]
