"""What look-ups answer, read into Python before the system frees it; part of both rooms' names.py.

`text` turns a room's strings into str: they differ in width and encoding.
"""

from __future__ import annotations

from cffisock._ffi import ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def read_addrinfo(entry: Any, text: Callable[[Any], str]) -> list[tuple[int, int, int, str, bytes]]:
    """``(family, type, proto, canonical name, raw sockaddr)`` of each in the list."""
    found = []
    while entry:
        name = text(entry.ai_canonname) if entry.ai_canonname else ""
        raw = ffi.unpack(ffi.cast("char *", entry.ai_addr), entry.ai_addrlen)
        found.append((entry.ai_family, entry.ai_socktype, entry.ai_protocol, name, raw))
        entry = entry.ai_next
    return found


def read_hostent(entry: Any, text: Callable[[Any], str]) -> tuple[str, list[str], list[bytes], int]:
    """``(name, aliases, packed addresses, family)``."""
    aliases = [text(alias) for alias in _pointers(entry.h_aliases)]
    addresses = [ffi.unpack(bits, entry.h_length) for bits in _pointers(entry.h_addr_list)]
    return text(entry.h_name), aliases, addresses, entry.h_addrtype


def _pointers(array: Any) -> list[Any]:
    found: list[Any] = []
    while array and array[len(found)]:
        found.append(array[len(found)])
    return found
