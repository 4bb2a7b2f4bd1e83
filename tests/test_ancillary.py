"""Control messages: through the kernel, by golden bytes of every system, and with bytes that lie."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cffisock
from cffisock import ancillary
from cffisock._backend import ffi, lib, room
from cffisock._message import build_control
from cffisock.ancillary import build, enable, parse, space, walk
from cffisock.backends import control


def room_control(name: str) -> Any:
    """A room's tables, on whichever system: they need nothing of it, but its package does."""
    path = Path(control.__file__).parent / name / "control.py"
    spec = spec_from_file_location(f"control_of_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


posix_control, windows_control = room_control("posix"), room_control("windows")

AF_INET, AF_INET6 = cffisock.AF_INET, cffisock.AF_INET6
PEERS = {
    "v4": (AF_INET, "0.0.0.0", "127.0.0.1"),
    "v6": (AF_INET6, "::", "::1"),
    "mapped": (AF_INET6, "::", "::ffff:127.0.0.1"),
}


def plain(host: str) -> str:
    return host.removeprefix("::ffff:")


@pytest.fixture(params=PEERS)
def udp(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, Any]]:
    """A receiver bound to everything, a sender, and the receiver's address for it."""
    family, everything, host = PEERS[request.param]
    if family == AF_INET6 and not cffisock.has_dualstack_ipv6():
        pytest.skip("this system has no dual-stack IPv6 sockets")
    kind = cffisock.SOCK_DGRAM
    with cffisock.socket(family, kind) as receiver, cffisock.socket(family, kind) as sender:
        for end in (receiver, sender):
            if family == AF_INET6:
                end.setsockopt(cffisock.IPPROTO_IPV6, cffisock.IPV6_V6ONLY, 0)
            end.settimeout(10)
        receiver.bind((everything, 0))
        yield receiver, sender, (host, receiver.getsockname()[1])


def exchange(receiver: Any, sender: Any, to: Any, ancdata: Any = ()) -> ancillary.Info:
    sender.sendmsg([b"x"], ancdata, 0, to)
    _data, received, flags, _address = receiver.recvmsg(100, space())
    return parse(received, flags)


def needs(receiver: Any, *features: str) -> None:
    granted = enable(receiver, *features)
    missing = set(features) - granted
    if missing:
        pytest.skip(f"this kernel does not grant {', '.join(sorted(missing))}")


# -- through the kernel --------------------------------------------------------------------


def test_packet_info_is_the_same_for_every_way_an_address_is_written(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "packet_info")
    info = exchange(receiver, sender, to)
    assert info.destination == plain(to[0])
    assert info.interface == cffisock.if_nametoindex(dict(cffisock.if_nameindex())[info.interface])
    assert not info.truncated
    assert not info.others


def test_hop_limit(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "hop_limit")
    assert exchange(receiver, sender, to).hop_limit in range(1, 256)
    if room.NAME == "windows":
        with pytest.raises(NotImplementedError, match="IP_TTL"):
            build(to, hop_limit=7)
        return
    assert exchange(receiver, sender, to, build(to, hop_limit=7)).hop_limit == 7


@pytest.mark.skipif(room.NAME == "windows", reason="Windows sends no traffic class")
def test_traffic_class_and_its_ecn_bits(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "traffic_class", "ecn")
    info = exchange(receiver, sender, to, build(to, traffic_class=0xB8, ecn=2))
    assert (info.traffic_class, info.ecn) == (0xBA, 2)
    assert exchange(receiver, sender, to, build(to, ecn=1)).ecn == 1


def test_source_is_where_the_answer_comes_from(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "packet_info")
    sender.bind(("0.0.0.0" if sender.family == AF_INET else "::", 0))
    host = "127.0.0.2" if plain(to[0]) != "::1" and sys.platform == "linux" else to[0]
    sender.sendmsg([b"x"], build(to, source=host), 0, to)
    assert plain(receiver.recvfrom(10)[1][0]) == plain(host)


def test_timestamps_are_now(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "timestamp")
    first = exchange(receiver, sender, to).timestamp_ns
    second = exchange(receiver, sender, to).timestamp_ns
    assert first is not None
    assert second is not None
    assert 1_600_000_000 < first // 10**9 < 2**33
    assert abs(second - first) < 60 * 10**9


def test_timestamping_gives_the_software_time(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "hardware_timestamp")
    # Linux begins to stamp a little after it was asked to, in the background.
    infos = [exchange(receiver, sender, to)]
    while not infos[-1].timestamp_ns and len(infos) < 10000:
        infos.append(exchange(receiver, sender, to))
    assert infos[-1].timestamp_ns
    assert infos[-1].hardware_timestamp_ns is None  # the loopback has no clock


def test_one_feature_takes_nothing_from_another() -> None:
    with cffisock.socket(AF_INET, cffisock.SOCK_DGRAM) as sock:
        needs(sock, "transmit_timestamp")
        option = cffisock.SOL_SOCKET, ancillary.SO_TIMESTAMPING
        before = sock.getsockopt(*option)
        assert enable(sock, "transmit_timestamp", "hardware_timestamp")
        assert sock.getsockopt(*option) == before


def test_original_destination(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "original_destination")
    assert exchange(receiver, sender, to).original_destination[:2] == (plain(to[0]), to[1])


def test_drops_are_counted(udp: Any) -> None:
    receiver, sender, to = udp
    needs(receiver, "drops")
    receiver.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_RCVBUF, 2048)
    for _ in range(100):
        sender.sendto(b"x" * 1000, to)
    receiver.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            receiver.recv(2000)
    receiver.settimeout(10)
    assert (exchange(receiver, sender, to).drops or 0) > 50


def test_the_error_queue_names_the_offender(udp: Any) -> None:
    _receiver, sender, to = udp
    needs(sender, "errors")
    family = sender.family
    with cffisock.socket(family, cffisock.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1" if family == AF_INET else "::", 0))
        port = closed.getsockname()[1]
    sender.sendto(b"nobody", (to[0], port))
    with pytest.raises(ConnectionRefusedError):
        sender.recv(10)
    data, received, flags, address = sender.recvmsg(100, space(), cffisock.MSG_ERRQUEUE)
    error = parse(received, flags).error
    assert error is not None
    assert data == b"nobody"
    assert address[1] == port
    assert error.errno == errno.ECONNREFUSED
    six = plain(to[0]) == "::1"
    origin = ancillary.SO_EE_ORIGIN_ICMP6 if six else ancillary.SO_EE_ORIGIN_ICMP
    assert (error.origin, error.type, error.code) == (origin, *((1, 4) if six else (3, 3)))
    assert error.offender == plain(to[0])


def test_enable_knows_its_features_and_its_sockets() -> None:
    with cffisock.socket(AF_INET, cffisock.SOCK_DGRAM) as sock:
        with pytest.raises(ValueError, match="no such feature: colour"):
            enable(sock, "colour", "packet_info")
        assert enable(sock) == frozenset()
        assert "packet_info" in enable(sock, "packet_info")
    with pytest.raises(OSError, match=r".") as caught:
        enable(sock, "packet_info")
    assert caught.value.errno in room.INVALID_ADDRESS


def test_what_is_granted_is_what_the_family_has() -> None:
    with cffisock.socket(AF_INET, cffisock.SOCK_STREAM) as sock:
        assert "segment_size" not in enable(sock, "segment_size")


def test_unix_options_are_for_unix_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []  # of options whose level has the number of IPv4's
    monkeypatch.setattr(ancillary, "_room", posix_control)
    monkeypatch.setattr(ancillary, "_NUMBERS", {**FREEBSD, "LOCAL_CREDS": 1})
    monkeypatch.setattr(ancillary, "_set_option", lambda *call: not asked.append(call[2]))
    for family, options in ((AF_INET, []), (AF_INET6, []), (*ancillary._FAMILIES[0], [1])):
        enable(SimpleNamespace(fileno=lambda: 9, family=family), "credentials")
        assert asked == options


def test_an_old_fashioned_socket_can_be_asked_too() -> None:
    import socket as stdlib

    with stdlib.socket(AF_INET, cffisock.SOCK_DGRAM) as sock:
        assert enable(sock, "packet_info") == {"packet_info"}


# -- descriptors ---------------------------------------------------------------------------

unix = pytest.mark.skipif(
    not hasattr(cffisock, "SCM_RIGHTS"), reason="this system passes no descriptors"
)


@pytest.fixture
def unix_pair() -> Iterator[tuple[Any, Any]]:
    left, right = cffisock.socketpair(cffisock.AF_UNIX, cffisock.SOCK_DGRAM)
    with left, right:
        left.settimeout(10)
        right.settimeout(10)
        yield left, right


@unix
def test_descriptors_arrive_close_on_exec(unix_pair: Any) -> None:
    left, right = unix_pair
    readable, writable = os.pipe()
    left.sendmsg([b"x"], build(fds=[readable, writable]))
    os.close(readable)
    os.close(writable)
    _, received, flags, _ = right.recvmsg(10, space(2))
    info = parse(received, flags)
    assert len(info.fds) == 2
    assert not any(map(os.get_inheritable, info.fds))
    os.write(info.fds[1], b"through")
    assert os.read(info.fds[0], 10) == b"through"
    for fd in info.fds:
        os.close(fd)


@unix
def test_a_truncated_set_is_closed_and_reported(unix_pair: Any) -> None:
    left, right = unix_pair
    ends = [os.open(os.devnull, os.O_RDONLY) for _ in range(8)]
    left.sendmsg([b"x"], build(fds=ends))
    for fd in ends:
        os.close(fd)
    _, received, flags, _ = right.recvmsg(10, cffisock.CMSG_SPACE(2 * 4))
    info = parse(received, flags)
    assert info.truncated
    assert info.fds == ()  # that they are closed, the leak check of every test says


@unix
def test_several_blocks_of_descriptors_are_one_set() -> None:
    data = os.open(os.devnull, os.O_RDONLY), os.open(os.devnull, os.O_RDONLY)
    blocks = [build(fds=[fd])[0] for fd in data]
    assert parse(blocks).fds == data
    for fd in data:
        os.close(fd)


@pytest.mark.skipif(not hasattr(ancillary, "SCM_CREDENTIALS"), reason="ucred is Linux'")
def test_credentials_and_pidfd(unix_pair: Any) -> None:
    left, right = unix_pair
    granted = enable(right, "credentials", "pidfd")
    assert "credentials" in granted
    me = ancillary.Credentials(os.getpid(), os.getuid(), os.getgid())
    left.sendmsg([b"x"], build(credentials=me))
    _, received, flags, _ = right.recvmsg(10, space())
    info = parse(received, flags)
    assert info.credentials == me
    if "pidfd" in granted:
        assert info.pidfd is not None
        assert not os.get_inheritable(info.pidfd)
        os.close(info.pidfd)


# -- build ---------------------------------------------------------------------------------


def test_build_needs_to_know_which_protocol() -> None:
    with pytest.raises(ValueError, match="say to whom"):
        build(interface=3)
    with pytest.raises(ValueError, match="not a numeric address"):
        build(("example.invalid", 1), interface=3)
    with pytest.raises(ValueError, match="cannot be the source"):
        build("::1", source="127.0.0.1")
    assert build() == []


@pytest.mark.parametrize(
    ("value", "error"),
    [(2**40, OverflowError), (-(2**40), OverflowError), (1.5, TypeError), ("1", TypeError)],
)
def test_build_says_what_does_not_fit(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="no control message holds"):
        build("::1", interface=value)


def test_build_takes_a_mapped_peer_for_what_it_is() -> None:
    assert build("::ffff:127.0.0.1", ecn=3) == build(("127.0.0.1", 9), ecn=3)
    assert build("::1", ecn=3) != build("127.0.0.1", ecn=3)
    assert build("fe80::1%lo", ecn=3) == build("::1", ecn=3)


def test_a_system_says_what_it_cannot_do() -> None:
    with pytest.raises(KeyError):
        windows_control.write_traffic_class({}, False, 1)
    with pytest.raises(KeyError):
        windows_control.write_credentials({}, 1, 2, 3)
    with pytest.raises(KeyError):
        posix_control.write_source({"IP_SENDSRCADDR": 7, "IPPROTO_IP": 0}, bytes(4), 3)


# -- golden bytes: what each system's kernel puts on the wire to its programs ----------------

MACOS = {
    "SOL_SOCKET": 0xFFFF, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IP_RECVDSTADDR": 7,
    "IP_RECVIF": 20, "IP_RECVTTL": 24, "IP_PKTINFO": 26, "IP_RECVTOS": 27, "IPV6_PKTINFO": 46,
    "IPV6_HOPLIMIT": 47, "IPV6_TCLASS": 36, "SCM_RIGHTS": 1, "SCM_TIMESTAMP": 2, "SCM_CREDS": 3,
}  # fmt: skip
FREEBSD = {
    "SOL_SOCKET": 0xFFFF, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IP_RECVDSTADDR": 7,
    "IP_SENDSRCADDR": 7, "IP_RECVIF": 20, "IP_RECVTTL": 65, "IP_RECVTOS": 68, "IP_TOS": 3,
    "IPV6_PKTINFO": 46, "IPV6_HOPLIMIT": 47, "IPV6_TCLASS": 61, "SCM_RIGHTS": 1,
    "SCM_TIMESTAMP": 2, "SCM_CREDS": 3, "SCM_REALTIME": 5, "SO_TS_CLOCK": 0x1017, "SCM_CREDS2": 8,
}  # fmt: skip
WINDOWS = {
    "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IPPROTO_UDP": 17, "IP_PKTINFO": 19, "IP_TTL": 4,
    "IP_TOS": 3, "IP_RECVTTL": 21, "IP_ECN": 50, "IPV6_PKTINFO": 19, "IPV6_HOPLIMIT": 21,
    "IPV6_TCLASS": 39, "IPV6_ECN": 50, "UDP_COALESCED_INFO": 3, "UDP_SEND_MSG_SIZE": 2,
}  # fmt: skip
LINUX = {
    "SOL_SOCKET": 1, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IPPROTO_UDP": 17, "IP_TOS": 1,
    "IP_TTL": 2, "IP_PKTINFO": 8, "IP_RECVERR": 11, "IP_ORIGDSTADDR": 20, "IPV6_PKTINFO": 50,
    "IPV6_HOPLIMIT": 52, "IPV6_TCLASS": 67, "UDP_GRO": 104, "SCM_RIGHTS": 1,
    "SCM_CREDENTIALS": 2, "SCM_PIDFD": 4, "SCM_TIMESTAMP": 29, "SCM_TIMESTAMPNS": 35,
    "SCM_TIMESTAMPING": 37, "SO_TIMESTAMP_NEW": 63, "SO_TIMESTAMPNS_NEW": 64,
    "SO_TIMESTAMPING_NEW": 65, "SO_RXQ_OVFL": 40, "IP_RECVTOS": 13,
}  # fmt: skip


def n32(value: int) -> bytes:
    return value.to_bytes(4, sys.byteorder)


def n64(value: int) -> bytes:
    return value.to_bytes(8, sys.byteorder)


V6 = bytes.fromhex("20010db8000000000000000000000001")
MAPPED = bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 1])

GOLDEN = [
    # macOS: the same packet info as Linux, a TTL and TOS of one byte, a microsecond of 32 bits
    (MACOS, 0, 26, n32(4) + bytes([10, 0, 0, 1]) + bytes([10, 0, 0, 255]),
     {"interface": 4, "local": "10.0.0.1", "destination": "10.0.0.255"}),
    (MACOS, 0, 24, b"\x40", {"hop_limit": 64}),
    (MACOS, 0, 27, b"\xb9", {"traffic_class": 0xB9, "ecn": 1}),
    (MACOS, 41, 36, b"\x03", {"traffic_class": 3, "ecn": 3}),
    (MACOS, 41, 36, n32(3), {"traffic_class": 3, "ecn": 3}),
    (MACOS, 0xFFFF, 2, n64(7) + n32(5) + bytes(4), {"timestamp_ns": 7_000_005_000}),
    # FreeBSD: address and interface come apart, and a TOS of one byte
    (FREEBSD, 0, 7, bytes([192, 0, 2, 9]), {"destination": "192.0.2.9"}),
    (FREEBSD, 0, 20, b"\x36\x12" + (3).to_bytes(2, sys.byteorder) + bytes(50), {"interface": 3}),
    (FREEBSD, 0, 65, b"\x01", {"hop_limit": 1}),
    (FREEBSD, 0, 68, b"\x02", {"traffic_class": 2, "ecn": 2}),
    (FREEBSD, 0xFFFF, 5, n64(7) + n64(5), {"timestamp_ns": 7_000_000_005}),
    (FREEBSD, 0xFFFF, 3, n32(9) + n32(1) + n32(2) + n32(3) + bytes(68),
     {"credentials": control.Credentials(9, 2, 3)}),
    (FREEBSD, 0xFFFF, 8, b"".join(map(n32, (0, 9, 1, 2, 3, 4, 1, 4))),
     {"credentials": control.Credentials(9, 2, 4)}),
    # NetBSD has Windows' order
    ({"IPPROTO_IP": 0, "IP_PKTINFO": 25}, 0, 25, bytes([127, 0, 0, 1]) + n32(2),
     {"destination": "127.0.0.1", "interface": 2}),
    # Windows: address first, numbers of 32 bits, ECN by itself
    (WINDOWS, 0, 19, bytes([127, 0, 0, 1]) + n32(2), {"destination": "127.0.0.1", "interface": 2}),
    (WINDOWS, 41, 19, V6 + n32(2), {"destination": "2001:db8::1", "interface": 2}),
    (WINDOWS, 41, 19, MAPPED + n32(2), {"destination": "192.0.2.1", "interface": 2}),
    (WINDOWS, 0, 4, n32(128), {"hop_limit": 128}),
    (WINDOWS, 0, 21, n32(128), {"hop_limit": 128}),
    (WINDOWS, 41, 21, n32(128), {"hop_limit": 128}),
    (WINDOWS, 0, 50, n32(3), {"ecn": 3}),
    (WINDOWS, 17, 3, n32(1200), {"segment_size": 1200}),
    # Linux, 64 bits and 32 with either time
    (LINUX, 0, 8, n32(1) + bytes([127, 0, 0, 1]) * 2,
     {"interface": 1, "local": "127.0.0.1", "destination": "127.0.0.1"}),
    (LINUX, 41, 50, MAPPED + n32(1), {"destination": "192.0.2.1", "interface": 1}),
    (LINUX, 0, 1, b"\x01", {"traffic_class": 1, "ecn": 1}),
    (LINUX, 1, 29, n64(7) + n64(5), {"timestamp_ns": 7_000_005_000}),
    (LINUX, 1, 29, n32(7) + n32(5), {"timestamp_ns": 7_000_005_000}),
    (LINUX, 1, 63, n64(2**33) + n64(5), {"timestamp_ns": 2**33 * 10**9 + 5000}),
    (LINUX, 1, 35, n32(7) + n32(5), {"timestamp_ns": 7_000_000_005}),
    (LINUX, 1, 37, n64(7) + n64(5) + bytes(16) + n64(8) + n64(6),
     {"timestamp_ns": 7_000_000_005, "hardware_timestamp_ns": 8_000_000_006}),
    (LINUX, 1, 37, bytes(16) + n32(8) + n32(6), {"hardware_timestamp_ns": 8_000_000_006}),
    (LINUX, 17, 104, n32(1200), {"segment_size": 1200}),
    (LINUX, 17, 104, (1200).to_bytes(2, sys.byteorder), {"segment_size": 1200}),
    (LINUX, 1, 4, n32(5), {"pidfd": 5}),
    (LINUX, 1, 4, n32(0xFFFFFFFD), {}),
    (LINUX, 1, 40, n32(12), {"drops": 12}),
    (LINUX, 0, 11, n32(111) + b"\x02\x03\x03\x00" + n32(0) + n32(0) + b"offender",
     {"error": control.ExtendedError(111, 2, 3, 3, 0, 0, b"offender")}),
]  # fmt: skip


@pytest.mark.parametrize(("numbers", "level", "kind", "data", "fields"), GOLDEN)
def test_layouts_of_every_system(
    numbers: dict[str, int], level: int, kind: int, data: bytes, fields: dict[str, Any]
) -> None:
    room_of = windows_control if numbers is WINDOWS else posix_control
    assert room_of.received(numbers)[level, kind](data) == fields


BUILT = [
    (posix_control, LINUX, "write_source", (bytes([10, 0, 0, 1]), 3),
     (0, 8, n32(3) + bytes([10, 0, 0, 1]) + bytes(4))),
    (posix_control, MACOS, "write_source", (V6, 3), (41, 46, V6 + n32(3))),
    (posix_control, FREEBSD, "write_source", (bytes([10, 0, 0, 1]), 0), (0, 7, bytes([10, 0, 0, 1]))),
    (posix_control, FREEBSD, "write_traffic_class", (False, 2), (0, 3, b"\x02")),
    (posix_control, LINUX, "write_traffic_class", (False, 2), (0, 1, n32(2))),
    (posix_control, LINUX, "write_traffic_class", (True, 2), (41, 67, n32(2))),
    (windows_control, WINDOWS, "write_source", (bytes([10, 0, 0, 1]), 3),
     (0, 19, bytes([10, 0, 0, 1]) + n32(3))),
    (windows_control, WINDOWS, "write_ecn", (False, 2), (0, 50, n32(2))),
    (windows_control, WINDOWS, "write_ecn", (True, 2), (41, 50, n32(2))),
    (windows_control, WINDOWS, "write_segment_size", (1200,), (17, 2, n32(1200))),
]  # fmt: skip


@pytest.mark.parametrize(("module", "numbers", "name", "arguments", "message"), BUILT)
def test_messages_for_every_system(
    module: Any, numbers: dict[str, int], name: str, arguments: Any, message: Any
) -> None:
    assert getattr(module, name)(numbers, *arguments) == message


def test_each_option_is_one_pair_of_level_and_name() -> None:
    for module in (posix_control, windows_control):
        rows = [(level, name) for options in module.OPTIONS.values() for level, name, _ in options]
        doubles = {row for row in rows if rows.count(row) > 1}
        assert doubles <= {("SOL_SOCKET", "SO_TIMESTAMPING")}  # two features of one option


@pytest.mark.parametrize("feature", sorted(ancillary.FEATURES))
def test_a_feature_changes_no_other_option(feature: str) -> None:
    with cffisock.socket(AF_INET, cffisock.SOCK_DGRAM) as sock:
        before = options_of(sock)
        enable(sock, feature)
        changed = {pair for pair, value in options_of(sock).items() if value != before.get(pair)}
    module = import_module(f"cffisock.backends.{room.NAME}.control")
    own = {
        (module.NUMBERS.get(level, level), module.NUMBERS.get(name))
        for level, name, _ in module.OPTIONS.get(feature, module.OPTIONS["traffic_class"])
    }
    # SO_TIMESTAMP and its relatives are one setting under several numbers.
    related = {(module.NUMBERS["SOL_SOCKET"], n) for n in (29, 35, 37, 63, 64, 65)}
    assert changed <= (own | related if "timestamp" in feature else own)


def options_of(sock: Any) -> dict[tuple[int, int], int]:
    levels = [cffisock.SOL_SOCKET, cffisock.IPPROTO_IP, cffisock.IPPROTO_UDP]
    found = {}
    for level in levels:
        for number in range(1, 110):
            value = lib.cs_getsockopt_int(sock.fileno(), level, number)
            if value >= 0:
                found[level, number] = value
    return found


# -- bytes that anybody may have written ---------------------------------------------------

ITEMS = st.lists(
    st.tuples(
        st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1), st.binary(max_size=80)
    ),
    max_size=8,
)


@given(ITEMS)
def test_any_messages_survive_the_buffer(items: list[Any]) -> None:
    buffer, size = build_control(items)
    assert (walk(buffer, size) if size else []) == items


@given(ITEMS, st.data())
def test_a_truncated_buffer_gives_what_it_holds(items: list[Any], data: st.DataObject) -> None:
    buffer, size = build_control(items)
    if not size:
        return
    # A copy that ends where the buffer does: a sanitizer sees a read past it.
    kept = data.draw(st.integers(0, size))
    copy = ffi.new("char[]", kept) if kept else ffi.NULL
    ffi.memmove(copy, buffer, kept)
    found = walk(copy, kept)
    assert len(found) <= len(items)
    for got, sent in zip(found, items):
        assert got[:2] == sent[:2]
        assert sent[2].startswith(got[2])


@given(st.binary(max_size=400))
def test_random_bytes_neither_crash_nor_loop(raw: bytes) -> None:
    buffer = ffi.new("char[]", raw) if raw else ffi.NULL
    total = sum(len(data) for _, _, data in walk(buffer, len(raw)))
    assert total <= len(raw)


def known_messages() -> st.SearchStrategy[list[Any]]:
    fds = {cffisock.SCM_RIGHTS} if hasattr(cffisock, "SCM_RIGHTS") else set()
    fds |= {ancillary.SCM_PIDFD} if hasattr(ancillary, "SCM_PIDFD") else set()
    pairs = [
        pair
        for pair in ancillary._DECODERS
        if not (pair[0] == cffisock.SOL_SOCKET and pair[1] in fds)  # no numbers of others' files
    ]
    message = st.tuples(st.sampled_from(pairs), st.binary(max_size=64))
    return st.lists(message.map(lambda m: (*m[0], m[1])), max_size=6)


@given(known_messages(), st.integers(0, 2**31 - 1))
def test_parse_takes_any_data_for_known_types(items: list[Any], flags: int) -> None:
    info = parse(items, flags)
    assert all(item in items for item in info.others)


@given(
    st.integers(1, 255),
    st.integers(0, 63),
    st.integers(0, 3),
    st.sampled_from(sorted(PEERS)),
    st.booleans(),
)
@pytest.mark.skipif(room.NAME == "windows", reason="Windows sends no traffic class")
def test_what_is_built_is_what_is_parsed(
    hops: int, dscp: int, ecn: int, peer: str, with_source: bool
) -> None:
    family, everything, host = PEERS[peer]
    if family == AF_INET6 and not cffisock.has_dualstack_ipv6():
        return
    kind = cffisock.SOCK_DGRAM
    with cffisock.socket(family, kind) as receiver, cffisock.socket(family, kind) as sender:
        if family == AF_INET6:
            receiver.setsockopt(cffisock.IPPROTO_IPV6, cffisock.IPV6_V6ONLY, 0)
        receiver.bind((everything, 0))
        granted = enable(receiver, "hop_limit", "traffic_class", "packet_info")
        to = (host, receiver.getsockname()[1])
        source = host if with_source else None
        message = build(to, source=source, hop_limit=hops, traffic_class=dscp << 2, ecn=ecn)
        info = exchange(receiver, sender, to, message)
    assert info.destination == plain(host)
    if {"hop_limit", "traffic_class"} <= granted:
        assert (info.hop_limit, info.traffic_class, info.ecn) == (hops, dscp << 2 | ecn, ecn)


def test_constants_live_with_their_feature() -> None:
    for name in ("SO_TIMESTAMPING", "UDP_SEGMENT"):
        if hasattr(ancillary, name):
            assert getattr(ancillary, name) > 0
            assert not hasattr(cffisock, name)
    with pytest.raises(AttributeError):
        _ = ancillary.SO_NOTHING


def test_offender_of_a_foreign_family_is_nobody() -> None:
    code, origin = errno.EHOSTUNREACH, 2
    head = struct.pack("=IBBBBII", code, origin, 3, 1, 0, 0, 0)
    pair = next((p for p, d in ancillary._DECODERS.items() if d is control.extended_error), None)
    if pair is None:
        pytest.skip("this system has no error queue")
    for raw in (b"", b"\x00", bytes(16), b"\xff" * 200):
        info = parse([(*pair, head + raw)])
        assert info.error is not None
        assert info.error.offender is None
