"""What strace is on Linux: the Winsock calls of cffisock's compiled module, recorded in their order.

The module's import table is patched, so that a call goes through a callback which notes its name. A
program of test_syscalls.py imports this; nothing is recorded before `start`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from ctypes import c_uint16, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

LIBRARIES = {"ws2_32.dll", "mswsock.dll"}
# No function of Winsock has more than nine arguments, all integers or pointers: the caller cleans the
# stack, so one prototype serves all.
_ARGUMENTS = 10
_BY_ORDINAL = 1 << 63

_lines: list[str] = []
_kept: list[Any] = []  # callbacks live as long as the table that names them


def mark(text: str) -> None:
    """A line between calls, as strace shows access()."""
    _lines.append(f'access("{text}")')


def write(file: str) -> None:
    Path(file).write_text("\n".join(_lines), encoding="utf-8")


def start(module: Any) -> None:
    """Record the Winsock calls of a compiled module from now on."""
    windll = getattr(ctypes, "WinDLL")  # noqa: B009 -- mypy's ctypes is Linux'
    kernel = windll("kernel32")
    kernel.GetModuleHandleW.restype = c_void_p
    base = kernel.GetModuleHandleW(ctypes.c_wchar_p(module.__file__))
    for library, names, slots in _imports(base):
        if library.lower() in LIBRARIES:
            for name, slot in zip(names, slots):
                _patch(kernel, slot, name)


def _read(kind: Any, address: int) -> Any:
    return kind.from_address(address).value


def _text(address: int) -> str:
    return (ctypes.string_at(address)).decode()


def _imports(base: int) -> Iterator[tuple[str, list[str], list[int]]]:
    """Each imported library: its name, and its functions' names and slots. (PE32+, 64 bits)"""
    header = base + _read(c_uint32, base + 0x3C) + 24
    assert _read(c_uint16, header) == 0x20B
    entry = base + _read(c_uint32, header + 120)  # the second data directory
    while _read(c_uint32, entry + 12):
        lookup, slot = base + _read(c_uint32, entry), base + _read(c_uint32, entry + 16)
        names, slots = [], []
        while _read(c_uint64, lookup):
            value = _read(c_uint64, lookup)
            by_ordinal = value & _BY_ORDINAL
            names.append(f"ordinal_{value & 0xFFFF}" if by_ordinal else _text(base + value + 2))
            slots.append(slot)
            lookup, slot = lookup + 8, slot + 8
        yield _text(base + _read(c_uint32, entry + 12)), names, slots
        entry += 20


def _patch(kernel: Any, slot: int, name: str) -> None:
    prototype = getattr(ctypes, "WINFUNCTYPE")(  # noqa: B009
        c_uint64, *[c_uint64] * _ARGUMENTS, use_last_error=True
    )
    original: Callable[..., int] = prototype(_read(c_uint64, slot))

    def record(*arguments: int) -> int:
        _lines.append(f"{name}(")
        return original(*arguments)

    callback = prototype(record)
    _kept.append(callback)
    writable = c_uint32()
    size, page_read_write = ctypes.c_size_t(8), 4
    assert kernel.VirtualProtect(c_void_p(slot), size, page_read_write, ctypes.byref(writable))
    c_uint64.from_address(slot).value = ctypes.cast(callback, c_void_p).value or 0
