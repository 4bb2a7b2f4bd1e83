"""Python addresses to sockaddrs and back. AF_INET and AF_INET6 are here; the room has the rest.

Numeric addresses are packed without a look-up and both directions are remembered: a server answers
the same peers again and again. What is remembered is immutable, so sharing it is safe.
"""

from __future__ import annotations

from cffisock._backend import ffi, lib, room
from cffisock._memory import KEPT, remember
from cffisock.backends.ints import c_int, wrap32
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

AF_UNSPEC = CONSTANTS["AF_UNSPEC"]
AF_INET = CONSTANTS["AF_INET"]
AF_INET6 = CONSTANTS["AF_INET6"]
SOCK_DGRAM = CONSTANTS["SOCK_DGRAM"]
AI_PASSIVE = CONSTANTS["AI_PASSIVE"]

_packed: dict[Any, tuple[Any, int]] = {}
_unpacked: dict[bytes, Any] = {}
known_address = _unpacked.get
_hosts: dict[bytes, str] = {}  # the four bytes of an IPv4 address to its text

_INET_LIKE = room.INET_LIKE
_ENCODERS = room.ENCODERS
_DECODERS = room.DECODERS
_unpack = ffi.unpack
_SOCKADDR = ffi.typeof("struct sockaddr_storage *")


def encode(address: Any, family: int, proto: int, fd: int, where: str) -> tuple[Any, int]:
    """Pack an address for a system call: ``(sockaddr, length)``.

    `where` is the calling method, for messages. Resolves host names; raises what the standard
    library raises.
    """
    if family in _INET_LIKE:
        try:
            # ("127.0.0.1", 80.0) is equal to what is remembered, and no address; to compare bytes
            # with it is an error under python -bb.
            if type(address) is tuple and type(address[0]) is str and type(address[1]) is int:
                return _packed[address]
        except (LookupError, TypeError):  # TypeError: not hashable
            pass
        return _encode_inet(address, where)
    if family == AF_INET6:
        return _encode_inet6(address, where)
    encoder = _ENCODERS.get(family)
    if encoder is None:
        raise OSError(f"{where}(): bad family")
    return encoder(address, proto, fd, where)


def decode(sa: Any, length: int, proto: int, fd: int) -> Any:
    """Unpack what a system call wrote at `sa` (a ``char *``); None when it wrote nothing."""
    if not length:
        return None
    raw: bytes = _unpack(sa, length)
    known = _unpacked.get(raw)
    if known is not None:
        return known
    if length == 16 and raw[:2] == _INET_HEAD:
        # A new client has a new port: an accept() is the only one to see this address.
        host = _hosts.get(raw[4:8])
        if host is not None:
            # remember(), without its frame: every accept() of a new client comes here.
            if len(_unpacked) >= KEPT:
                _unpacked.clear()
            _unpacked[raw] = address = host, raw[2] << 8 | raw[3]
            return address
    family = ffi.cast(_SOCKADDR, sa).ss_family
    if family in (AF_INET, AF_INET6):
        address = _decode_inet(sa, family)
        if family == AF_INET:
            remember(_hosts, raw[4:8], address[0])
        return remember(_unpacked, raw, address)
    decoder = _DECODERS.get(family)
    if decoder is None:
        return family, raw[2:16].ljust(14, b"\0")
    return decoder(sa, length, proto, fd)


def decode_bytes(raw: bytes, proto: int, fd: int) -> Any:
    """`decode` for a sockaddr that Python holds."""
    return decode(ffi.from_buffer(raw), len(raw), proto, fd)


def _decode_inet(sa: Any, family: int) -> Any:
    host = ffi.new("char[46]")
    extra = ffi.new("unsigned int[2]")
    port = lib.cs_inet_unpack(sa, host, extra)
    text = ffi.string(host).decode()
    return (text, port) if family == AF_INET else (text, port, extra[0], extra[1])


def _encode_inet(address: Any, where: str) -> tuple[Any, int]:
    check_tuple(address, "AF_INET", where)
    if len(address) != 2:
        raise TypeError(f"{where}(): AF_INET address must be a pair (host, port)")
    host = host_bytes(address[0])
    port = parse_port(address[1], where)
    packed = pack_host(host, AF_INET, port, 0, 0)
    if packed:
        check_port(port, where)
        if type(address) is tuple and type(address[0]) is str and type(address[1]) is int:
            remember(_packed, address, packed)
        return packed
    raw = resolve(host, AF_INET)
    check_port(port, where)
    return _with_port(raw, port, 0, 0)


def _encode_inet6(address: Any, where: str) -> tuple[Any, int]:
    check_tuple(address, "AF_INET6", where)
    if not 2 <= len(address) <= 4:
        raise TypeError(
            f"{where}(): AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"
        )
    host = host_bytes(address[0])
    port = parse_port(address[1], where)
    flowinfo = parse_flowinfo(address[2]) if len(address) > 2 else 0
    scope = wrap32(address[3]) if len(address) > 3 else 0
    packed = pack_host(host, AF_INET6, port, flowinfo, scope)
    raw = b"" if packed else resolve(host, AF_INET6)
    check_port(port, where)
    check_flowinfo(flowinfo, where)
    return packed or _with_port(raw, port, flowinfo, scope)


def check_tuple(address: Any, family: str, where: str) -> None:
    """Refuse an address that is not a tuple, as CPython does."""
    if not isinstance(address, tuple):
        kind = type(address).__name__
        raise TypeError(f"{where}(): {family} address must be tuple, not {kind}")


def parse_port(value: Any, where: str) -> int:
    """An int; its range is checked after the host was resolved, by `check_port`."""
    try:
        return c_int(value)
    except OverflowError:
        raise OverflowError(f"{where}(): port must be 0-65535.") from None


def check_port(port: int, where: str) -> None:
    """Refuse a port outside 0-65535."""
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f"{where}(): port must be 0-65535.")


def parse_flowinfo(value: Any) -> int:
    """An unsigned int, which wraps; its range is checked by `check_flowinfo`."""
    return wrap32(value)


def check_flowinfo(flowinfo: int, where: str) -> None:
    """Refuse a flow label of more than 20 bits (RFC 8200)."""
    if flowinfo > 0xFFFFF:
        raise OverflowError(f"{where}(): flowinfo must be 0-1048575.")


def pack_host(
    host: bytes, family: int, port: int, flowinfo: int, scope: int
) -> tuple[Any, int] | None:
    """Pack a numeric host without asking the resolver; None when it is not numeric."""
    sa = ffi.new("struct sockaddr_storage *")
    length = lib.cs_inet_pack(sa, family, host, port & 0xFFFF, flowinfo, scope)
    return (sa, length) if length else None


def _with_port(raw: bytes, port: int, flowinfo: int, scope: int) -> tuple[Any, int]:
    sa = ffi.new("struct sockaddr_storage *")
    ffi.memmove(sa, raw, len(raw))
    return sa, lib.cs_inet_set(sa, port, flowinfo, scope)


def host_bytes(host: Any) -> bytes:
    """The host of an address tuple as the resolver takes it: ASCII as it is, else IDNA."""
    if isinstance(host, str):
        try:
            name = host.encode("ascii") if host.isascii() else host.encode("idna")
        except UnicodeError:
            raise TypeError("encoding of hostname failed") from None
    elif isinstance(host, (bytes, bytearray)):
        name = bytes(host)
    else:
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if b"\0" in name:
        raise TypeError("host name must not contain null character")
    return name


def resolve(name: bytes, family: int) -> bytes:
    """The first address of a host, as a raw sockaddr; `family` may be AF_UNSPEC.

    '' is the wildcard of the family and '<broadcast>' the limited broadcast address.
    """
    if not name:
        found = room.getaddrinfo(None, b"0", family, SOCK_DGRAM, 0, AI_PASSIVE)
        if len(found) > 1:
            raise OSError("wildcard resolved to multiple address")
        return found[0][4]
    if name in (b"<broadcast>", b"255.255.255.255"):
        if family not in (AF_INET, AF_UNSPEC):
            raise OSError("address family mismatched")
        sa = ffi.new("struct sockaddr_storage *")
        length = lib.cs_inet_pack(sa, AF_INET, b"255.255.255.255", 0, 0, 0)
        return ffi.unpack(ffi.cast("char *", sa), length)
    return room.getaddrinfo(name, None, family, 0, 0, 0)[0][4]


# How a struct sockaddr_in begins here: with its length, or without.
_INET_HEAD: bytes = _unpack(ffi.cast("char *", encode(("127.0.0.1", 0), AF_INET, 0, -1, "")[0]), 2)
