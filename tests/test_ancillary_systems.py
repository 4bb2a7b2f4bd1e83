"""Control messages where systems differ: what arrives and what may be sent, by their own headers."""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

import cffisock
from cffisock.ancillary import build, parse, space
from cffisock.backends import control


def posix_room() -> Any:
    """Its tables, on whichever system: they need nothing of it, but its package does."""
    path = Path(control.__file__).parent / "posix" / "control.py"
    spec = spec_from_file_location("tables_of_posix", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


posix = posix_room()

# Alike on all that descend from BSD.
BSD = {
    "SOL_SOCKET": 0xFFFF, "IPPROTO_IP": 0, "IPPROTO_IPV6": 41, "IP_TOS": 3, "IP_TTL": 4,
    "IP_RECVDSTADDR": 7, "IPV6_PKTINFO": 46, "IPV6_HOPLIMIT": 47, "SCM_RIGHTS": 1,
}  # fmt: skip
MACOS = {
    **BSD, "IP_RECVIF": 20, "IP_RECVTTL": 24, "IP_PKTINFO": 26, "IP_RECVTOS": 27, "IPV6_TCLASS": 36,
    "SCM_TIMESTAMP": 2, "SCM_CREDS": 3,
}  # fmt: skip
FREEBSD = {
    **BSD, "IP_SENDSRCADDR": 7, "IP_RECVIF": 20, "IP_RECVTTL": 65, "IP_RECVTOS": 68,
    "IPV6_TCLASS": 61, "SCM_TIMESTAMP": 2, "SCM_CREDS": 3, "SCM_REALTIME": 5, "SO_TS_CLOCK": 0x1017,
}  # fmt: skip
NETBSD = {
    **BSD, "IP_SENDSRCADDR": 7, "IP_RECVIF": 20, "IP_RECVTTL": 23, "IP_PKTINFO": 25,
    "IPV6_TCLASS": 61, "SCM_TIMESTAMP": 8, "SCM_CREDS": 16,
}  # fmt: skip
OPENBSD = {
    **BSD, "IP_SENDSRCADDR": 7, "IP_RECVIF": 30, "IP_RECVTTL": 31, "IPV6_TCLASS": 61,
    "SCM_TIMESTAMP": 4,
}  # fmt: skip


def n32(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, sys.byteorder) for value in values)


def n64(value: int) -> bytes:
    return value.to_bytes(8, sys.byteorder)


def link(index: int) -> bytes:
    """``struct sockaddr_dl``: its length, AF_LINK, the interface, more."""
    return bytes([32, 18]) + index.to_bytes(2, sys.byteorder) + bytes(28)


# test_ancillary.py has those of macOS, FreeBSD, Windows and Linux.
GOLDEN = [
    # NetBSD: packet info with the address first, 32 bits of microseconds, struct sockcred
    (NETBSD, 0, 25, bytes([127, 0, 0, 1]) + n32(2), {"destination": "127.0.0.1", "interface": 2}),
    (NETBSD, 0, 20, link(3), {"interface": 3}),
    (NETBSD, 0, 23, b"\x40", {"hop_limit": 64}),
    (NETBSD, 41, 61, n32(3), {"traffic_class": 3, "ecn": 3}),
    (NETBSD, 0xFFFF, 8, n64(7) + n32(5, 0), {"timestamp_ns": 7_000_005_000}),
    (NETBSD, 0xFFFF, 16, n32(9, 1, 2, 3, 4, 1, 4), {"credentials": (9, 2, 4)}),
    # OpenBSD: address and interface come apart, 64 bits of microseconds
    (OPENBSD, 0, 7, bytes([192, 0, 2, 9]), {"destination": "192.0.2.9"}),
    (OPENBSD, 0, 30, link(3), {"interface": 3}),
    (OPENBSD, 0, 31, b"\x40", {"hop_limit": 64}),
    (OPENBSD, 0xFFFF, 4, n64(7) + n64(5), {"timestamp_ns": 7_000_005_000}),
]  # fmt: skip


@pytest.mark.parametrize(("numbers", "level", "kind", "data", "fields"), GOLDEN)
def test_layouts_of_netbsd_and_openbsd(
    numbers: dict[str, int], level: int, kind: int, data: bytes, fields: dict[str, Any]
) -> None:
    assert posix.received(numbers)[level, kind](data) == fields


def test_credentials_without_a_process_are_taken_for_no_others() -> None:
    # FreeBSD's LOCAL_CREDS: struct sockcred, users and groups, under the name of struct cmsgcred.
    with pytest.raises(ValueError, match="24 bytes"):
        posix.received(FREEBSD)[0xFFFF, 3](n32(1, 2, 0, 0, 1, 0))


@pytest.mark.parametrize("numbers", [MACOS, FREEBSD, NETBSD, OPENBSD])
def test_what_a_kernel_reads_out_of_no_message_is_not_built(numbers: dict[str, int]) -> None:
    with pytest.raises(KeyError):
        posix.write_hop_limit(numbers, False, 1)
    assert posix.write_hop_limit(numbers, True, 1) == (41, 47, n32(1))
    assert posix.write_traffic_class(numbers, True, 2) == (41, numbers["IPV6_TCLASS"], n32(2))
    if numbers in (NETBSD, OPENBSD):
        with pytest.raises(KeyError):
            posix.write_traffic_class(numbers, False, 2)
    else:
        data = b"\2" if numbers is FREEBSD else n32(2)
        assert posix.write_traffic_class(numbers, False, 2) == (0, 3, data)


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="this system has no O_PATH")
def test_descriptors_that_take_no_ioctl_arrive_close_on_exec() -> None:
    left, right = cffisock.socketpair(cffisock.AF_UNIX, cffisock.SOCK_DGRAM)
    with left, right:
        folder = os.open(os.sep, os.O_PATH)
        left.sendmsg([b"x"], build(fds=[folder]))
        os.close(folder)
        _, received, flags, _ = right.recvmsg(10, space(1))
    (fd,) = parse(received, flags).fds
    inheritable = os.get_inheritable(fd)
    os.close(fd)
    assert not inheritable
