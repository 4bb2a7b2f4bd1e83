"""Imported by every interpreter a test starts: notes which classes of socket objects it makes.

`socket.__new__` is the audit event that each socket object raises, the standard library's and ours.
One line per process and class goes to the folder named by the environment, at the first object of
the class, so it survives any end of the process. Nothing here imports `socket`.
"""

from __future__ import annotations

import os
import sys
from typing import Any

FOLDER = os.environ.get("CFFISOCK_WATCH")
_seen: set[tuple[int, str]] = set()


def _kind(cls: type) -> str:
    """Whose class it is; a twin is what `_ssl` reads a descriptor from (see cffisock/_tls.py)."""
    modules = [base.__module__ for base in cls.__mro__]
    if cls.__module__ == "cffisock._tls":
        return "twin"
    if any(name.partition(".")[0] == "cffisock" for name in modules):
        return "cffisock"
    return "stdlib"


def _watch(
    event: str,
    args: tuple[Any, ...],
    _open: Any = os.open,
    _write: Any = os.write,
    _close: Any = os.close,
    _flags: int = os.O_WRONLY | os.O_CREAT | os.O_APPEND,
) -> None:
    if event != "socket.__new__":
        return
    kind = _kind(type(args[0]))
    key = (os.getpid(), kind)
    if key in _seen:
        return
    _seen.add(key)
    cls = type(args[0])
    fd = _open(f"{FOLDER}/sockets", _flags, 0o666)
    _write(fd, f"{key[0]} {kind} {cls.__module__}.{cls.__qualname__}\n".encode())
    _close(fd)


if FOLDER:
    sys.addaudithook(_watch)
