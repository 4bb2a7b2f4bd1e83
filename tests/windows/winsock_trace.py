"""What strace is on Linux: the Winsock calls of cffisock's compiled module, recorded in their order.

The module's import table is patched, so that a call goes through a callback which notes its name. A
program of test_syscalls.py imports this; nothing is recorded before `start`. `around` lets a test come in
between.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import c_uint16, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

LIBRARIES = {"ws2_32.dll", "mswsock.dll"}
# No function of Winsock has more than nine arguments, all integers or pointers: the caller cleans the
# stack, so one prototype serves all.
_ARGUMENTS = 10
_BY_ORDINAL = 1 << 63

_kernel: Any = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009 -- mypy's ctypes is Linux'
_lines: list[str] = []
_kept: list[Any] = []  # callbacks live as long as the table that names them


def mark(text: str) -> None:
    """A line between calls, as strace shows access()."""
    _lines.append(f'access("{text}")')


def write(file: str) -> None:
    Path(file).write_text("\n".join(_lines), encoding="utf-8")


def start(module: Any) -> None:
    """Record the Winsock calls of a compiled module from now on."""

    def recorder(name: str) -> Callable[..., int]:
        def record(original: Callable[..., int], *arguments: int) -> int:
            _lines.append(f"{name}(")
            return original(*arguments)

        return record

    for library, name, slot in _imports(_base(module)):
        if library.lower() in LIBRARIES:
            _patch(slot, recorder(name))


@contextmanager
def around(module: Any, **wrappers: Callable[..., int]) -> Iterator[None]:
    """Meanwhile each call of a function named goes to ``wrapper(original, *arguments)``."""
    undo = [
        _patch(slot, wrappers[name])
        for _, name, slot in _imports(_base(module))
        if name in wrappers
    ]
    assert len(undo) == len(wrappers)
    try:
        yield
    finally:
        for restore in undo:
            restore()


def _base(module: Any) -> int:
    _kernel.GetModuleHandleW.restype = c_void_p
    base: int = _kernel.GetModuleHandleW(ctypes.c_wchar_p(module.__file__))
    return base


def _read(kind: Any, address: int) -> Any:
    return kind.from_address(address).value


def _text(address: int) -> str:
    return (ctypes.string_at(address)).decode()


def _imports(base: int) -> Iterator[tuple[str, str, int]]:
    """Each imported function: its library, its name, and its slot. (PE32+, 64 bits)"""
    header = base + _read(c_uint32, base + 0x3C) + 24
    assert _read(c_uint16, header) == 0x20B
    entry = base + _read(c_uint32, header + 120)  # the second data directory
    while _read(c_uint32, entry + 12):
        library = _text(base + _read(c_uint32, entry + 12))
        lookup, slot = base + _read(c_uint32, entry), base + _read(c_uint32, entry + 16)
        while _read(c_uint64, lookup):
            value = _read(c_uint64, lookup)
            by_ordinal = value & _BY_ORDINAL
            yield (
                library,
                f"ordinal_{value & 0xFFFF}" if by_ordinal else _text(base + value + 2),
                slot,
            )
            lookup, slot = lookup + 8, slot + 8
        entry += 20


def _patch(slot: int, wrapper: Callable[..., int]) -> Callable[[], None]:
    prototype = getattr(ctypes, "WINFUNCTYPE")(  # noqa: B009
        c_uint64, *[c_uint64] * _ARGUMENTS, use_last_error=True
    )
    address = _read(c_uint64, slot)
    original: Callable[..., int] = prototype(address)
    callback = prototype(lambda *arguments: wrapper(original, *arguments))
    _kept.append(callback)
    _write_slot(slot, ctypes.cast(callback, c_void_p).value or 0)
    return lambda: _write_slot(slot, address)


def _write_slot(slot: int, address: int) -> None:
    before = c_uint32()
    size, page_read_write = ctypes.c_size_t(8), 4
    assert _kernel.VirtualProtect(c_void_p(slot), size, page_read_write, ctypes.byref(before))
    c_uint64.from_address(slot).value = address
