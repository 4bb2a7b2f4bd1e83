"""The POSIX room: what this kind of kernel calls things; everything else is in its neighbours."""

from __future__ import annotations

import errno
import os

from cffisock.backends.posix.families import DECODERS, ENCODERS
from cffisock.backends.posix.names import (
    getaddrinfo,
    gethostbyaddr,
    gethostbyname,
    gethostname,
    getnameinfo,
    getprotobyname,
    getservbyname,
    getservbyport,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
    inet_aton,
    sethostname,
)
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

__all__ = [
    "ACCEPT_WITHOUT_ADDRESS",
    "CONNECTED",
    "CONNECTING",
    "CONNECTION_RESET",
    "CONNECT_EX_EXPIRED",
    "DECODERS",
    "ENCODERS",
    "EXTRA_NAMES",
    "EXTRA_SLOTS",
    "FD_MAX",
    "HAS_SOCKETPAIR",
    "INET_LIKE",
    "INTERRUPTED",
    "INVALID_ADDRESS",
    "NAME",
    "OPTION_SIZES",
    "REUSE_ADDRESS_IS_SAFE",
    "SENDFILE_EXPIRED",
    "TIMEOUT_MAX",
    "WOULD_BLOCK",
    "error",
    "extend",
    "file_handle",
    "from_share",
    "getaddrinfo",
    "gethostbyaddr",
    "gethostbyname",
    "gethostname",
    "getnameinfo",
    "getprotobyname",
    "getservbyname",
    "getservbyport",
    "if_indextoname",
    "if_nameindex",
    "if_nametoindex",
    "inet_aton",
    "sethostname",
]

NAME = "posix"

INTERRUPTED = errno.EINTR
WOULD_BLOCK = frozenset({errno.EAGAIN, errno.EWOULDBLOCK})
CONNECTING = frozenset({errno.EINPROGRESS})
CONNECTED = errno.EISCONN
CONNECTION_RESET = errno.ECONNRESET
CONNECT_EX_EXPIRED = errno.EWOULDBLOCK
FD_MAX = 2**31 - 1
TIMEOUT_MAX = 2**63 // 10**6 + 1  # a wait may be made of several
HAS_SOCKETPAIR = True
REUSE_ADDRESS_IS_SAFE = True
SENDFILE_EXPIRED = 0
from_share: Callable[[bytes], tuple[int, int, int, int]] | None = None
EXTRA_NAMES: dict[str, Any] = {}
EXTRA_SLOTS: tuple[str, ...] = ()
# getsockname() answers one of these for a number that is no socket at all.
INVALID_ADDRESS = frozenset({errno.EBADF, errno.ENOTSOCK})

ACCEPT_WITHOUT_ADDRESS = frozenset(CONSTANTS[n] for n in ["AF_ALG"] if n in CONSTANTS)
INET_LIKE = frozenset(CONSTANTS[n] for n in ["AF_INET", "AF_RDS", "AF_DIVERT"] if n in CONSTANTS)
# vm_sockets(7): every option of a VSOCK socket is 64 bits wide.
OPTION_SIZES = {CONSTANTS[n]: 8 for n in ["AF_VSOCK"] if n in CONSTANTS}


def extend(cls: type) -> None:
    """Nothing: what a POSIX socket can do, every room's can."""


def error(code: int) -> OSError:
    """The exception for an errno."""
    return OSError(code, os.strerror(code))


def file_handle(fileno: int) -> int:
    """What cs_sendfile() takes for an open file."""
    return fileno
