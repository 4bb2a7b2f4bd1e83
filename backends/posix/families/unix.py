"""AF_UNIX: a path as str or bytes; on Linux abstract names, which begin with NUL, as bytes."""

from __future__ import annotations

import os

from cffisock._ffi import ffi
from cffisock.backends.table import CONSTANTS

from ._common import Codec, octets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TYPE = ffi.typeof("struct sockaddr_un *")
_START = ffi.offsetof("struct sockaddr_un", "sun_path")
_ROOM = ffi.sizeof(ffi.new(_TYPE).sun_path)
_FAMILY = CONSTANTS["AF_UNIX"]
# Only Linux has abstract names, and only Linux has AF_PACKET.
_ABSTRACT = "AF_PACKET" in CONSTANTS


def _path(addr: Any) -> bytes:
    if isinstance(addr, str):
        return os.fsencode(addr)
    if isinstance(addr, bytes):
        return addr
    return octets(addr)


def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    path = _path(addr)
    # An abstract name counts every byte; a path counts its NUL, and the kernel stops at the first.
    size = len(path) if _ABSTRACT and path[:1] in (b"", b"\0") else len(path) + 1
    if size > _ROOM:
        raise OSError("AF_UNIX path too long")
    sa = ffi.new(_TYPE)
    sa.sun_family = _FAMILY
    ffi.memmove(sa.sun_path, path, len(path))
    return sa, _START + size


def decode(sa: Any, length: int, proto: int, fd: int) -> str | bytes:
    # Linux reports one byte more than the struct has for a path that fills it.
    size = min(length - _START, _ROOM)
    if size <= 0:
        return ""
    raw: bytes = ffi.buffer(ffi.cast("char *", sa) + _START, size)[:]
    if _ABSTRACT and raw[0] == 0:
        return raw
    return os.fsdecode(raw.partition(b"\0")[0])


CODEC = Codec(encode, decode)
