"""sendmsg and recvmsg by Winsock: packet information, truncation, streams, the geometry."""

from __future__ import annotations

import ipaddress
import mmap
import struct
from ctypes import c_ulong

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel import wine_gap
from winsock_trace import around

import cffisock
from cffisock import _ffi
from cffisock._message import build_control, parse_control

LOCALHOST = {cffisock.AF_INET: "127.0.0.1", cffisock.AF_INET6: "::1"}


@pytest.fixture(params=[cffisock.AF_INET, cffisock.AF_INET6], ids=["IPv4", "IPv6"])
def datagrams(request):
    """``(receiver, sender, address)`` of one family."""
    family = request.param
    with cffisock.socket(family, cffisock.SOCK_DGRAM) as receiver:
        receiver.bind((LOCALHOST[family], 0))
        receiver.settimeout(10)
        with cffisock.socket(family, cffisock.SOCK_DGRAM) as sender:
            yield receiver, sender, receiver.getsockname()


def pktinfo(family, data):
    """``(destination, interface)`` out of an IP_PKTINFO or IPV6_PKTINFO message."""
    size = 4 if family == cffisock.AF_INET else 16
    return str(ipaddress.ip_address(data[:size])), struct.unpack("=I", data[size:])[0]


def option(family):
    return (
        (cffisock.IPPROTO_IP, cffisock.IP_PKTINFO)
        if family == cffisock.AF_INET
        else (cffisock.IPPROTO_IPV6, cffisock.IPV6_PKTINFO)
    )


def test_packet_information_both_ways(datagrams):
    receiver, sender, address = datagrams
    level, name = option(receiver.family)
    receiver.setsockopt(level, name, 1)
    assert sender.sendmsg([b"one", b"", b"two"], [], 0, address) == 6
    data, ancdata, flags, peer = receiver.recvmsg(100, 256)
    assert (data, flags & cffisock.MSG_TRUNC, peer[1]) == (b"onetwo", 0, sender.getsockname()[1])
    ((got_level, got_name, payload),) = ancdata
    assert (got_level, got_name) == (level, name)
    destination, interface = pktinfo(receiver.family, payload)
    assert destination == LOCALHOST[receiver.family]
    assert interface in dict(cffisock.if_nameindex())
    # And back: the same message chooses the source of a reply.
    assert receiver.sendmsg([b"reply"], [(level, name, payload)], 0, peer) == 5
    sender.settimeout(10)
    assert sender.recvfrom(100) == (b"reply", address)


def test_truncation_is_a_flag(datagrams):
    receiver, sender, address = datagrams
    sender.sendto(b"0123456789", address)
    data, _, flags, peer = receiver.recvmsg(4)
    assert (data, flags & cffisock.MSG_TRUNC) == (b"0123", cffisock.MSG_TRUNC)
    assert peer[1] == sender.getsockname()[1]
    sender.sendto(b"0123456789", address)
    first, second = bytearray(3), bytearray(3)
    got, _, flags, _ = receiver.recvmsg_into([first, second])
    assert (got, first, second) == (6, b"012", b"345")
    assert flags & cffisock.MSG_TRUNC


def test_recv_and_recvfrom_keep_the_error(datagrams):
    receiver, sender, address = datagrams
    for call in (receiver.recv, receiver.recvfrom):
        sender.sendto(b"0123456789", address)
        with pytest.raises(OSError) as caught:
            call(4)
        assert caught.value.winerror == 10040


def test_empty_messages(datagrams):
    receiver, sender, address = datagrams
    assert sender.sendmsg([], [], 0, address) == 0
    assert receiver.recvmsg(10)[0] == b""
    sender.sendto(b"x", address)
    data, _, flags, _ = receiver.recvmsg(0)
    assert (data, flags & cffisock.MSG_TRUNC) == (b"", cffisock.MSG_TRUNC)


def test_control_without_room_is_not_lost_silently(datagrams):
    receiver, sender, address = datagrams
    receiver.setsockopt(*option(receiver.family), 1)
    sender.sendto(b"data", address)
    _, ancdata, flags, peer = receiver.recvmsg(100, 8)
    assert ancdata == []
    assert flags & cffisock.MSG_CTRUNC
    assert peer[1] == sender.getsockname()[1]


@wine_gap("answers 0 bytes when control data is cut")
def test_control_without_room_leaves_the_data(datagrams):
    receiver, sender, address = datagrams
    receiver.setsockopt(*option(receiver.family), 1)
    sender.sendto(b"data", address)
    assert receiver.recvmsg(100, 8)[0] == b"data"


def test_peek(datagrams):
    receiver, sender, address = datagrams
    sender.sendto(b"look", address)
    assert receiver.recvmsg(10, 0, cffisock.MSG_PEEK)[0] == b"look"
    assert receiver.recvmsg(10)[0] == b"look"


@pytest.fixture
def stream():
    left, right = cffisock.socketpair()
    with left, right:
        left.settimeout(10)
        right.settimeout(10)
        yield left, right


def test_stream_gathers_and_scatters(stream):
    left, right = stream
    big = bytes(range(256)) * 100
    assert left.sendmsg([b"head", bytearray(b"-"), memoryview(big)]) == 5 + len(big)
    head, body = bytearray(5), bytearray(len(big))
    got = 0
    while got < 5 + len(big):
        rest = [memoryview(head)[got:], memoryview(body)[max(got - 5, 0) :]]
        size, ancdata, flags, peer = right.recvmsg_into(rest)
        assert (ancdata, flags & cffisock.MSG_CTRUNC, peer) == ([], 0, None)
        got += size
    assert (head, body) == (b"head-", big)


@pytest.mark.skipif(struct.calcsize("P") != 8, reason="no buffers of such a size")
@pytest.mark.parametrize(
    ("lengths", "taken"),
    [
        ([2**31 - 1], [2**31 - 1]),
        ([2**31 + 5, 4], [2**31 - 1]),
        ([4, 2**31 + 5, 4], [4, 2**31 - 5]),
        ([2**30, 2**30, 2**30], [2**30, 2**30 - 1]),
        ([2**30, 4, 2**30 - 4], [2**30, 4, 2**30 - 5]),
        ([2**30, 0, 2**30 - 2, 0], [2**30, 0, 2**30 - 2, 0]),
    ],
)
def test_nothing_follows_what_one_call_cannot_take(stream, lengths, taken):
    calls = []

    def call(original, fd, buffers, count, done, *arguments):
        calls.append([c_ulong.from_address(buffers + 16 * i).value for i in range(count)])
        c_ulong.from_address(done).value = sum(calls[-1])
        return 0

    with mmap.mmap(-1, max(lengths)) as memory, memoryview(memory) as view:
        pieces = [view[:length] for length in lengths]
        with around(_ffi, WSASend=call, WSARecv=call):
            sent = stream[0].sendmsg(pieces, [], 0)
            received = stream[0].recvmsg_into(pieces)[0]
        for piece in pieces:
            piece.release()
    assert calls == [taken, taken]
    assert sent == received == sum(taken)


def test_stream_end(stream):
    left, right = stream
    left.shutdown(cffisock.SHUT_WR)
    assert right.recvmsg(10) == (b"", [], 0, None)
    with pytest.raises(OSError) as caught:
        left.sendmsg([b"x"])
    assert caught.value.winerror == 10058


def test_stream_takes_no_control_messages(stream):
    with pytest.raises(OSError) as caught:
        stream[0].sendmsg([b"x"], [(cffisock.IPPROTO_IP, cffisock.IP_PKTINFO, bytes(8))])
    assert caught.value.winerror == 10045


def test_time_out_of_recvmsg(stream):
    stream[0].settimeout(0.05)
    with pytest.raises(cffisock.timeout, match="timed out"):
        stream[0].recvmsg(1)


@pytest.mark.skipif(struct.calcsize("P") != 8, reason="numbers of 64-bit Windows")
def test_geometry():
    # WSACMSGHDR is {SIZE_T; INT; INT}, and both alignments are 8.
    assert [cffisock.CMSG_LEN(n) for n in (0, 1, 8, 20)] == [16, 17, 24, 36]
    assert [cffisock.CMSG_SPACE(n) for n in (0, 1, 8, 20)] == [16, 24, 24, 40]
    control, size = build_control([(0, 19, b"12345")])
    from cffisock._backend import ffi

    assert ffi.unpack(control, size) == struct.pack("=Qii", 21, 0, 19) + b"12345\0\0\0"


ITEMS = st.lists(
    st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1), st.binary())
)


@given(ITEMS)
def test_control_messages_round_trip(items):
    control, size = build_control(items)
    assert parse_control(control, size) == items


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_without_harm(raw):
    import warnings

    from cffisock._backend import ffi

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        items = parse_control(ffi.new("char[]", raw or b"\0"), len(raw))
    assert sum(len(data) for _, _, data in items) <= len(raw)


@wine_gap("no WSAECONNRESET on a datagram socket")
def test_datagram_to_a_closed_port_is_told():
    with cffisock.socket(type=cffisock.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    with cffisock.socket(type=cffisock.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.sendto(b"anyone?", address)
        with pytest.raises(ConnectionResetError):
            sock.recvfrom(10)
