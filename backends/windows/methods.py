"""What Windows' sockets do and POSIX' do not, put into the socket class by ``extend()``.

``share`` with another process, ``ioctl``, the emulated TCP_QUICKACK.
"""

from __future__ import annotations

from operator import index
from typing import Any, Callable

from cffisock._ffi import ffi, lib
from cffisock.backends.ints import wrap32
from cffisock.backends.table import CONSTANTS

from .system import error

_SHARE_SIZE = lib.cs_share_size()
_TCP_QUICKACK = 0x98000017 - 2**32  # an ioctl's code, as the C int that options are
QUICKACK_SLOT = "_quickack"


def share(self: Any, process_id: int, /) -> bytes:
    """Duplicate for another process: the bytes that its ``fromshare()`` takes."""
    info = ffi.new("char[]", _SHARE_SIZE)
    code = lib.cs_share(self.fileno(), wrap32(process_id), info)
    if code < 0:
        raise error(-code)
    return bytes(ffi.buffer(info))


def open_shared(info: bytes) -> tuple[int, int, int, int]:
    """Open what another process shared: ``(fd, family, type, proto)``."""
    if len(info) != _SHARE_SIZE:
        raise ValueError(f"socket descriptor string has wrong size, should be {_SHARE_SIZE} bytes.")
    out = ffi.new("int[3]")
    fd = lib.cs_from_share(ffi.from_buffer(info), out)
    if fd < 0:
        raise error(-fd)
    return fd, out[0], out[1], out[2]


def _on_or_off(option: Any) -> tuple[int, ...]:
    return (wrap32(option),)


def _keepalive(option: Any) -> tuple[int, ...]:
    if not isinstance(option, (tuple, list)) or len(option) != 3:
        raise TypeError("ioctl() SIO_KEEPALIVE_VALS takes a tuple: (onoff, time, interval)")
    return tuple(map(wrap32, option))


_OPTIONS = {
    CONSTANTS[name]: parse
    for name, parse in {
        "SIO_RCVALL": _on_or_off,
        "SIO_KEEPALIVE_VALS": _keepalive,
        "SIO_LOOPBACK_FAST_PATH": _on_or_off,
    }.items()
}


def ioctl(self: Any, command: int, option: Any, /) -> int:
    """Control the socket: SIO_RCVALL, SIO_KEEPALIVE_VALS ((on, ms, ms)), SIO_LOOPBACK_FAST_PATH."""
    command = wrap32(command)  # SIO_* is a negative number to those who read it as a C int
    parse = _OPTIONS.get(command)
    if parse is None:
        raise ValueError(f"invalid ioctl command {command}")
    values = ffi.new("uint32_t[]", parse(option))
    written: int = lib.cs_ioctl(self.fileno(), command, values, ffi.sizeof(values))
    if written < 0:
        raise error(-written)
    return written


def _noting_quickack(setsockopt: Callable[..., None]) -> Callable[..., None]:
    def noting(self: Any, level: int, optname: int, *value: Any) -> None:
        """Set an option: an int, bytes, or None with a length."""
        setsockopt(self, level, optname, *value)
        if optname == _TCP_QUICKACK:
            setattr(self, QUICKACK_SLOT, index(value[0]))

    noting.__name__ = "setsockopt"
    return noting


def _telling_quickack(getsockopt: Callable[..., Any]) -> Callable[..., Any]:
    def telling(self: Any, level: int, optname: int, buflen: int = 0, /) -> Any:
        """Read an option: an int, or `buflen` bytes at most."""
        if optname == _TCP_QUICKACK and not buflen:  # the system lets it be set, not asked
            return getattr(self, QUICKACK_SLOT, 0)
        return getsockopt(self, level, optname, buflen)

    telling.__name__ = "getsockopt"
    return telling


def extend(cls: Any) -> None:
    """Give the socket class what only Windows' sockets can do."""
    cls.share = share
    cls.ioctl = ioctl
    cls.setsockopt = _noting_quickack(cls.setsockopt)
    cls.getsockopt = _telling_quickack(cls.getsockopt)
