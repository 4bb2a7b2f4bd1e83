"""What the tests ask of Windows itself, past the library under test: by ctypes."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING or sys.platform == "win32":
    kernel32: Any = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009 -- mypy's ctypes is Linux'
    _ntdll: Any = getattr(ctypes, "WinDLL")("ntdll")  # noqa: B009

WINE = hasattr(_ntdll, "wine_get_version")
HANDLE_FLAG_INHERIT = 1


def wine_gap(what: str) -> pytest.MarkDecorator:
    """Skip where Wine does what Windows does not; `what` names the gap."""
    return pytest.mark.skipif(WINE, reason=f"Wine: {what}")


def is_inheritable(handle: int) -> bool:
    flags = ctypes.c_ulong()
    assert kernel32.GetHandleInformation(ctypes.c_void_p(handle), ctypes.byref(flags))
    return bool(flags.value & HANDLE_FLAG_INHERIT)


@contextmanager
def closing(*socks: Any) -> Iterator[tuple[Any, ...]]:
    try:
        yield socks
    finally:
        for sock in socks:
            sock.close()
