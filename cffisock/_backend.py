"""Picks the room for this system, once, at import; exports ``ffi``, ``lib`` and ``room``.

The only module of the library that asks which system this is. ``Room`` is the whole face a room
shows to the floors above; ``tests/typing`` holds both rooms against it.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Address = Any  # what Python programs call an address: a tuple, str, bytes, int or None
CData = Any  # cffi objects have no static types


class Room(Protocol):
    """What ``backends.posix`` and ``backends.windows`` both hold."""

    NAME: str
    INTERRUPTED: int  # codes, as the shim answers them
    WOULD_BLOCK: Collection[int]
    CONNECTING: Collection[int]  # a non-blocking connect() is under way
    CONNECTED: int
    CONNECTION_RESET: int
    CONNECT_EX_EXPIRED: int  # what connect_ex() answers when the time is over
    INVALID_ADDRESS: Collection[int]
    ACCEPT_WITHOUT_ADDRESS: Collection[
        int
    ]  # families whose accept() must be given no address buffer
    INET_LIKE: Collection[int]  # families whose addresses are those of AF_INET
    OPTION_SIZES: Mapping[int, int]  # family -> size of every option, where it is not an int's
    FD_MAX: int
    HAS_SOCKETPAIR: bool
    REUSE_ADDRESS_IS_SAFE: bool  # SO_REUSEADDR does not let others steal a port
    SENDFILE_EXPIRED: int  # cs_sendfile()'s own "the time is over"; 0 where it never waits
    EXTRA_NAMES: Mapping[str, Any]  # of the module, on this system only
    ENCODERS: Mapping[int, Callable[[Address, int, int, str], tuple[CData, int]]]
    DECODERS: Mapping[int, Callable[[CData, int, int, int], Address]]

    sethostname: Callable[[bytes], None] | None  # None where the system has no such call
    # bytes from socket.share() -> (fd, family, type, proto); None where there is no such thing
    from_share: Callable[[bytes], tuple[int, int, int, int]] | None

    def extend(self, cls: type) -> None: ...  # add what only this system's sockets can do
    def error(self, code: int) -> OSError: ...
    def file_handle(self, fileno: int) -> int: ...
    def getaddrinfo(
        self,
        host: bytes | None,
        service: bytes | None,
        family: int,
        type: int,
        proto: int,
        flags: int,
    ) -> list[tuple[int, int, int, str, bytes]]: ...
    def getnameinfo(self, sa: CData, length: int, flags: int) -> tuple[str, str]: ...
    def gethostbyname(
        self, name: bytes, family: int
    ) -> tuple[str, list[str], list[bytes], int]: ...
    def gethostbyaddr(
        self, bits: bytes, family: int
    ) -> tuple[str, list[str], list[bytes], int]: ...
    def gethostname(self) -> str: ...
    def getservbyname(self, name: bytes, proto: bytes | None) -> int | None: ...
    def getservbyport(self, port: int, proto: bytes | None) -> str | None: ...
    def getprotobyname(self, name: bytes) -> int | None: ...
    def inet_aton(self, text: bytes) -> bytes | None: ...
    def if_nameindex(self) -> list[tuple[int, str]]: ...
    def if_nametoindex(self, name: bytes) -> int: ...
    def if_indextoname(self, index: int) -> str: ...


ROOMS = {"posix": "cffisock.backends.posix", "nt": "cffisock.backends.windows"}

if os.name not in ROOMS:
    raise ImportError(
        f"cffisock has no room for os.name == {os.name!r}: add backends/<name>/ with what "
        "cffisock._backend.Room lists, and name it in cffisock/_backend.py and build_ffi.py"
    )

try:
    from cffisock._ffi import ffi, lib
except ModuleNotFoundError as missing:
    if missing.name != "cffisock._ffi":
        raise
    # Python was started inside a checkout, whose folder hides the installed package: look there too.
    from pkgutil import extend_path

    package = sys.modules["cffisock"]
    package.__path__ = extend_path(package.__path__, "cffisock")
    try:
        from cffisock._ffi import ffi, lib
    except ModuleNotFoundError:
        raise ImportError(
            "cffisock is not built: its compiled part, cffisock._ffi, is missing. Run "
            "`python -m pip install .` (or `-e .`) in the source folder"
        ) from missing

__all__ = ["Address", "CData", "Room", "ffi", "lib", "room"]

room = cast("Room", import_module(ROOMS[os.name]))
