"""TLS on our sockets: the interpreter's `ssl` module, imported after install(), made to take them.

CPython's `_ssl` reads descriptor and time-out from the C struct of the interpreter's own socket, so
each connected SSLSocket gets a twin of that type: the same descriptor, never its owner. Everything
else of `ssl` is Python over the public methods. PyPy's `_ssl` asks the methods and needs no twin.
"""

from __future__ import annotations

from typing import Any

from cffisock._api import socket


def _twin_class(base: Any) -> Any:
    """A subclass of the interpreter's own socket type that lets go of its descriptor."""

    class Twin(base):  # type: ignore[misc]
        __slots__ = ("__weakref__",)

        def __del__(self) -> None:
            self.detach()

    return Twin


def adapt(ssl: Any, base: Any) -> None:
    """Make an `ssl` whose SSLSocket derives from our class work; `base` is the C socket type."""
    ours = ssl.SSLSocket
    if not issubclass(ours, socket) or "_twin" in vars(ours):
        return
    twin_class = _twin_class(base)
    wrap = ssl.SSLContext._wrap_socket
    unwrap = ours.unwrap

    def _wrap_socket(self: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(sock, ours):
            return wrap(self, sock, *args, **kwargs)
        twin = twin_class(sock.family, sock.type, sock.proto, sock.fileno())
        sock._twin = twin
        twin.settimeout(sock.gettimeout())
        return wrap(self, twin, *args, **kwargs)

    def settimeout(self: Any, value: Any, /) -> None:
        socket.settimeout(self, value)
        if self._twin is not None:
            self._twin.settimeout(self.gettimeout())

    def setblocking(self: Any, flag: Any, /) -> None:
        self.settimeout(None if flag else 0.0)

    def release(self: Any) -> None:
        twin, self._twin = self._twin, None
        if twin is not None:
            twin.detach()

    def detach(self: Any) -> int:
        release(self)
        return socket.detach(self)

    def unwrap_ours(self: Any) -> Any:
        plain = unwrap(self)
        if plain is self._twin:
            release(self)
            return self
        return plain

    ssl.SSLContext._wrap_socket = _wrap_socket
    ours._twin = None
    for name, method in (
        ("settimeout", settimeout),
        ("setblocking", setblocking),
        ("detach", detach),
        ("unwrap", unwrap_ours),
    ):
        method.__name__ = name
        method.__qualname__ = f"SSLSocket.{name}"
        setattr(ours, name, method)
