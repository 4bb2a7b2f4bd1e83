"""The whole face that a room shows to the floors above; for type checkers alone.

``tests/typing`` holds both rooms against it. Data is declared read-only, so that a room may say
more exactly what it has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Callable, Protocol

Address = Any  # what Python programs call an address: a tuple, str, bytes, int or None
CData = Any  # cffi objects have no static types


class Room(Protocol):
    """What ``backends.posix`` and ``backends.windows`` both hold."""

    @property
    def NAME(self) -> str: ...
    @property
    def INTERRUPTED(self) -> int: ...  # codes, as the shim answers them
    @property
    def WOULD_BLOCK(self) -> Collection[int]: ...
    @property
    def CONNECTING(self) -> Collection[int]: ...  # a non-blocking connect() is under way
    @property
    def CONNECTED(self) -> int: ...
    @property
    def CONNECTION_RESET(self) -> int: ...
    @property
    def CONNECT_EX_EXPIRED(self) -> int: ...  # what connect_ex() answers when the time is over
    @property
    def INVALID_ADDRESS(self) -> Collection[int]: ...
    @property
    def ACCEPT_WITHOUT_ADDRESS(
        self,
    ) -> Collection[int]: ...  # families whose accept() takes no address buffer
    @property
    def INET_LIKE(self) -> Collection[int]: ...  # families whose addresses are those of AF_INET
    @property
    def OPTION_SIZES(
        self,
    ) -> Mapping[int, int]: ...  # family -> size of every option, where it is not an int's
    @property
    def FD_MAX(self) -> int: ...
    @property
    def TIMEOUT_MAX(self) -> int: ...  # milliseconds; no time-out is longer
    @property
    def HAS_SOCKETPAIR(self) -> bool: ...
    @property
    def REUSE_ADDRESS_IS_SAFE(self) -> bool: ...  # SO_REUSEADDR does not let others steal a port
    @property
    def SENDFILE_EXPIRED(
        self,
    ) -> int: ...  # cs_sendfile()'s own "the time is over"; 0 where it never waits
    @property
    def EXTRA_SLOTS(self) -> tuple[str, ...]: ...  # of the base class, for what extend() adds
    @property
    def EXTRA_NAMES(self) -> Mapping[str, Any]: ...  # of the module, on this system only
    @property
    def ENCODERS(self) -> Mapping[int, Callable[[Address, int, int, str], tuple[CData, int]]]: ...
    @property
    def DECODERS(self) -> Mapping[int, Callable[[CData, int, int, int], Address]]: ...

    @property
    def sethostname(
        self,
    ) -> Callable[[bytes], None] | None: ...  # None where the system has no such call
    # bytes from socket.share() -> (fd, family, type, proto); None where there is no such thing
    @property
    def from_share(self) -> Callable[[bytes], tuple[int, int, int, int]] | None: ...

    def extend(self, cls: type) -> None: ...  # add what only this system's sockets can do
    def error(self, code: int) -> OSError: ...
    def file_handle(
        self, fileno: int
    ) -> int | None: ...  # None where the system's sendfile() had better not be used
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
