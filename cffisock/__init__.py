"""Python's socket module, rebuilt on CFFI: the same names, the same behaviour, on every system.

``import cffisock as socket``, or ``python -m cffisock run program.py`` for a program that never
heard of it. What goes beyond `socket` is in submodules and in `install` and `uninstall`.
"""

from __future__ import annotations

import sys as _sys
from errno import EAGAIN, EBADF, EWOULDBLOCK

from cffisock import _socket
from cffisock._api import _GiveupOnSendfile, socket
from cffisock._backend import room as _room
from cffisock._constants import Incomplete as _Incomplete
from cffisock._constants import is_enumerated as _is_enumerated
from cffisock._helpers import (
    _GLOBAL_DEFAULT_TIMEOUT,
    _LOCALHOST,
    _LOCALHOST_V6,
    _fallback_socketpair,
    _intenum_converter,
    create_connection,
    create_server,
    fromfd,
    getaddrinfo,
    getfqdn,
    has_dualstack_ipv6,
    socketpair,
)
from cffisock._run import install, uninstall
from cffisock._run import watch_imports as _watch_imports
from cffisock._stream import SocketIO, _blocking_errnos

# `_socket`'s names, under what is above; members of enums come when the first is asked for.
_public = {name: value for name, value in vars(_socket).items() if not name.startswith("_")}
globals().update({**{n: v for n, v in _public.items() if not _is_enumerated(n)}, **globals()})

__all__ = [
    "AddressFamily",
    "SocketKind",
    "create_connection",
    "create_server",
    "fromfd",
    "getfqdn",
    "has_dualstack_ipv6",
    *_public,
]

if "SCM_RIGHTS" in _public:
    from cffisock._helpers import recv_fds, send_fds

    __all__ += ["recv_fds", "send_fds"]
if _room.from_share is not None:
    from cffisock._helpers import fromshare

    __all__ += ["fromshare"]
if not _room.HAS_SOCKETPAIR:
    __all__ += ["socketpair"]

_sys.modules[__name__].__class__ = _Incomplete
_watch_imports()

del annotations
