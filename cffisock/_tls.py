"""TLS on our sockets: the interpreter's `ssl` module, imported after install(), made to take them.

CPython's `_ssl` reads descriptor and time-out from the C struct of the interpreter's own socket, so
each connected SSLSocket gets a twin of that type: the same descriptor, never its owner. Everything
else of `ssl` is Python over the public methods. PyPy's `_ssl` asks the methods and needs no twin.
Programs that call `_ssl` with the class under SSLSocket (gevent does) get a `Link` to a twin.
"""

from __future__ import annotations

from typing import Any

from cffisock import _core
from cffisock._api import socket


def _twin_class(base: Any) -> Any:
    """A subclass of the interpreter's own socket type that lets go of its descriptor."""

    class Twin(base):  # type: ignore[misc]
        __slots__ = ("__weakref__",)

        def __del__(self) -> None:
            self.detach()

    return Twin


class Link:
    """What `_ssl` made for a bare socket: it keeps the twin, and shows the socket instead of it.

    The twin has the socket's time-out of the moment it was wrapped; who works at this level waits
    by himself, on a socket that does not block.
    """

    def __init__(self, made: Any, sock: Any, twin: Any) -> None:
        vars(self).update(_made=made, _sock=sock, _twin=twin)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._made, name, value)

    def shutdown(self) -> Any:
        """Send close_notify and wait for the peer's; the plain socket."""
        plain = self._made.shutdown()
        return self._sock if plain is self._twin else plain


def adapt(ssl: Any, base: Any) -> None:
    """Make an `ssl` imported after install() take our sockets; `base` is the C socket type.

    Its SSLSocket need not derive from our class: gevent puts its own there before.
    """
    cls = ssl.SSLSocket
    if issubclass(cls, base) or "_twin" in vars(cls):
        return
    cls._twin = None
    _adapt_context(ssl.SSLContext, cls, _twin_class(base))
    if issubclass(cls, socket):
        _adapt_class(cls)


def _adapt_context(context: Any, cls: Any, twin_class: Any) -> None:
    wrap = context._wrap_socket

    def _wrap_socket(self: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(sock, _core.socket):
            return wrap(self, sock, *args, **kwargs)
        twin = twin_class(sock.family, sock.type, sock.proto, sock.fileno())
        twin.settimeout(sock.gettimeout())
        made = wrap(self, twin, *args, **kwargs)
        if not isinstance(sock, cls):
            return Link(made, sock, twin)
        sock._twin = twin
        return made

    context._wrap_socket = _wrap_socket


def _adapt_class(cls: Any) -> None:
    unwrap = cls.unwrap

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

    for name, method in (
        ("settimeout", settimeout),
        ("setblocking", setblocking),
        ("detach", detach),
        ("unwrap", unwrap_ours),
    ):
        method.__name__ = name
        method.__qualname__ = f"SSLSocket.{name}"
        setattr(cls, name, method)
