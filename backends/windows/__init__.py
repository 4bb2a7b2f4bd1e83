"""The Windows room: what Winsock calls things; everything else is in its neighbours."""

from __future__ import annotations

import msvcrt
import sys
from typing import Any, Callable

from cffisock.backends.table import CONSTANTS
from cffisock.backends.windows.error_tab import errorTab
from cffisock.backends.windows.families import DECODERS, ENCODERS
from cffisock.backends.windows.methods import QUICKACK_SLOT, extend, open_shared
from cffisock.backends.windows.names import (
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
)
from cffisock.backends.windows.system import adapt, error, start

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
    "SENDS_FILES",
    "TIMEOUT_MAX",
    "WOULD_BLOCK",
    "error",
    "errorTab",
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

start()
adapt(CONSTANTS)

NAME = "windows"

INTERRUPTED = 10004  # WSAEINTR
WOULD_BLOCK = frozenset({10035})  # WSAEWOULDBLOCK, which connect() says too
CONNECTING = frozenset({10035})
CONNECTED = 10056  # WSAEISCONN
CONNECTION_RESET = 10054  # WSAECONNRESET
CONNECT_EX_EXPIRED = 10035
FD_MAX = 2**63 - 1
TIMEOUT_MAX = 2**31 - 1  # what select() takes
HAS_SOCKETPAIR = False
REUSE_ADDRESS_IS_SAFE = False
SENDFILE_EXPIRED = 258  # WAIT_TIMEOUT
# Servers send files as they are asked to. On all other editions two are sent at a time in the whole
# system, and two peers that do not read would hold up everybody's (golang/go#73746).
_WORKSTATION = 1  # VER_NT_WORKSTATION
SENDS_FILES = sys.getwindowsversion().product_type != _WORKSTATION  # type: ignore[attr-defined,unused-ignore]
# Windows lets programs rename the computer, but not by a call of sockets.
sethostname: Callable[[bytes], None] | None = None
from_share: Callable[[bytes], tuple[int, int, int, int]] | None = open_shared
EXTRA_NAMES: dict[str, Any] = {"errorTab": errorTab}
EXTRA_SLOTS: tuple[str, ...] = (QUICKACK_SLOT,)
# getsockname() answers this for a number that is no socket at all.
INVALID_ADDRESS = frozenset({10038})  # WSAENOTSOCK

ACCEPT_WITHOUT_ADDRESS: frozenset[int] = frozenset()
INET_LIKE = frozenset({CONSTANTS["AF_INET"]})
OPTION_SIZES: dict[int, int] = {}


def file_handle(fileno: int) -> int | None:
    """What cs_sendfile() takes for an open file: the system's handle behind the C runtime's."""
    if not SENDS_FILES:
        return None
    return msvcrt.get_osfhandle(fileno)  # type: ignore[attr-defined,no-any-return,unused-ignore]
