"""A pytest plugin: skips what qemu-user cannot do, each gap shown first on the interpreter's own socket.

A gap that closed skips nothing: the tests that it names then run. A name that is no test's any more
fails the first test of its file, where files are run as a whole.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import ClassVar

import pytest


def numbers_in_messages() -> bool:
    """Whether the number in a control message of IP goes to the kernel in the wrong byte order."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        hops = [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 9))]
        try:
            sock.sendmsg([b"x"], hops, 0, sock.getsockname())
        except OSError:
            return True
    return False


def open_descriptors() -> set[int]:
    # The listing has a descriptor of its own, closed by now.
    return {number for number in map(int, os.listdir("/proc/self/fd")) if is_open(number)}


def is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def descriptors_that_do_not_fit() -> bool:
    """Whether descriptors are received that the program is never told of: there was room for one."""
    left, right = socket.socketpair()
    with left, right:
        socket.send_fds(left, [b"x"], [0, 0])
        before = open_descriptors()
        _, items, _, _ = right.recvmsg(1, socket.CMSG_LEN(4))
        received = open_descriptors() - before
        told = {number for _, _, data in items for (number,) in struct.iter_unpack("i", data)}
    for descriptor in received:
        os.close(descriptor)
    return received != told


def receiving_into_nothing() -> bool:
    """Whether a datagram is still there after recvmsg without a buffer."""
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with left, right:
        left.send(b"x")
        right.recvmsg_into([])
        right.setblocking(False)
        try:
            return right.recv(1) == b"x"
        except BlockingIOError:
            return False


def options_longer_than_asked_for() -> bool:
    """Whether an option is written past the length that the program gave: SO_LINGER has eight bytes."""
    room, length = ctypes.create_string_buffer(b"\xaa" * 32, 32), ctypes.c_uint(4)
    with socket.socket() as sock:
        option = sock.fileno(), socket.SOL_SOCKET, socket.SO_LINGER
        ctypes.CDLL(None).getsockopt(*option, room, ctypes.byref(length))
    return room.raw[4:] != b"\xaa" * 28


def options_cut_to_a_byte() -> bool:
    """Whether of an int, asked for three bytes, only one is written."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0x8080)
        whole = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4)
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 3) != whole[:3]


# After the sock_extended_err of 16 bytes comes a sockaddr: whose router or host it was that refused.
OFFENDER = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
    closed.bind(("127.0.0.1", 0))
    address = closed.getsockname()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
    sock.settimeout(10)
    sock.sendto(b"x", address)
    try:
        sock.recv(1)
    except ConnectionRefusedError:
        pass
    [(_, _, data)] = sock.recvmsg(1, 100, socket.MSG_ERRQUEUE)[1]
    print(socket.inet_ntoa(data[20:24]))
"""


def offenders_written_elsewhere() -> bool:
    """Whether the offender is missing in the error queue; a child asks, for it may be damaged."""
    command = [sys.executable, "-c", OFFENDER]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=100)
    return (done.returncode, done.stdout) != (0, "127.0.0.1\n")


def no_original_destination() -> bool:
    """Whether IP's option is missing where IPv6's is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.setsockopt(socket.IPPROTO_IP, 20, 1)  # IP_RECVORIGDSTADDR
        except OSError:
            return True
    return False


class SingleMessage(ctypes.Structure):
    """``struct mmsghdr`` with one buffer."""

    _fields_: ClassVar = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("buffers", ctypes.c_void_p),
        ("count", ctypes.c_size_t),
        ("rest", ctypes.c_size_t * 5),
    ]


def wait_for_one_passed_on() -> bool:
    """Whether recvmmsg's own flag goes on to the single receives, of which packet sockets refuse it."""
    library = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(8)
    buffer = (ctypes.c_size_t * 2)(ctypes.addressof(room), len(room))
    message = SingleMessage(buffers=ctypes.addressof(buffer), count=1)
    with socket.socket(
        socket.AF_PACKET, socket.SOCK_DGRAM
    ) as sock:  # of no protocol: nothing comes
        flags = 0x10000 | socket.MSG_DONTWAIT  # MSG_WAITFORONE
        library.recvmmsg(sock.fileno(), ctypes.byref(message), 1, flags, None)
    return ctypes.get_errno() == errno.EINVAL


# Gap -> its probe, and the tests that need what is missing. Segments go by such a number, too.
GAPS: dict[str, tuple[Callable[[], bool], list[str]]] = {
    "the emulator does not swap numbers in control messages": (
        numbers_in_messages,
        [
            "*test_ancillary.py::test_packet_info_is_the_same_for_every_way*",
            "*test_ancillary.py::test_what_is_built_is_what_is_parsed",
            "*test_ancillary.py::test_hop_limit[[]*",
            "*test_ancillary.py::test_traffic_class_and_its_ecn_bits*",
            "*test_ancillary.py::test_original_destination*",
            "*test_datagram.py::test_control_messages_of_each",
            "*test_datagram.py::test_every_form_of_an_item",
            "*test_datagram.py::test_no_address_is_the_one_for_all[[]items1]",
            "*test_datagram.py::test_nothing_is_lost_doubled_or_reordered",
            "*test_datagram_offload.py::test_data_arrives_in_segments*",
            "*test_datagram_offload.py::test_any_length_and_size",
            "*test_datagram_offload.py::test_coalesced_datagrams_are_cut_where_they_end",
            "*test_datagram_offload.py::test_ancillary_data_goes_with_every_segment*",
            "*test_datagram_offload.py::test_finding_out_leaves_no_mark*",
            "*test_datagram_offload.py::test_a_refusal_at_any_time_loses_nothing*",
            "*test_datagram_offload.py::test_a_batch_survives_a_refusal*",
            "*test_datagram_offload.py::test_a_last_piece_of_one_segment_goes_plain",
            "*test_datagram_offload.py::test_a_payload_as_long_as_the_buffer_goes*",
            "*test_endpoint.py::test_an_echo_between_two_endpoints",
        ],
    ),
    "the emulator loses descriptors that do not fit": (
        descriptors_that_do_not_fit,
        [
            "*test_ancillary.py::test_a_truncated_set_is_closed_and_reported",
            "*test_differential.py::test_same[[]rights]",
        ],
    ),
    "the emulator receives nothing without a buffer": (
        receiving_into_nothing,
        [
            "*test_properties.py::test_gathered_is_what_is_scattered",
            "*test_differential.py::test_same[[]recvmsg_into]",
        ],
    ),
    "the emulator writes options past the length it is given": (
        options_longer_than_asked_for,
        [
            "*test_ancillary.py::test_a_feature_changes_no_other_option*",
            "*test_datagram_offload.py::test_finding_out_leaves_no_mark*",
            "*test_datagram_offload.py::test_room_that_would_cut_a_tail_is_refused*",
        ],
    ),
    "the emulator writes one byte of a short option": (
        options_cut_to_a_byte,
        ["*test_differential.py::test_same[[]getsockopt]"],
    ),
    "the emulator writes the offender of an error where the program does not look": (
        offenders_written_elsewhere,
        ["*test_ancillary.py::test_the_error_queue_names_the_offender*"],
    ),
    "the emulator hands recvmmsg's flags to every family": (
        wait_for_one_passed_on,
        ["*test_datagram.py::test_packets_come_in_batches_with_the_name_of_their_interface"],
    ),
    "the emulator has no IP_RECVORIGDSTADDR": (
        no_original_destination,
        ["*test_ancillary.py::test_original_destination[[]mapped]"],
    ),
}


STALE = pytest.StashKey[str]()


def mark_stale(pattern: str, items: list[pytest.Item]) -> None:
    file = pattern.partition("::")[0]
    of_file = [item for item in items if fnmatchcase(item.nodeid, f"{file}::*")]
    if of_file and not any(fnmatchcase(item.nodeid, pattern) for item in of_file):
        of_file[0].stash[STALE] = f"emulator_gaps.py names what is not there: {pattern}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if STALE in item.stash:
        pytest.fail(item.stash[STALE], pytrace=False)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not any("::" in argument for argument in config.args):
        for pattern in (pattern for _, patterns in GAPS.values() for pattern in patterns):
            mark_stale(pattern, items)
    for reason, (shows, patterns) in GAPS.items():
        if not shows():
            continue
        for item in items:
            if any(fnmatchcase(item.nodeid, pattern) for pattern in patterns):
                item.add_marker(pytest.mark.skip(reason=reason))
