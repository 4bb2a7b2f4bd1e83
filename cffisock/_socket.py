"""The face of CPython's `_socket`: plain ints, the base class, the functions under `socket`.

`cffisock.install()` puts this module into sys.modules as `_socket`.
"""

from __future__ import annotations

from typing import Any

from cffisock._backend import room
from cffisock._core import (
    close,
    dup,
    getdefaulttimeout,
    make_pair,
    setdefaulttimeout,
    socket,
)
from cffisock._message import CMSG_LEN, CMSG_SPACE
from cffisock._names import (
    getaddrinfo,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    getprotobyname,
    getservbyname,
    getservbyport,
    htonl,
    htons,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
    inet_aton,
    inet_ntoa,
    inet_ntop,
    inet_pton,
    ntohl,
    ntohs,
)
from cffisock.backends.errors import gaierror, herror, timeout
from cffisock.backends.table import CONSTANTS, TEXTS

SocketType = socket
error = OSError
has_ipv6 = True

if room.HAS_SOCKETPAIR:

    def socketpair(
        family: int = CONSTANTS["AF_UNIX"], type: int = CONSTANTS["SOCK_STREAM"], proto: int = 0, /
    ) -> tuple[Any, Any]:
        """Two connected plain sockets; socketpair(2)."""
        return make_pair(socket, family, type, proto)


globals().update(CONSTANTS)
globals().update(TEXTS)
globals().update(room.EXTRA_NAMES)

# What `from _socket import *` would give: the names of this module that are not its machinery.
_MACHINERY = {"Any", "CONSTANTS", "TEXTS", "annotations", "make_pair", "room"}
PUBLIC = [name for name in globals() if not name.startswith("_") and name not in _MACHINERY]
