"""What the codecs share: the shape of a codec, argument checks, interface look-ups.

A codec knows one family's tuple and one family's struct. Nothing here knows a family.
"""

from __future__ import annotations

import os
import sys

from cffisock._ffi import ffi, lib
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Encoder(Protocol):
        """Make the C address and its length; `where` is the method's name, for error texts."""

        def __call__(self, addr: Any, proto: int, fd: int, where: str, /) -> tuple[Any, int]: ...

    class Decoder(Protocol):
        """Make the Python address from `length` bytes at `sa`."""

        def __call__(self, sa: Any, length: int, proto: int, fd: int, /) -> Any: ...


IFNAMSIZ = 16


class Codec:
    """Both ways of a family."""

    __slots__ = ("decode", "encode")

    def __init__(self, encode: Encoder, decode: Decoder) -> None:
        self.encode = encode
        self.decode = decode


def new(struct: str, family: str, fields: Any) -> tuple[Any, int]:
    """Make a zeroed struct with these fields; its family goes where this system keeps it."""
    sa = ffi.new(struct + " *", fields)
    # A family that this system lacks has no number here: its codec still packs, for the tests.
    ffi.cast("struct sockaddr_storage *", sa).ss_family = CONSTANTS.get(family, 0)
    return sa, ffi.sizeof(struct)


def by_proto(forms: dict[str, Any]) -> dict[int, Any]:
    """Turn a table keyed by protocol names into one keyed by this system's numbers."""
    return {CONSTANTS[name]: form for name, form in forms.items() if name in CONSTANTS}


def need_tuple(addr: Any, family: str, where: str) -> tuple[Any, ...]:
    if not isinstance(addr, tuple):
        kind = type(addr).__name__
        raise TypeError(f"{where}: {family} address must be tuple, not {kind}")
    return addr


def need_size(addr: tuple[Any, ...], least: int, most: int, message: str) -> None:
    if not least <= len(addr) <= most:
        raise TypeError(message)


def octets(value: Any) -> bytes:
    """The bytes of a bytes-like object, which must be in one piece."""
    try:
        with ffi.from_buffer(value) as view:
            return bytes(ffi.buffer(view))
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"a bytes-like object is required, not {kind!r}") from None


def text(value: Any, message: str) -> bytes:
    """Encode a str that ends up as a C string; `message` is for what is no str."""
    if not isinstance(value, str):
        raise TypeError(message)
    raw = value.encode()
    if b"\0" in raw:
        raise ValueError("embedded null character")
    return raw


def fs_name(value: Any) -> bytes:
    """Encode a name as the file system's names are: str, bytes or os.PathLike."""
    raw = os.fsencode(value)
    if b"\0" in raw:
        raise ValueError("embedded null byte")
    return raw


def swap16(value: int, order: str) -> int:
    """Turn a 16-bit number from this machine's byte order to `order`, or back."""
    return value if order == sys.byteorder else (value & 0xFF) << 8 | value >> 8


def interface_index(fd: int, name: bytes) -> int:
    found: int = lib.cs_if_index(fd, name)
    if found < 0:
        raise OSError(-found, os.strerror(-found))
    return found


def interface_name(fd: int, number: int) -> str:
    """Name an interface; '' is index 0 and also an interface that has gone."""
    out = ffi.new("char[]", IFNAMSIZ)
    if number == 0 or lib.cs_if_name(fd, number, out) < 0:
        return ""
    return os.fsdecode(ffi.string(out, IFNAMSIZ))
