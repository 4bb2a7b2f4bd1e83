"""What the bytes of control messages mean on each system: golden bytes, and the rooms' own tables."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

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

# The constants of each system, by its headers.
MACOS = {
    "SOL_SOCKET": 0xFFFF, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IP_RECVDSTADDR": 7,
    "IP_RECVIF": 20, "IP_RECVTTL": 24, "IP_PKTINFO": 26, "IP_RECVTOS": 27, "IP_TOS": 3,
    "IP_TTL": 4, "IPV6_PKTINFO": 46, "IPV6_HOPLIMIT": 47, "IPV6_TCLASS": 36, "SCM_RIGHTS": 1,
    "SCM_TIMESTAMP": 2, "SCM_CREDS": 3,
}  # fmt: skip
FREEBSD = {
    "SOL_SOCKET": 0xFFFF, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IP_RECVDSTADDR": 7,
    "IP_SENDSRCADDR": 7, "IP_RECVIF": 20, "IP_RECVTTL": 65, "IP_RECVTOS": 68, "IP_TOS": 3,
    "IP_TTL": 4, "IPV6_PKTINFO": 46, "IPV6_HOPLIMIT": 47, "IPV6_TCLASS": 61, "SCM_RIGHTS": 1,
    "SCM_TIMESTAMP": 2, "SCM_CREDS": 3, "SCM_REALTIME": 5, "SCM_CREDS2": 8, "SO_TS_CLOCK": 0x1017,
}  # fmt: skip
NETBSD = {
    "SOL_SOCKET": 0xFFFF, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IP_TOS": 3, "IP_TTL": 4,
    "IP_RECVDSTADDR": 7, "IP_SENDSRCADDR": 7, "IP_RECVIF": 20, "IP_RECVTTL": 23, "IP_PKTINFO": 25,
    "IPV6_PKTINFO": 46, "IPV6_HOPLIMIT": 47, "IPV6_TCLASS": 61, "SCM_RIGHTS": 1,
    "SCM_TIMESTAMP": 8, "SCM_CREDS": 16,
}  # fmt: skip
OPENBSD = {
    "SOL_SOCKET": 0xFFFF, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IP_TOS": 3, "IP_TTL": 4,
    "IP_RECVDSTADDR": 7, "IP_SENDSRCADDR": 7, "IP_RECVIF": 30, "IP_RECVTTL": 31,
    "IPV6_PKTINFO": 46, "IPV6_HOPLIMIT": 47, "IPV6_TCLASS": 61, "SCM_RIGHTS": 1, "SCM_TIMESTAMP": 4,
}  # fmt: skip
WINDOWS = {
    "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IPPROTO_UDP": 17, "IP_PKTINFO": 19, "IP_TTL": 4,
    "IP_TOS": 3, "IP_RECVTTL": 21, "IP_ECN": 50, "IPV6_PKTINFO": 19, "IPV6_HOPLIMIT": 21,
    "IPV6_TCLASS": 39, "IPV6_ECN": 50, "UDP_COALESCED_INFO": 3, "UDP_SEND_MSG_SIZE": 2,
}  # fmt: skip
LINUX = {
    "SOL_SOCKET": 1, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IPPROTO_UDP": 17, "IP_TOS": 1,
    "IP_TTL": 2, "IP_PKTINFO": 8, "IP_RECVERR": 11, "IP_RECVTOS": 13, "IP_ORIGDSTADDR": 20, "IPV6_PKTINFO": 50,
    "IPV6_HOPLIMIT": 52, "IPV6_TCLASS": 67, "UDP_GRO": 104, "SCM_RIGHTS": 1,
    "SCM_CREDENTIALS": 2, "SCM_PIDFD": 4, "SCM_TIMESTAMP": 29, "SCM_TIMESTAMPNS": 35,
    "SCM_TIMESTAMPING": 37, "SO_TIMESTAMP_NEW": 63, "SO_TIMESTAMPNS_NEW": 64,
    "SO_TIMESTAMPING_NEW": 65, "SO_RXQ_OVFL": 40,
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
    # sockcred2: version, process, real and effective user, real and effective group, their list
    (FREEBSD, 0xFFFF, 8, b"".join(map(n32, [0, 9, 1, 2, 3, 4, 2, 4, 5])),
     {"credentials": control.Credentials(9, 2, 4)}),
    # NetBSD has Windows' order, and 32 bits of microseconds; sockcred: process, users, groups, list
    (NETBSD, 0, 25, bytes([127, 0, 0, 1]) + n32(2), {"destination": "127.0.0.1", "interface": 2}),
    (NETBSD, 0xFFFF, 8, n64(7) + n32(5) + bytes(4), {"timestamp_ns": 7_000_005_000}),
    (NETBSD, 0xFFFF, 16, b"".join(map(n32, [9, 1, 2, 3, 4, 1, 4])),
     {"credentials": control.Credentials(9, 2, 4)}),
    # OpenBSD has no packet info
    (OPENBSD, 0, 7, bytes([192, 0, 2, 9]), {"destination": "192.0.2.9"}),
    (OPENBSD, 0, 30, b"\x20\x12" + (3).to_bytes(2, sys.byteorder) + bytes(28), {"interface": 3}),
    (OPENBSD, 0, 31, b"\x40", {"hop_limit": 64}),
    (OPENBSD, 0xFFFF, 4, n64(7) + n64(5), {"timestamp_ns": 7_000_005_000}),
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
    (posix_control, MACOS, "write_traffic_class", (False, 2), (0, 3, n32(2))),
    (posix_control, LINUX, "write_hop_limit", (False, 2), (0, 2, n32(2))),
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


def test_credentials_of_freebsd_are_those_that_name_the_process() -> None:
    # Its kernel refuses the second of the two; LOCAL_CREDS gives struct sockcred, as SCM_CREDS.
    names = [name for _, name, _ in posix_control.OPTIONS["credentials"]]
    assert names.index("LOCAL_CREDS_PERSISTENT") < names.index("LOCAL_CREDS")
    decode = posix_control.received(FREEBSD)[0xFFFF, 3]
    with pytest.raises(ValueError, match="24 bytes"):
        decode(b"".join(map(n32, [1, 2, 3, 4, 1, 4])))


def test_a_system_says_what_it_cannot_do() -> None:
    with pytest.raises(KeyError):
        windows_control.write_traffic_class({}, False, 1)
    with pytest.raises(KeyError):
        windows_control.write_credentials({}, 1, 2, 3)
    with pytest.raises(KeyError):
        posix_control.write_source({"IP_SENDSRCADDR": 7, "IPPROTO_IP": 0}, bytes(4), 3)


@pytest.mark.parametrize("numbers", [MACOS, FREEBSD, NETBSD, OPENBSD])
def test_what_kernels_ignore_is_not_built(numbers: dict[str, int]) -> None:
    # Their udp_output() reads no TTL; that of NetBSD and OpenBSD no TOS either.
    with pytest.raises(KeyError):
        posix_control.write_hop_limit(numbers, False, 1)
    assert posix_control.write_hop_limit(numbers, True, 1) == (41, 47, n32(1))
    if numbers in (NETBSD, OPENBSD):
        with pytest.raises(KeyError):
            posix_control.write_traffic_class(numbers, False, 1)


def test_each_option_is_one_pair_of_level_and_name() -> None:
    for module in (posix_control, windows_control):
        rows = [(level, name) for options in module.OPTIONS.values() for level, name, _ in options]
        doubles = {row for row in rows if rows.count(row) > 1}
        assert doubles <= {("SOL_SOCKET", "SO_TIMESTAMPING")}  # two features of one option
