"""Look-ups by Winsock: hosts, services, protocols, interfaces. Bytes in, text out, no policy."""

from __future__ import annotations

import errno
from typing import Any

from cffisock._ffi import ffi, lib
from cffisock.backends.errors import gaierror, herror
from cffisock.backends.lookups import read_addrinfo, read_hostent

from .system import error

NI_MAXHOST = 1025
NI_MAXSERV = 32
IF_NAME_SIZE = 257  # NDIS_IF_MAX_STRING_SIZE and a NUL


def _wide(name: bytes | None) -> Any:
    # Bytes are text of the ANSI code page, as the narrow function would have it.
    return ffi.NULL if name is None else name.decode("mbcs", "replace")


def _text(pointer: Any) -> str:
    # The structures of the old look-ups hold the ANSI code page's bytes.
    return ffi.string(pointer).decode("mbcs", "replace")


def getaddrinfo(
    host: bytes | None, service: bytes | None, family: int, type: int, proto: int, flags: int
) -> list[tuple[int, int, int, str, bytes]]:
    """Answer ``(family, type, proto, canonical name, raw sockaddr)`` in the system's order."""
    out = ffi.new("ADDRINFOW **")
    code = lib.cs_getaddrinfo(_wide(host), _wide(service), family, type, proto, flags, out)
    if code:
        raise gaierror(code, "getaddrinfo failed")
    try:
        return read_addrinfo(out[0], ffi.string)
    finally:
        lib.FreeAddrInfoW(out[0])


def getnameinfo(sa: Any, length: int, flags: int) -> tuple[str, str]:
    """Answer ``(host, service)`` for a sockaddr; GetNameInfoW."""
    host = ffi.new("wchar_t[]", NI_MAXHOST)
    service = ffi.new("wchar_t[]", NI_MAXSERV)
    code = lib.cs_getnameinfo(sa, length, host, NI_MAXHOST, service, NI_MAXSERV, flags)
    if code:
        raise gaierror(code, "getaddrinfo failed")  # the interpreter's words for both
    return ffi.string(host), ffi.string(service)


def _read_hostent(code: int, out: Any) -> tuple[str, list[str], list[bytes], int]:
    if code:
        raise herror(code, "host not found")
    return read_hostent(out[0], _text)


def gethostbyname(name: bytes, family: int) -> tuple[str, list[str], list[bytes], int]:
    """Answer ``(name, aliases, packed addresses, family)``; Winsock knows only AF_INET here."""
    out = ffi.new("struct hostent **")
    return _read_hostent(lib.cs_gethostbyname(name, out), out)


def gethostbyaddr(bits: bytes, family: int) -> tuple[str, list[str], list[bytes], int]:
    """Answer ``(name, aliases, packed addresses, family)``."""
    out = ffi.new("struct hostent **")
    return _read_hostent(lib.cs_gethostbyaddr(bits, len(bits), family, out), out)


def gethostname() -> str:
    """The DNS name of this host; GetComputerNameExW."""
    out = ffi.new("wchar_t[]", NI_MAXHOST)
    code = lib.cs_gethostname(out, NI_MAXHOST)
    if code < 0:
        raise error(-code)
    return ffi.string(out)


def _or_null(text: bytes | None) -> Any:
    return ffi.NULL if text is None else text


def getservbyname(name: bytes, proto: bytes | None) -> int | None:
    """The port of a service, None if unknown."""
    port: int = lib.cs_getservbyname(name, _or_null(proto))
    return None if port < 0 else port


def getservbyport(port: int, proto: bytes | None) -> str | None:
    """The name of the service on a port, None if unknown."""
    entry = lib.cs_getservbyport(port, _or_null(proto))
    return _text(entry.s_name) if entry else None


def getprotobyname(name: bytes) -> int | None:
    """The number of a protocol, None if unknown."""
    number: int = lib.cs_getprotobyname(name)
    return None if number < 0 else number


def inet_aton(text: bytes) -> bytes | None:
    """Four bytes for a dotted address in any of the old forms, None if it is none; inet_addr."""
    out = ffi.new("char[4]")
    return ffi.unpack(out, 4) if lib.cs_inet_aton(text, out) else None


def if_nameindex() -> list[tuple[int, str]]:
    """Every interface with its LUID name; GetIfTable2Ex."""
    table = ffi.new("void **")
    count = lib.cs_if_table(table)
    if count < 0:
        raise error(-count)
    name = ffi.new("wchar_t[]", IF_NAME_SIZE)
    found = []
    try:
        for row in range(count):
            index = lib.cs_if_row(table[0], row, name, IF_NAME_SIZE)
            if index < 0:
                raise error(-index)
            found.append((index, ffi.string(name)))
    finally:
        lib.cs_if_free(table[0])
    return found


def if_nametoindex(name: bytes) -> int:
    """The index of an interface."""
    index: int = lib.cs_if_nametoindex(name)
    if not index:
        raise OSError(errno.ENODEV, "no interface with this name")
    return index


def if_indextoname(index: int) -> str:
    """The name of an interface."""
    out = ffi.new("char[]", IF_NAME_SIZE)
    if not lib.cs_if_indextoname(index, out):
        raise OSError(errno.ENXIO, "no interface with this index")
    return _text(out)
