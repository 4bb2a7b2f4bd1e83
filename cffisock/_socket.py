"""The face of CPython's `_socket`: plain ints, the base class, the functions under `socket`.

`cffisock.install()` puts this module into sys.modules as `_socket`.
"""

# ruff: noqa: F401 -- to import the names is what this module is for

from __future__ import annotations

from cffisock._backend import room as _room
from cffisock._core import close, dup, getdefaulttimeout, setdefaulttimeout, socket
from cffisock._core import make_pair as _make_pair
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
from cffisock.backends.table import CONSTANTS as _CONSTANTS
from cffisock.backends.table import TEXTS as _TEXTS

SocketType = socket
error = OSError
has_ipv6 = True

if _room.sethostname is not None:
    from cffisock._names import sethostname

if _room.HAS_SOCKETPAIR:

    def socketpair(
        family: int = _CONSTANTS["AF_UNIX"],
        type: int = _CONSTANTS["SOCK_STREAM"],
        proto: int = 0,
        /,
    ) -> tuple[socket, socket]:
        """Two connected plain sockets; socketpair(2)."""
        return _make_pair(socket, family, type, proto)


globals().update(_CONSTANTS)
globals().update(_TEXTS)
globals().update(_room.EXTRA_NAMES)

del annotations
