"""multiprocessing sends our sockets as it does the standard library's: by a copy of the descriptor.

Its pickler finds what to do by the exact class, in a table of `multiprocessing.reduction`; ours is
entered there once that module has been imported, before the package or after (`_run` watches).
Plain pickle refuses sockets, as it does the standard library's.
"""

from __future__ import annotations

from typing import Any

from cffisock._api import socket


def rebuilt(rebuild: Any, args: Any) -> socket:
    """In the other process: ours in place of what the standard library makes of the copy."""
    theirs = rebuild(*args)
    return socket(theirs.family, theirs.type, theirs.proto, theirs.detach())


def register(reduction: Any) -> None:
    """Enter our class, unless it already is what the module knows as socket (see install())."""

    def reduce(sock: socket) -> Any:
        return rebuilt, reduction._reduce_socket(sock)

    if reduction.socket.socket is not socket:
        reduction.register(socket, reduce)
