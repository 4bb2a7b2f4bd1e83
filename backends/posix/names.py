"""Look-ups by libc: hosts, services, protocols, interfaces. Bytes in, text out, no policy."""

from __future__ import annotations

import os
from _thread import allocate_lock  # threading would take longer to import than this package

from cffisock._ffi import ffi, lib
from cffisock.backends.errors import gaierror, herror
from cffisock.backends.lookups import read_addrinfo, read_hostent
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NI_MAXHOST = 1025
NI_MAXSERV = 32
HOSTENT_BUFFER = 16384

# libc answers these look-ups out of static storage: one at a time, read before the next.
_static_storage = allocate_lock()


def _fresh_lock() -> None:
    """In a child that was forked while another thread held the lock, nobody would release it."""
    global _static_storage  # noqa: PLW0603 -- a lock cannot be reset in place
    _static_storage = allocate_lock()


os.register_at_fork(after_in_child=_fresh_lock)


def _hostent_lock() -> Any:
    """For gethostby*(): nobody else's lock where the call has a buffer of its own."""
    return allocate_lock() if lib.cs_hostent_in_buf() else _static_storage


# netdb.h's h_errno values, the same on every system; the texts are ours for want of a re-entrant
# hstrerror().
_H_ERRORS = {
    1: "Unknown host",
    2: "Host name lookup failure",
    3: "Unknown server error",
    4: "No address associated with name",
}


def _text(pointer: Any) -> str:
    return ffi.string(pointer).decode("utf-8", "surrogateescape")


def _raise_gaierror(code: int, system_code: int) -> None:
    if code == CONSTANTS.get("EAI_SYSTEM"):
        raise OSError(system_code, os.strerror(system_code))
    raise gaierror(code, _text(lib.gai_strerror(code)))


def getaddrinfo(
    host: bytes | None, service: bytes | None, family: int, type: int, proto: int, flags: int
) -> list[tuple[int, int, int, str, bytes]]:
    """Answer ``(family, type, proto, canonical name, raw sockaddr)`` in the system's order."""
    out = ffi.new("struct addrinfo **")
    system_code = ffi.new("int *")
    code = lib.cs_getaddrinfo(
        ffi.NULL if host is None else host,
        ffi.NULL if service is None else service,
        family,
        type,
        proto,
        flags,
        out,
        system_code,
    )
    if code:
        _raise_gaierror(code, system_code[0])
    try:
        return read_addrinfo(out[0], _text)
    finally:
        lib.freeaddrinfo(out[0])


def getnameinfo(sa: Any, length: int, flags: int) -> tuple[str, str]:
    """Answer ``(host, service)`` for a sockaddr; getnameinfo(3)."""
    host = ffi.new("char[]", NI_MAXHOST)
    service = ffi.new("char[]", NI_MAXSERV)
    system_code = ffi.new("int *")
    code = lib.cs_getnameinfo(sa, length, host, NI_MAXHOST, service, NI_MAXSERV, flags, system_code)
    if code:
        _raise_gaierror(code, system_code[0])
    return _text(host), _text(service)


def _read_hostent(code: int, out: Any) -> tuple[str, list[str], list[bytes], int]:
    if code:
        raise herror(code, _H_ERRORS.get(code, "Unknown resolver error"))
    return read_hostent(out[0], _text)


def gethostbyname(name: bytes, family: int) -> tuple[str, list[str], list[bytes], int]:
    """Answer ``(name, aliases, packed addresses, family)``; gethostbyname(3)."""
    buf = ffi.new("char[]", HOSTENT_BUFFER)
    out = ffi.new("struct hostent **")
    with _hostent_lock():
        code = lib.cs_gethostbyname(name, family, buf, HOSTENT_BUFFER, out)
        return _read_hostent(code, out)


def gethostbyaddr(bits: bytes, family: int) -> tuple[str, list[str], list[bytes], int]:
    """Answer ``(name, aliases, packed addresses, family)``; gethostbyaddr(3)."""
    buf = ffi.new("char[]", HOSTENT_BUFFER)
    out = ffi.new("struct hostent **")
    with _hostent_lock():
        code = lib.cs_gethostbyaddr(bits, len(bits), family, buf, HOSTENT_BUFFER, out)
        return _read_hostent(code, out)


def gethostname() -> str:
    """The host's name; gethostname(2)."""
    buf = ffi.new("char[]", NI_MAXHOST)
    code = lib.cs_gethostname(buf, NI_MAXHOST)
    if code < 0:
        raise OSError(-code, os.strerror(-code))
    return os.fsdecode(ffi.string(buf))


def sethostname(name: bytes) -> None:
    """Set the host's name; sethostname(2), privileged."""
    code = lib.cs_sethostname(name, len(name))
    if code < 0:
        raise OSError(-code, os.strerror(-code))


def _or_null(text: bytes | None) -> Any:
    return ffi.NULL if text is None else text


def getservbyname(name: bytes, proto: bytes | None) -> int | None:
    """The port of a service, None if unknown; getservbyname(3)."""
    with _static_storage:
        entry = lib.getservbyname(name, _or_null(proto))
        return lib.cs_servent_port(entry) if entry else None


def getservbyport(port: int, proto: bytes | None) -> str | None:
    """The name of the service on a port, None if unknown; getservbyport(3)."""
    with _static_storage:
        entry = lib.cs_getservbyport(port, _or_null(proto))
        return _text(entry.s_name) if entry else None


def getprotobyname(name: bytes) -> int | None:
    """The number of a protocol, None if unknown; getprotobyname(3)."""
    with _static_storage:
        entry = lib.getprotobyname(name)
        return lib.cs_protoent_proto(entry) if entry else None


def inet_aton(text: bytes) -> bytes | None:
    """Four bytes for a dotted address in any of the old forms, None if it is none; inet(3)."""
    out = ffi.new("char[4]")
    return ffi.unpack(out, 4) if lib.cs_inet_aton(text, out) else None


def if_nameindex() -> list[tuple[int, str]]:
    """Every interface; if_nameindex(3)."""
    table = lib.if_nameindex()
    if not table:
        raise OSError(ffi.errno, os.strerror(ffi.errno))
    found: list[tuple[int, str]] = []
    try:
        while table[len(found)].if_index:
            row = table[len(found)]
            found.append((row.if_index, os.fsdecode(ffi.string(row.if_name))))
    finally:
        lib.if_freenameindex(table)
    return found


def if_nametoindex(name: bytes) -> int:
    """The index of an interface; if_nametoindex(3)."""
    index = lib.cs_if_nametoindex(name)
    if index < 0:
        raise OSError(-index, os.strerror(-index))
    return index


def if_indextoname(index: int) -> str:
    """The name of an interface; if_indextoname(3)."""
    out = ffi.new("char[]", 64)
    code = lib.cs_if_indextoname(index, out)
    if code < 0:
        raise OSError(-code, os.strerror(-code))
    return os.fsdecode(ffi.string(out))
