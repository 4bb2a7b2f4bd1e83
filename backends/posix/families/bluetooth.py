"""AF_BLUETOOTH, by the socket's protocol. Addresses are ``XX:XX:XX:XX:XX:XX``.

L2CAP ``(addr, psm[, cid[, bdaddr_type]])``; RFCOMM ``(addr, channel)``; SCO ``addr``; HCI a device
number, ``(dev,)`` or ``(dev, channel)`` on Linux, a node's name on FreeBSD, ``addr`` on NetBSD.
Each protocol is one function that makes a codec for the struct a system has for it.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Callable

from cffisock._ffi import ffi
from cffisock.backends.ints import c_octet, wrap8, wrap16
from cffisock.backends.table import CONSTANTS

from ._common import Codec, by_proto, new, swap16, text

_ADDRESS = re.compile(r"[0-9A-Fa-f]+(:[0-9A-Fa-f]+){5}")


def _pack_address(addr: str) -> bytes:
    if _ADDRESS.fullmatch(addr):
        octets = [int(octet, 16) for octet in addr.split(":")]
        if max(octets) < 256:
            return bytes(reversed(octets))
    raise OSError("bad bluetooth address")


def _unpack_address(octets: Any) -> str:
    return ":".join(f"{octet:02X}" for octet in reversed(bytes(octets)))


def _string(value: Any) -> str:
    return text(value, "not a str").decode()


def _parse(addr: Any, where: str, least: int, *converters: Callable[[Any], Any]) -> list[Any]:
    try:
        if not isinstance(addr, tuple) or not least <= len(addr) <= len(converters):
            raise TypeError
        return [convert(part) for convert, part in zip(converters, addr)]
    except (TypeError, ValueError, OverflowError):
        raise OSError(f"{where}(): wrong format") from None


def _l2cap(struct: str, psm: str, cid: str, kind: str, order: str) -> Codec:
    """`kind` is the field of the address type, '' where there is none (and the cid is 8 bits)."""
    converters = (_string, wrap16, wrap16, wrap8) if kind else (_string, wrap16, wrap8)

    def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
        parts = _parse(addr, where, 2, *converters)
        host, *numbers = parts + [0] * (len(converters) - len(parts))
        fields = {"bdaddr": _pack_address(host), psm: swap16(numbers[0], order)}
        if kind:
            fields.update({cid: swap16(numbers[1], order), kind: numbers[2]})
        else:
            fields[cid] = numbers[1]
        return new(struct, "AF_BLUETOOTH", fields)

    def decode(sa: Any, length: int, proto: int, fd: int) -> tuple[Any, ...]:
        l2 = ffi.cast(struct + " *", sa)
        host, port = _unpack_address(l2.bdaddr), swap16(getattr(l2, psm), order)
        if not kind:
            channel, flavour = getattr(l2, cid), 0
        else:
            channel, flavour = swap16(getattr(l2, cid), order), getattr(l2, kind)
        if flavour:
            return host, port, channel, flavour
        return (host, port, channel) if channel else (host, port)

    return Codec(encode, decode)


def _rfcomm(struct: str, channel: str) -> Codec:
    def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
        host, number = _parse(addr, where, 2, _string, c_octet)
        return new(struct, "AF_BLUETOOTH", {"bdaddr": _pack_address(host), channel: number})

    def decode(sa: Any, length: int, proto: int, fd: int) -> tuple[str, int]:
        rc = ffi.cast(struct + " *", sa)
        return _unpack_address(rc.bdaddr), getattr(rc, channel)

    return Codec(encode, decode)


def _address_only(struct: str) -> Codec:
    def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
        if isinstance(addr, bytes):
            # Bytes beyond ASCII make a bad address, not a bad encoding.
            addr = addr.decode("ascii", "replace")
        if not isinstance(addr, str):
            raise OSError(f"{where}(): wrong format")
        return new(struct, "AF_BLUETOOTH", {"bdaddr": _pack_address(_string(addr))})

    def decode(sa: Any, length: int, proto: int, fd: int) -> str:
        return _unpack_address(ffi.cast(struct + " *", sa).bdaddr)

    return Codec(encode, decode)


def _hci_device(struct: str) -> Codec:
    def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
        if hasattr(addr, "__index__"):
            numbers = [wrap16(addr)]
        else:
            numbers = _parse(addr, where, 1, wrap16, wrap16)
        fields = dict(zip(("hci_dev", "hci_channel"), numbers))
        return new(struct, "AF_BLUETOOTH", fields)

    def decode(sa: Any, length: int, proto: int, fd: int) -> Any:
        hci = ffi.cast(struct + " *", sa)
        # Channel 0, HCI_CHANNEL_RAW, is the one that a bare number means.
        return (hci.hci_dev, hci.hci_channel) if hci.hci_channel else hci.hci_dev

    return Codec(encode, decode)


def _hci_node(struct: str) -> Codec:
    def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
        (node,) = _parse((addr,), where, 1, _string)
        raw = node.encode()
        if len(raw) > 32:
            raise ValueError(f"{where}(): node too long")
        return new(struct, "AF_BLUETOOTH", {"hci_node": raw})

    def decode(sa: Any, length: int, proto: int, fd: int) -> str:
        name: bytes = ffi.string(ffi.cast(struct + " *", sa).hci_node, 32)
        return name.decode()

    return Codec(encode, decode)


_L2, _BT = "struct cs_sockaddr_l2", "struct cs_sockaddr_bt"
LINUX = {
    "BTPROTO_L2CAP": _l2cap(_L2, "l2_psm", "l2_cid", "l2_bdaddr_type", "little"),
    "BTPROTO_RFCOMM": _rfcomm("struct cs_sockaddr_rc", "rc_channel"),
    "BTPROTO_HCI": _hci_device("struct cs_sockaddr_hci"),
    "BTPROTO_SCO": _address_only("struct cs_sockaddr_sco"),
}
FREEBSD = {
    **LINUX,
    "BTPROTO_RFCOMM": _rfcomm("struct cs_sockaddr_rfcomm", "rfcomm_channel"),
    "BTPROTO_HCI": _hci_node("struct cs_sockaddr_hci_node"),
}
NETBSD = {
    "BTPROTO_L2CAP": _l2cap(_BT, "bt_psm", "bt_channel", "", sys.byteorder),
    "BTPROTO_RFCOMM": _rfcomm(_BT, "bt_channel"),
    "BTPROTO_HCI": _address_only(_BT),
    "BTPROTO_SCO": _address_only(_BT),
}


def _layouts() -> dict[str, Codec]:
    """Tell the system by what only it defines: reading its name is not a room's business."""
    if "AF_PACKET" in CONSTANTS:
        return LINUX
    return FREEBSD if "BDADDR_BREDR" in CONSTANTS else NETBSD


_CODECS: dict[int, Codec] = by_proto(_layouts())


def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    codec = _CODECS.get(proto)
    if codec is None:
        raise OSError(f"{where}(): unknown Bluetooth protocol")
    return codec.encode(addr, proto, fd, where)


def decode(sa: Any, length: int, proto: int, fd: int) -> Any:
    codec = _CODECS.get(proto)
    if codec is None:
        raise ValueError("Unknown Bluetooth protocol")
    return codec.decode(sa, length, proto, fd)


CODEC = Codec(encode, decode)
