"""Control messages that people can read: ask for them, parse what came, build what goes.

``enable(sock, "packet_info", "timestamp")``, then ``parse(ancdata, flags)`` of what recvmsg() gave,
or ``batch.ancillary(i)`` of `cffisock.datagram`. ``build(to, source=..., hop_limit=...)`` makes what
sendmsg() takes. The constants this needs are attributes here: ``ancillary.SO_TIMESTAMPING``.
Layouts are in the rooms' control.py; nothing here knows a system.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from cffisock._address import AF_INET, AF_INET6, decode
from cffisock._backend import ffi, lib, room
from cffisock._message import CMSG_SPACE, read_control
from cffisock.backends.control import Credentials, ExtendedError, Fields, Item
from cffisock.backends.control import host as _host

__all__ = [
    "FEATURES",
    "Credentials",
    "ExtendedError",
    "Info",
    "build",
    "enable",
    "parse",
    "space",
    "walk",
]

_room = import_module(f"cffisock.backends.{room.NAME}.control")
_NUMBERS = _room.NUMBERS
_DECODERS = _room.received(_NUMBERS)
_unpack = ffi.unpack

_CTRUNC = _NUMBERS["MSG_CTRUNC"]
# By level, as the tables of options have it: whose sockets take such options. 0 is SOL_LOCAL, and
# the number of IPPROTO_IP.
_FAMILIES = {
    "IPPROTO_IP": (AF_INET, AF_INET6),
    "IPPROTO_IPV6": (AF_INET6,),
    0: (_NUMBERS.get("AF_UNIX"),),
}
# Every message there is, from both levels of a dual-stack socket, fits this; descriptors do not.
_ALL_FEATURES = 768

FEATURES = frozenset(
    {
        "packet_info",
        "hop_limit",
        "traffic_class",
        "ecn",
        "timestamp",
        "hardware_timestamp",
        "transmit_timestamp",
        "errors",
        "original_destination",
        "drops",
        "credentials",
        "pidfd",
        "segment_size",
    }
)


def _number_of(name: str, module: str) -> int:
    """The constant that is to be an attribute of `module`."""
    try:
        found: int = _NUMBERS[name]
    except KeyError:
        raise AttributeError(f"module {module!r} has no attribute {name!r}") from None
    return found


def __getattr__(name: str) -> int:
    return _number_of(name, __name__)


class Info(NamedTuple):
    """What control messages said of one datagram; None for what they did not say.

    Hosts are numeric text; an IPv4 address mapped into IPv6 is given as IPv4, on every system.
    `local` is the address of this host that took a datagram sent to many. Times are nanoseconds
    since 1970. `drops` counts what the socket lost since it was made. Who asks for an Info owns
    `fds` and `pidfd`, which are close-on-exec; when `truncated`, `fds` have been closed.
    """

    destination: str | None = None
    interface: int | None = None
    local: str | None = None
    hop_limit: int | None = None
    traffic_class: int | None = None
    ecn: int | None = None
    timestamp_ns: int | None = None
    hardware_timestamp_ns: int | None = None
    segment_size: int | None = None
    error: ExtendedError | None = None
    original_destination: Any = None
    drops: int | None = None
    credentials: Credentials | None = None
    fds: tuple[int, ...] = ()
    pidfd: int | None = None
    truncated: bool = False
    others: tuple[Item, ...] = ()


def enable(sock: Any, *features: str) -> frozenset[str]:
    """Ask the kernel to say more about each datagram; return the features it granted.

    `sock` is any socket with `fileno()` and `family`. On AF_INET6 the IPv4 option is set too, so
    that IPv4 peers of a dual-stack socket are not left out. ValueError for a name not in FEATURES.
    """
    unknown = set(features) - FEATURES
    if unknown:
        raise ValueError(f"no such feature: {', '.join(sorted(unknown))}")
    return frozenset(feature for feature in features if _grant(sock, feature))


def _grant(sock: Any, feature: str) -> bool:
    if feature == "ecn" and "ecn" not in _room.OPTIONS:
        feature = "traffic_class"
    fd, family, granted = sock.fileno(), sock.family, False
    for named, name, value in _room.OPTIONS.get(feature, ()):
        level, option = _NUMBERS.get(named, named), _NUMBERS.get(name)
        if option is None or family not in _FAMILIES.get(named, (family,)):
            continue
        wanted = _NUMBERS.get(value, value)
        if name in _room.BITS:
            wanted |= max(0, lib.cs_getsockopt_int(fd, level, option))
        accepted = _set_option(fd, level, option, wanted)
        granted |= accepted and not (family == AF_INET6 and named == "IPPROTO_IP")
    return granted


def _set_option(fd: int, level: int, option: int, value: int) -> bool:
    """Whether the option is accepted and, as far as it can be read, set."""
    answer = lib.cs_setsockopt_int(fd, level, option, value)
    if -answer in room.INVALID_ADDRESS:
        raise room.error(-answer)
    return not answer and (not value or bool(lib.cs_getsockopt_int(fd, level, option)))


def space(fds: int = 0) -> int:
    """Size of a control buffer for every feature together and `fds` passed descriptors."""
    return _ALL_FEATURES + (CMSG_SPACE(4 * fds) if fds else 0)


def walk(control: Any, size: int) -> list[Item]:
    """Read the ``(level, type, data)`` items out of a ``char *``; stop where it makes no sense."""
    return read_control(control, size)[0]


def parse(ancdata: Iterable[Item], flags: int = 0) -> Info:
    """Say what control messages mean; `flags` are those of the same recvmsg().

    Messages of unknown types, and known ones of a size that no system has, are left in `others`.
    """
    fields: Fields = {}
    fds: tuple[int, ...] = ()
    others: list[Item] = []
    for item in ancdata:
        decoder = _DECODERS.get(item[:2])
        if decoder is None:
            others.append(item)
            continue
        try:
            found = decoder(item[2])
        except ValueError:
            others.append(item)
            continue
        fds += found.pop("fds", ())
        fields.update(found)
    if fds or "pidfd" in fields:
        fields["fds"] = _secure(fds, fields.get("pidfd"), flags & _CTRUNC)
    if "error" in fields:
        offender = _endpoint(fields["error"].offender)
        fields["error"] = fields["error"]._replace(offender=offender and offender[0])
    if "original_destination" in fields:
        fields["original_destination"] = _endpoint(fields["original_destination"])
    return Info(truncated=bool(flags & _CTRUNC), others=tuple(others), **fields)


def _secure(fds: tuple[int, ...], pidfd: int | None, truncated: int) -> tuple[int, ...]:
    """Make received descriptors ours alone; of a set that came in part, keep none."""
    if pidfd is not None:
        lib.cs_set_inheritable(pidfd, 0)
    for fd in fds:
        if truncated:
            lib.cs_close(fd)
        else:
            lib.cs_set_inheritable(fd, 0)
    return () if truncated else fds


def _endpoint(raw: bytes) -> Any:
    """The address tuple of a sockaddr that a control message carried; None when it holds none."""
    storage = ffi.new("struct sockaddr_storage *")
    ffi.memmove(storage, raw, min(len(raw), ffi.sizeof("struct sockaddr_storage")))
    if storage.ss_family not in (AF_INET, AF_INET6):
        return None
    return unmapped(decode(ffi.cast("char *", storage), ffi.sizeof(storage[0]), 0, -1))


def unmapped(address: Any) -> Any:
    """An AF_INET6 address tuple that stands for an IPv4 one, as that; any other as it is."""
    if len(address) == 4 and address[0].startswith("::ffff:") and "." in address[0]:
        return address[0][7:], address[1]
    return address


def _numeric(address: Any) -> bytes:
    """The packed host, 4 or 16 bytes, of an address tuple or a host; mapped IPv4 is IPv4."""
    text = address[0] if isinstance(address, tuple) else address
    out = ffi.new("char[16]")
    for family, size in ((AF_INET, 4), (AF_INET6, 16)):
        if lib.cs_inet_pton(family, str(text).partition("%")[0].encode(), out) == 1:
            packed: bytes = _unpack(out, size)
            return packed[12:] if packed.startswith(bytes(10) + b"\xff\xff") else packed
    raise ValueError(f"not a numeric address: {text!r}")


def build(
    to: Any = None,
    *,
    source: str | None = None,
    interface: int = 0,
    hop_limit: int | None = None,
    traffic_class: int | None = None,
    ecn: int | None = None,
    segment_size: int | None = None,
    fds: Sequence[int] = (),
    credentials: Credentials | tuple[int, int, int] | None = None,
) -> list[Item]:
    """Make control messages for one datagram to `to`, an address tuple or numeric host.

    The kernel reads IPv4 messages for an IPv4 peer, also where a dual-stack socket writes the peer as
    ``::ffff:a.b.c.d``; so whatever speaks of IP needs `to`, or `source` in its place. `ecn`, 0 to 3,
    is part of `traffic_class`. NotImplementedError for what this system cannot be told per datagram.
    """
    items: list[Item] = []
    try:
        if (
            any(value is not None for value in (to, source, hop_limit, traffic_class, ecn))
            or interface
        ):
            items += _build_ip(to, source, interface, hop_limit, traffic_class, ecn)
        if segment_size is not None:
            items.append(_room.write_segment_size(_NUMBERS, segment_size))
        if credentials is not None:
            items.append(_room.write_credentials(_NUMBERS, *credentials))
        if fds:
            data = bytes(ffi.buffer(ffi.new("int[]", list(fds))))
            items.append((_NUMBERS["SOL_SOCKET"], _NUMBERS["SCM_RIGHTS"], data))
    except KeyError as missing:
        raise NotImplementedError(f"this system has no {missing.args[0]}") from None
    return items


def _build_ip(
    to: Any,
    source: str | None,
    interface: int,
    hop_limit: int | None,
    traffic_class: int | None,
    ecn: int | None,
) -> list[Item]:
    """The messages whose level depends on the peer's address."""
    if to is None and source is None:
        raise ValueError("say to whom: the messages for IPv4 and IPv6 differ")
    peer = _numeric(source if to is None else to)
    v6 = len(peer) == 16
    origin = bytes(len(peer)) if source is None else _numeric(source)
    if len(origin) != len(peer):
        raise ValueError(f"{source} cannot be the source of a datagram to {_host(peer)}")
    items: list[Item] = []
    if source is not None or interface:
        items.append(_room.write_source(_NUMBERS, origin, interface))
    if hop_limit is not None:
        items.append(_room.write_hop_limit(_NUMBERS, v6, hop_limit))
    if traffic_class is not None:
        items.append(_room.write_traffic_class(_NUMBERS, v6, traffic_class | (ecn or 0)))
    elif ecn is not None:
        items.append(_room.write_ecn(_NUMBERS, v6, ecn))
    return items
