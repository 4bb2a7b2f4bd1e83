"""Look-ups and conversions: hosts, services, protocols, interfaces, byte order, inet_*.

Arguments, audit events and exceptions are as the socket module promises; the room asks the system.
"""

from __future__ import annotations

import os
import sys
import warnings
from operator import index
from sys import audit

from cffisock._address import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    check_flowinfo,
    decode_bytes,
    host_bytes,
    pack_host,
    parse_flowinfo,
    resolve,
)
from cffisock._backend import ffi, lib, room
from cffisock._buffers import copied
from cffisock._memory import remember
from cffisock.backends.ints import INT_MAX, an_int, c_int, wrap32
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_AI_NUMERICHOST = CONSTANTS["AI_NUMERICHOST"]
_AI_NUMERICSERV = CONSTANTS.get("AI_NUMERICSERV", 0)
_SOCK_DGRAM = CONSTANTS["SOCK_DGRAM"]
_PACKED_SIZES = {AF_INET: 4, AF_INET6: 16}
_UINT_MAX = 2**32 - 1

# What numeric hosts resolve to never changes, so the system is asked once: getaddrinfo() took twice
# the time of the interpreter's own, for its answer is a list that many calls must read.
_numeric: dict[tuple[Any, ...], list[tuple[int, int, int, str, Any]]] = {}
_TRUNCATES_16 = sys.version_info < (3, 10)
# CPython's htonl() took an int alone where its htons() took all that has __index__.
_INT_ALONE = sys.implementation.name == "cpython" and sys.version_info < (3, 14)
_NegativeError = ValueError if sys.version_info >= (3, 14) else OverflowError


# -- hosts -----------------------------------------------------------------------------------


def getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[tuple[int, int, int, str, Any]]:
    """Resolve host and port: ``[(family, type, proto, canonname, sockaddr)]``; RFC 3493.

    A null character in host or port is a ValueError here; CPython cuts the text there.
    """
    key = _numeric_key(host, port, family, type, proto, flags)
    known = _numeric.get(key)
    if known:
        audit("socket.getaddrinfo", host, port, *key[2:5])
        return list(known)
    name = _lookup_host(host)
    service = _service(port)
    family, type, proto, flags = c_int(family), c_int(type), c_int(proto), c_int(flags)
    audit("socket.getaddrinfo", host, port, family, type, proto)
    found = [
        (family_, type_, proto_, canonical, decode_bytes(raw, proto, -1))
        for family_, type_, proto_, canonical, raw in room.getaddrinfo(
            name, service, family, type, proto, flags
        )
    ]
    if key and not flags and name and _is_numeric(name):
        remember(_numeric, key, found)
        return list(found)
    return found


def _numeric_key(host: Any, port: Any, *numbers: Any) -> tuple[Any, ...]:
    """What an answer is remembered by; () where one of the arguments is of an unusual type."""
    if type(host) is not str or type(port) is not int:
        return ()
    try:
        return (host, port, *map(an_int, numbers))
    except TypeError:
        return ()


def _is_numeric(name: bytes) -> bool:
    """Whether a host resolves to itself, now and always: a scope's name (%eth0) may not."""
    if b"%" in name:
        return False
    return bool(pack_host(name, AF_INET, 0, 0, 0) or pack_host(name, AF_INET6, 0, 0, 0))


def _lookup_host(host: Any) -> bytes | None:
    if host is None:
        return None
    if isinstance(host, str):
        name = host.encode("idna")
    elif isinstance(host, bytes):
        name = host
    else:
        raise TypeError("getaddrinfo() argument 1 must be string or None")
    return _no_null(name, "host")


def _service(port: Any) -> bytes | None:
    if port is None:
        return None
    if isinstance(port, str):
        return _no_null(port.encode(), "port")
    if isinstance(port, bytes):
        return _no_null(port, "port")
    if hasattr(port, "__index__"):
        return b"%d" % index(port)
    raise OSError("Int or String expected")


def _no_null(text: bytes, what: str) -> bytes:
    if b"\0" in text:
        raise ValueError(f"embedded null character in {what}")
    return text


def getnameinfo(sockaddr: Any, flags: int, /) -> tuple[str, str]:
    """The host and service names of an address: ``(host, service)``; RFC 3493."""
    flags = c_int(flags)
    if not isinstance(sockaddr, tuple):
        del sockaddr  # the traceback must not keep the caller's object alive
        raise TypeError("getnameinfo() argument 1 must be a tuple")
    if not 2 <= len(sockaddr) <= 4:
        raise TypeError("getnameinfo() argument 1 must be (host, port[, flowinfo[, scope_id]])")
    host, port = _text(sockaddr[0], "getnameinfo() host"), c_int(sockaddr[1])
    flowinfo = parse_flowinfo(sockaddr[2]) if len(sockaddr) > 2 else 0
    scope = wrap32(sockaddr[3]) if len(sockaddr) > 3 else 0
    check_flowinfo(flowinfo, "getnameinfo")
    audit("socket.getnameinfo", sockaddr)
    found = room.getaddrinfo(
        host, b"%d" % port, AF_UNSPEC, _SOCK_DGRAM, 0, _AI_NUMERICHOST | _AI_NUMERICSERV
    )
    if len(found) > 1:
        raise OSError("sockaddr resolved to multiple addresses")
    family, _, _, _, raw = found[0]
    if family == AF_INET and len(sockaddr) != 2:
        raise OSError("IPv4 sockaddr must be 2 tuple")
    sa = ffi.new("struct sockaddr_storage *")
    ffi.memmove(sa, raw, len(raw))
    if family == AF_INET6:
        lib.cs_inet_set(sa, int(decode_bytes(raw, 0, -1)[1]), flowinfo, scope)
    return room.getnameinfo(sa, len(raw), flags)


def gethostbyname(hostname: Any, /) -> str:
    """The first IPv4 address of a host, as text."""
    name = _idna_bytes(hostname)
    audit("socket.gethostbyname", hostname)
    return str(decode_bytes(resolve(name, AF_INET), 0, -1)[0])


def gethostbyname_ex(hostname: Any, /) -> tuple[str, list[str], list[str]]:
    """``(name, aliases, IPv4 addresses)`` of a host."""
    name = _idna_bytes(hostname)
    audit("socket.gethostbyname", hostname)
    decode_bytes(resolve(name, AF_INET), 0, -1)
    return _hostent(room.gethostbyname(name, AF_INET))


def gethostbyaddr(ip_address: Any, /) -> tuple[str, list[str], list[str]]:
    """``(name, aliases, addresses)`` of the host with an address, IPv4 or IPv6."""
    name = _idna_bytes(ip_address)
    audit("socket.gethostbyaddr", ip_address)
    address = decode_bytes(resolve(name, AF_UNSPEC), 0, -1)
    family = AF_INET if len(address) == 2 else AF_INET6
    return _hostent(room.gethostbyaddr(inet_pton(family, address[0]), family))


def _hostent(
    found: tuple[str, list[str], list[bytes], int],
) -> tuple[str, list[str], list[str]]:
    name, aliases, packed, family = found
    return name, aliases, [inet_ntop(family, bits) for bits in packed]


def _idna_bytes(name: Any) -> bytes:
    """A host name for gethostby*(): a str always goes through IDNA, whose errors are its own."""
    if not isinstance(name, str):
        return host_bytes(name)
    encoded = name.encode("idna")
    if b"\0" in encoded:
        raise TypeError("host name must not contain null character")
    return encoded


def gethostname() -> str:
    """The name of this host."""
    audit("socket.gethostname")
    return room.gethostname()


def sethostname(name: Any, /) -> None:
    """Set the name of this host; PermissionError without the right to."""
    if room.sethostname is None:
        raise OSError("this system has no sethostname()")
    encoded = os.fsencode(name) if isinstance(name, str) else bytes(memoryview(name))
    audit("socket.sethostname", encoded)
    room.sethostname(encoded)


# -- services and protocols -------------------------------------------------------------------


def _text(value: Any, what: str) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError("embedded null character")
    return value.encode()


def getservbyname(servicename: str, protocolname: Any = ..., /) -> int:
    """The port number of a service."""
    name = _text(servicename, "service name")
    proto = None if protocolname is ... else _text(protocolname, "protocol name")
    audit("socket.getservbyname", servicename, None if protocolname is ... else protocolname)
    port = room.getservbyname(name, proto)
    if port is None:
        raise OSError("service/proto not found")
    return port


def getservbyport(port: int, protocolname: Any = ..., /) -> str:
    """The name of the service on a port."""
    number = c_int(port)
    proto = None if protocolname is ... else _text(protocolname, "protocol name")
    if not 0 <= number <= 0xFFFF:
        raise OverflowError("getservbyport: port must be 0-65535.")
    audit("socket.getservbyport", number, None if protocolname is ... else protocolname)
    name = room.getservbyport(number, proto)
    if name is None:
        raise OSError("port/proto not found")
    return name


def getprotobyname(protocolname: str, /) -> int:
    """The number of a protocol."""
    number = room.getprotobyname(_text(protocolname, "protocol name"))
    if number is None:
        raise OSError("protocol not found")
    return number


# -- interfaces -------------------------------------------------------------------------------


def if_nameindex() -> list[tuple[int, str]]:
    """Every network interface: ``[(index, name)]``."""
    return room.if_nameindex()


def if_nametoindex(oname: Any, /) -> int:
    """The index of a network interface."""
    name = os.fsencode(oname)
    if b"\0" in name:
        raise ValueError("embedded null byte")
    return room.if_nametoindex(name)


def if_indextoname(if_index: int, /) -> str:
    """The name of a network interface."""
    number = index(if_index)
    if number < 0:
        raise _NegativeError("can't convert negative number to unsigned int")
    if number > _UINT_MAX:
        raise OverflowError("index is too large")
    return room.if_indextoname(number)


# -- byte order and packed addresses ----------------------------------------------------------


def _unsigned(value: Any, maximum: int, name: str) -> int:
    number = index(value)
    if number < 0:
        raise _NegativeError(f"{name}: can't convert negative Python int to C unsigned integer")
    if number > maximum:
        raise OverflowError(f"{name}: Python int too large to convert to C unsigned integer")
    return number


def _swap(number: int, size: int) -> int:
    return int.from_bytes(number.to_bytes(size, "big"), sys.byteorder)


def _unsigned16(value: Any, name: str) -> int:
    number = index(value)
    if _TRUNCATES_16 and 0xFFFF < number <= INT_MAX:
        warnings.warn(
            f"{name}() argument truncated to 16 bits: an OverflowError from Python 3.10 on",
            DeprecationWarning,
            stacklevel=3,
        )
        return number & 0xFFFF
    return _unsigned(number, 0xFFFF, name)


def _unsigned32(value: Any, name: str) -> int:
    if _INT_ALONE and not isinstance(value, int):
        raise TypeError(f"{name}() argument must be int, not {type(value).__name__}")
    return _unsigned(value, _UINT_MAX, name)


def htons(x: int, /) -> int:
    """A 16-bit number from host to network order."""
    return _swap(_unsigned16(x, "htons"), 2)


def ntohs(x: int, /) -> int:
    """A 16-bit number from network to host order."""
    return _swap(_unsigned16(x, "ntohs"), 2)


def htonl(x: int, /) -> int:
    """A 32-bit number from host to network order."""
    return _swap(_unsigned32(x, "htonl"), 4)


def ntohl(x: int, /) -> int:
    """A 32-bit number from network to host order."""
    return _swap(_unsigned32(x, "ntohl"), 4)


def inet_aton(ip_addr: str, /) -> bytes:
    """Four bytes for a dotted IPv4 address in any of its old forms; inet(3)."""
    packed = room.inet_aton(_text(ip_addr, "inet_aton() argument"))
    if packed is None:
        raise OSError("illegal IP address string passed to inet_aton")
    return packed


def inet_ntoa(packed_ip: Any, /) -> str:
    """The dotted form of four bytes."""
    bits = copied(packed_ip)
    if len(bits) != _PACKED_SIZES[AF_INET]:
        raise OSError("packed IP wrong length for inet_ntoa")
    return inet_ntop(AF_INET, bits)


def inet_pton(address_family: int, ip_string: str, /) -> bytes:
    """The packed form of an IPv4 or IPv6 address; inet_pton(3)."""
    family = c_int(address_family)
    text = _text(ip_string, "inet_pton() argument 2")
    out = ffi.new("char[16]")
    answer = lib.cs_inet_pton(family, text, out)
    if answer < 0:
        raise room.error(-answer)
    if not answer:
        raise OSError("illegal IP address string passed to inet_pton")
    return ffi.unpack(out, _PACKED_SIZES[family])


def inet_ntop(address_family: int, packed_ip: Any, /) -> str:
    """The text of a packed IPv4 or IPv6 address; inet_ntop(3)."""
    family = c_int(address_family)
    bits = copied(packed_ip)
    if family not in _PACKED_SIZES:
        raise ValueError(f"unknown address family {family}")
    if len(bits) != _PACKED_SIZES[family]:
        raise ValueError("invalid length of packed IP address string")
    out = ffi.new("char[46]")
    if not lib.inet_ntop(family, bits, out, len(out)):
        raise OSError("the address has no text")
    return ffi.string(out).decode()
