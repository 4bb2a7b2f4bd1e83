"""AF_NETLINK ``(pid, groups)``; AF_PACKET ``(ifname, proto[, pkttype[, hatype[, addr]]])``."""

from __future__ import annotations

from typing import Any

from cffisock._ffi import ffi
from cffisock.backends.ints import c_int, wrap32

from ._common import (
    Codec,
    interface_index,
    interface_name,
    need_size,
    need_tuple,
    new,
    octets,
    swap16,
    text,
)

_PACKET_SHAPE = "AF_PACKET address must be a tuple of two to five elements"
_PACKET_DEFAULTS = (0, 0, b"")  # PACKET_HOST, no hardware type, no hardware address
_HARDWARE_START = ffi.offsetof("struct cs_sockaddr_ll", "sll_addr")
_HARDWARE_ROOM = 8


def _encode_netlink(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    parts = need_tuple(addr, "AF_NETLINK", f"{where}()")
    need_size(parts, 2, 2, "AF_NETLINK address must be a pair (pid, groups)")
    pid, groups = [wrap32(part) for part in parts]
    return new("struct cs_sockaddr_nl", "AF_NETLINK", {"nl_pid": pid, "nl_groups": groups})


def _decode_netlink(sa: Any, length: int, proto: int, fd: int) -> tuple[int, int]:
    nl = ffi.cast("struct cs_sockaddr_nl *", sa)
    return nl.nl_pid, nl.nl_groups


def _encode_packet(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    parts = need_tuple(addr, "AF_PACKET", f"{where}()")
    need_size(parts, 2, 5, _PACKET_SHAPE)
    name = text(parts[0], _PACKET_SHAPE)
    protocol, pkttype, hatype, hardware = parts[1:] + _PACKET_DEFAULTS[len(parts) - 2 :]
    try:
        protocol, pkttype, hatype = [c_int(part) for part in (protocol, pkttype, hatype)]
    except OverflowError:
        raise OverflowError(f"{where}(): address argument out of range") from None
    hardware = octets(hardware)
    ifindex = interface_index(fd, name)
    if len(hardware) > _HARDWARE_ROOM:
        raise ValueError("Hardware address must be 8 bytes or less")
    if not 0 <= protocol <= 0xFFFF:
        raise OverflowError(f"{where}(): proto must be 0-65535.")
    fields = {
        "sll_protocol": swap16(protocol, "big"),
        "sll_ifindex": ifindex,
        "sll_hatype": hatype & 0xFFFF,
        "sll_pkttype": pkttype & 0xFF,
        "sll_halen": len(hardware),
        "sll_addr": hardware,
    }
    return new("struct cs_sockaddr_ll", "AF_PACKET", fields)


def _decode_packet(sa: Any, length: int, proto: int, fd: int) -> tuple[str, int, int, int, bytes]:
    ll = ffi.cast("struct cs_sockaddr_ll *", sa)
    # Some links (InfiniBand) have longer addresses than the struct: the kernel then reports more.
    size = min(ll.sll_halen, max(length - _HARDWARE_START, 0))
    hardware = ffi.buffer(ffi.cast("char *", sa) + _HARDWARE_START, size)[:]
    name = interface_name(fd, ll.sll_ifindex)
    return name, swap16(ll.sll_protocol, "big"), ll.sll_pkttype, ll.sll_hatype, hardware


NETLINK = Codec(_encode_netlink, _decode_netlink)
PACKET = Codec(_encode_packet, _decode_packet)
