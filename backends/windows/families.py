"""Address families of Windows beside AF_INET and AF_INET6: AF_UNIX, AF_HYPERV, AF_BLUETOOTH.

A codec knows one family's Python address and one struct of sockaddrs.h. All of them pack and
unpack on every Windows, whether the system has the family or not.
"""

from __future__ import annotations

import re
import struct
from typing import Any

from cffisock._ffi import ffi
from cffisock.backends.ints import wrap32
from cffisock.backends.table import CONSTANTS

AF_UNIX = 1
AF_BLUETOOTH = 32
AF_HYPERV = 34

_UN = ffi.typeof("struct cs_sockaddr_un *")
_UN_START = ffi.offsetof("struct cs_sockaddr_un", "sun_path")
_UN_ROOM = ffi.sizeof("struct cs_sockaddr_un") - _UN_START


def _bytes_like(value: Any) -> bytes:
    try:
        return memoryview(value).tobytes()
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"a bytes-like object is required, not '{kind}'") from None


def encode_unix(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    # Always UTF-8: what the kernel reads, whatever the ANSI code page is.
    path = addr.encode("utf-8", "surrogateescape") if isinstance(addr, str) else _bytes_like(addr)
    if len(path) >= _UN_ROOM:
        raise OSError("AF_UNIX path too long")
    sa = ffi.new(_UN, {"head": AF_UNIX, "sun_path": path})
    # The NUL counts; without a path the bare family is what the kernel takes for "unnamed".
    return sa, _UN_START + len(path) + 1 if path else _UN_START


def decode_unix(sa: Any, length: int, proto: int, fd: int) -> str:
    raw: bytes = ffi.buffer(ffi.cast("char *", sa) + _UN_START, max(length - _UN_START, 0))[:]
    # Windows has no abstract names; an unnamed socket's storage is all NULs.
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


_GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_GUID_FIELDS = struct.Struct("<IHH8s")


def _pack_guid(text: str, what: str, where: str) -> bytes:
    if not _GUID.fullmatch(text):
        raise ValueError(f"{where}(): AF_HYPERV address {what} is not a valid UUID string")
    digits = bytes.fromhex(text.replace("-", ""))
    return _GUID_FIELDS.pack(*struct.unpack(">IHH8s", digits))


def _unpack_guid(raw: Any) -> str:
    first, second, third, rest = _GUID_FIELDS.unpack(bytes(raw))
    return f"{first:08x}-{second:04x}-{third:04x}-{rest[:2].hex()}-{rest[2:].hex()}"


def encode_hyperv(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    if proto != CONSTANTS.get("HV_PROTOCOL_RAW", 1):
        raise OSError(f"{where}(): unsupported AF_HYPERV protocol: {proto}")
    if not isinstance(addr, tuple):
        kind = type(addr).__name__
        raise TypeError(f"{where}(): AF_HYPERV address must be tuple, not {kind}")
    if len(addr) != 2 or not all(isinstance(part, str) for part in addr):
        raise TypeError(f"{where}(): AF_HYPERV address must be a str tuple (vm_id, service_id)")
    fields = {
        "head": AF_HYPERV,
        "vm_id": _pack_guid(addr[0], "vm_id", where),
        "service_id": _pack_guid(addr[1], "service_id", where),
    }
    return ffi.new("struct cs_sockaddr_hv *", fields), ffi.sizeof("struct cs_sockaddr_hv")


def decode_hyperv(sa: Any, length: int, proto: int, fd: int) -> tuple[str, str]:
    hv = ffi.cast("struct cs_sockaddr_hv *", sa)
    return _unpack_guid(hv.vm_id), _unpack_guid(hv.service_id)


_BLUETOOTH_ADDRESS = re.compile(r"[0-9A-Fa-f]+(:[0-9A-Fa-f]+){5}")


def _pack_bluetooth(text: str) -> int:
    if _BLUETOOTH_ADDRESS.fullmatch(text):
        octets = [int(octet, 16) for octet in text.split(":")]
        if max(octets) < 256:
            return int.from_bytes(bytes(octets), "big")
    raise OSError("bad bluetooth address")


def _check_rfcomm(proto: int, kind: type[Exception], prefix: str = "") -> None:
    if proto != CONSTANTS.get("BTPROTO_RFCOMM", 3):
        raise kind(f"{prefix}unknown Bluetooth protocol")


def encode_bluetooth(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    _check_rfcomm(proto, OSError, f"{where}(): ")
    try:
        host, channel = addr if isinstance(addr, tuple) else ()
        channel = wrap32(channel)
        if not isinstance(host, str):
            raise TypeError
    except (TypeError, ValueError):
        raise OSError(f"{where}(): wrong format") from None
    fields = {
        "head": AF_BLUETOOTH.to_bytes(2, "little"),
        "bth_addr": _pack_bluetooth(host).to_bytes(8, "little"),
        "port": channel.to_bytes(4, "little"),
    }
    return ffi.new("struct cs_sockaddr_bth *", fields), ffi.sizeof("struct cs_sockaddr_bth")


def decode_bluetooth(sa: Any, length: int, proto: int, fd: int) -> tuple[str, int]:
    _check_rfcomm(proto, ValueError)
    bth = ffi.cast("struct cs_sockaddr_bth *", sa)
    octets = reversed(bytes(bth.bth_addr)[:6])
    return ":".join(f"{octet:02X}" for octet in octets), int.from_bytes(bytes(bth.port), "little")


ENCODERS = {AF_UNIX: encode_unix, AF_HYPERV: encode_hyperv, AF_BLUETOOTH: encode_bluetooth}
DECODERS = {AF_UNIX: decode_unix, AF_HYPERV: decode_hyperv, AF_BLUETOOTH: decode_bluetooth}
