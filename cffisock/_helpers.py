"""Module functions that put sockets together: pairs, clients, servers, descriptors in messages.

Programs replace names of the public module (`socket.socket = socks.socksocket`, a mocked
`getaddrinfo`) and expect these functions to use the replacement: so they look names up there.
"""

from __future__ import annotations

import builtins

import cffisock
from cffisock import _core, _names
from cffisock._api import socket
from cffisock._backend import ffi, room
from cffisock._constants import FAMILIES, KINDS
from cffisock._message import CMSG_LEN
from cffisock.backends.ints import c_int
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

public: Any = cffisock  # where programs put what they like

AF_INET = CONSTANTS["AF_INET"]
AF_INET6 = CONSTANTS["AF_INET6"]
SOCK_STREAM = CONSTANTS["SOCK_STREAM"]
_SOL_SOCKET = CONSTANTS["SOL_SOCKET"]
_IPPROTO_IPV6 = CONSTANTS["IPPROTO_IPV6"]
_IPV6_V6ONLY = CONSTANTS["IPV6_V6ONLY"]
_INT_SIZE = ffi.sizeof("int")

_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"
_SECONDS_TO_MEET = 5
_GLOBAL_DEFAULT_TIMEOUT = object()
_ExceptionGroup: Any = getattr(builtins, "ExceptionGroup", None)  # Python 3.11 and later


def getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[tuple[Any, Any, int, str, Any]]:
    """Resolve host and port: ``[(family, type, proto, canonname, sockaddr)]``; RFC 3493."""
    return [
        (FAMILIES[entry[0]], KINDS[entry[1]], *entry[2:])
        for entry in _names.getaddrinfo(host, port, family, type, proto, flags)
    ]


def _intenum_converter(value: int, enum_klass: Any) -> Any:
    try:
        return enum_klass(value)
    except ValueError:
        return value


def fromfd(fd: int, family: int, type: int, proto: int = 0) -> socket:
    """A socket on a duplicate of a descriptor."""
    sock: socket = _core.hand_over(
        _core.dup(fd), lambda fileno: public.socket(family, type, proto, fileno)
    )
    return sock


def fromshare(info: bytes) -> socket:
    """The socket that another process passed with ``share()``; Windows only."""
    return public.socket(0, 0, 0, info)


def socketpair(
    family: int | None = None, type: int = SOCK_STREAM, proto: int = 0
) -> tuple[socket, socket]:
    """Two connected sockets: AF_UNIX where the system has such pairs, else TCP over loopback."""
    if room.HAS_SOCKETPAIR:
        kind = CONSTANTS["AF_UNIX"] if family is None else family, type, proto
        return _core.make_pair(socket, *kind) if public.socket is socket else _other_pair(*kind)
    if family is not None and family == CONSTANTS.get("AF_UNIX"):
        return _unix_socketpair(family, type, proto)
    return _fallback_socketpair(AF_INET if family is None else family, type, proto)


def _other_pair(family: int, type: int, proto: int) -> tuple[Any, Any]:
    """A pair of the class that a program put in the place of ours."""
    made: list[Any] = []
    pair = _core.make_pair(_core.socket, family, type, proto)
    try:
        for end in pair:
            fd = end.detach()
            made.append(
                _core.hand_over(fd, lambda fileno: public.socket(family, type, proto, fileno))
            )
    except BaseException:
        for end in (*made, *pair):
            end.close()
        raise
    return made[0], made[1]


def _fallback_socketpair(
    family: int = AF_INET, type: int = SOCK_STREAM, proto: int = 0
) -> tuple[socket, socket]:
    """A pair made over loopback, whose two ends are checked to belong together."""
    hosts = {AF_INET: _LOCALHOST, AF_INET6: _LOCALHOST_V6}
    if family not in hosts:
        raise ValueError("Only AF_INET and AF_INET6 socket address families are supported")
    with _pair_listener(family, type, proto) as listener:
        listener.bind((hosts[AF_INET6 if family == AF_INET6 else AF_INET], 0))
        client, server = _meet(listener, family, type, proto)
    try:
        # Anybody on this machine can connect to the listener: refuse a stranger.
        if (
            server.getsockname() != client.getpeername()
            or client.getsockname() != server.getpeername()
        ):
            raise ConnectionError("Unexpected peer connection")
    except BaseException:
        server.close()
        client.close()
        raise
    return server, client


def _unix_socketpair(family: int, type: int, proto: int) -> tuple[socket, socket]:
    """A pair made over a path in a new folder, for a system with AF_UNIX but no socketpair()."""
    import os  # noqa: PLC0415 -- what follows is rarely used and slow to import
    import tempfile  # noqa: PLC0415

    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "s")
    try:
        with _pair_listener(family, type, proto) as listener:
            listener.bind(path)
            client, server = _meet(listener, family, type, proto)
        try:
            _recognise(client, server, os.urandom(16))
        except BaseException:
            server.close()
            client.close()
            raise
    finally:
        if os.path.lexists(path):
            os.unlink(path)
        os.rmdir(folder)
    return server, client


def _recognise(client: socket, server: socket, secret: bytes) -> None:
    """Refuse a stranger: these sockets have no names that would tell the ends apart."""
    timeout = server.gettimeout()
    server.settimeout(_SECONDS_TO_MEET)
    client.sendall(secret)
    if server.recv(len(secret)) != secret:
        raise ConnectionError("Unexpected peer connection")
    server.settimeout(timeout)


def _pair_listener(family: int, type: int, proto: int) -> socket:
    if type != SOCK_STREAM:
        raise ValueError("Only SOCK_STREAM socket type is supported")
    if proto != 0:
        raise ValueError("Only protocol zero is supported")
    listener: socket = public.socket(family, type, proto)
    return listener


def _meet(listener: socket, family: int, type: int, proto: int) -> tuple[socket, socket]:
    """A new client of the bound socket, and what accept() gives."""
    listener.listen()
    client = public.socket(family, type, proto)
    try:
        address = listener.getsockname()
        _connect_without_waiting(client, address[:2] if isinstance(address, tuple) else address)
        server, _ = listener.accept()
    except BaseException:
        client.close()
        raise
    return client, server


def _connect_without_waiting(client: socket, address: Any) -> None:
    """Begin a connection that the listener in this thread accepts next."""
    client.setblocking(False)
    try:
        client.connect(address)
    except (BlockingIOError, InterruptedError):
        pass  # it finishes when the listener accepts it
    client.setblocking(True)


def getfqdn(name: str = "") -> str:
    """The fully qualified name of a host, this one by default; the name itself if unknown."""
    name = name.strip()
    if not name or name in ("0.0.0.0", "::"):  # noqa: S104 -- compared, not bound
        name = public.gethostname()
    try:
        hostname, aliases, _ = public.gethostbyaddr(name)
    except OSError:
        return name
    for candidate in [hostname, *aliases]:
        if "." in candidate:
            return candidate
    return hostname


def create_connection(
    address: tuple[Any, Any],
    timeout: Any = _GLOBAL_DEFAULT_TIMEOUT,
    source_address: Any = None,
    *,
    all_errors: bool = False,
) -> socket:
    """Connect to ``(host, port)``, trying each of its addresses in turn.

    The last error is raised, or with `all_errors` an ExceptionGroup of all (Python 3.11 and later;
    before, the last one again).
    """
    host, port = address
    errors: list[OSError] = []
    for found in public.getaddrinfo(host, port, 0, SOCK_STREAM):
        try:
            sock = _connect_one(found, timeout, source_address)
        except OSError as error:
            if not all_errors:
                errors.clear()
            errors.append(error)
        else:
            errors.clear()
            return sock
    if not errors:
        raise OSError("getaddrinfo returns an empty list")
    try:
        if all_errors and _ExceptionGroup is not None:
            raise _ExceptionGroup("create_connection failed", list(errors))
        raise errors[-1]
    finally:
        errors.clear()  # break the cycle through the traceback


def _connect_one(found: Any, timeout: Any, source_address: Any) -> socket:
    """A socket connected to one of getaddrinfo's answers."""
    family, type_, proto, _, sockaddr = found
    sock: socket = public.socket(family, type_, proto)
    try:
        # A bare object() is this module's sentinel or that of `socket` itself.
        if type(timeout) is not object:
            sock.settimeout(timeout)
        if source_address:
            sock.bind(source_address)
        sock.connect(sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock


def has_dualstack_ipv6() -> bool:
    """Whether this system can serve IPv4 and IPv6 with one socket."""
    try:
        with public.socket(AF_INET6, SOCK_STREAM) as sock:
            sock.setsockopt(_IPPROTO_IPV6, _IPV6_V6ONLY, 0)
            return True
    except OSError:
        return False


def create_server(
    address: Any,
    *,
    family: int = AF_INET,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> socket:
    """A listening TCP socket on ``(host, port)``; with `dualstack_ipv6` for IPv4 as well."""
    if reuse_port and "SO_REUSEPORT" not in CONSTANTS:
        raise ValueError("SO_REUSEPORT not supported on this platform")
    if dualstack_ipv6:
        if not public.has_dualstack_ipv6():
            raise ValueError("dualstack_ipv6 not supported on this platform")
        if family != AF_INET6:
            raise ValueError("dualstack_ipv6 requires AF_INET6 family")
    sock = public.socket(family, SOCK_STREAM)
    try:
        _set_server_options(sock, family, reuse_port, dualstack_ipv6)
        try:
            sock.bind(address)
        except OSError as error:
            text = f"{error.strerror} (while attempting to bind on address {address!r})"
            raise OSError(error.errno, text) from None
        if backlog is None:
            sock.listen()
        else:
            sock.listen(backlog)
        return sock
    except BaseException:
        sock.close()
        raise


def _set_server_options(sock: socket, family: int, reuse_port: bool, dualstack_ipv6: bool) -> None:
    if room.REUSE_ADDRESS_IS_SAFE:
        try:
            sock.setsockopt(_SOL_SOCKET, CONSTANTS["SO_REUSEADDR"], 1)
        except OSError:
            pass  # a convenience: bind() will tell if it was needed
    if reuse_port and family in (AF_INET, AF_INET6):
        sock.setsockopt(_SOL_SOCKET, CONSTANTS["SO_REUSEPORT"], 1)
    if family == AF_INET6:
        sock.setsockopt(_IPPROTO_IPV6, _IPV6_V6ONLY, 0 if dualstack_ipv6 else 1)


def send_fds(sock: Any, buffers: Any, fds: Any, flags: int = 0, address: Any = None) -> int:
    """Send descriptors with some data over an AF_UNIX socket: bytes sent. (flags and address are
    ignored, as in the standard library.)"""
    if isinstance(fds, (bytes, bytearray)):  # packed already, as a message brings them
        rights = bytes(fds)
    else:
        rights = bytes(ffi.buffer(ffi.new("int[]", [c_int(fd) for fd in fds])))
    return sock.sendmsg(buffers, [(_SOL_SOCKET, CONSTANTS["SCM_RIGHTS"], rights)])


def recv_fds(
    sock: Any, bufsize: int, maxfds: int, flags: int = 0
) -> tuple[bytes, list[int], int, Any]:
    """Receive data and at most `maxfds` descriptors: ``(data, fds, flags, address)``."""
    size = CMSG_LEN(maxfds * _INT_SIZE)
    data, ancdata, flags, address = sock.recvmsg(bufsize, size)
    fds: list[int] = []
    for level, kind, payload in ancdata:
        if level == _SOL_SOCKET and kind == CONSTANTS["SCM_RIGHTS"]:
            whole = len(payload) // _INT_SIZE
            fds.extend(ffi.unpack(ffi.cast("int *", ffi.from_buffer(payload)), whole))
    return data, fds, flags, address
