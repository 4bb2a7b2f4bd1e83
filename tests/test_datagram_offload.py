"""Segmentation and coalescing, and the five bugs that others paid for: each has its test here."""

from __future__ import annotations

import errno
import select
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cffisock
from cffisock import ancillary, datagram
from cffisock._backend import ffi, lib, room
from cffisock.ancillary import walk
from cffisock.datagram import (
    Batch,
    BatchError,
    BoundariesUnknown,
    _offload,
    _rows,
    recv_batch,
    send_batch,
    send_segmented,
)
from cffisock.datagram._boundaries import LARGEST_SINGLE, boundaries
from cffisock.datagram._rows import _send_batch as real_send

can_send_hop_limit = room.NAME == "posix"  # nor a traffic class, by documented means
AF_INET, SOCK_DGRAM = cffisock.AF_INET, cffisock.SOCK_DGRAM


def udp(port: int = 0) -> Any:
    sock = cffisock.socket(AF_INET, SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    sock.settimeout(10)
    return sock


@pytest.fixture
def ends() -> Iterator[tuple[Any, Any, Any]]:
    """A sender, a receiver, and the receiver's address."""
    with udp() as sender, udp() as receiver:
        receiver.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_RCVBUF, 1 << 22)
        # macOS sends no datagram that is longer than this, at first 9216.
        sender.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_SNDBUF, 1 << 17)
        yield sender, receiver, receiver.getsockname()


def everything(receiver: Any) -> list[bytes]:
    """All that waits, as datagrams."""
    batch, found = Batch(64, 65535), []
    receiver.setblocking(False)
    try:
        while True:
            recv_batch(receiver, batch)
            found += batch.payloads()
    except BlockingIOError:
        receiver.settimeout(10)
    return found


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)] or [b""]


def pattern(length: int) -> bytes:
    """Bytes of which no two neighbouring pieces are alike."""
    return b"".join(n.to_bytes(4, "big") for n in range(length // 4 + 1))[:length]


@pytest.fixture
def coalescing(ends: Any) -> tuple[Any, Any, Any, Batch]:
    sender, receiver, to = ends
    batch = Batch(8, datagram.COALESCED_SIZE, ancillary.space())
    if not datagram.enable_coalescing(receiver, batch):
        pytest.skip("this kernel does not coalesce")
    return sender, receiver, to, batch


# -- what it is for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 10), (1, 10), (10, 10), (11, 10), (640, 10), (641, 10), (70000, 1200), (200000, 1400),
     (65507, 65507), (66000, 65507), (100000, 32753), (100000, 32754)],
)  # fmt: skip
def test_data_arrives_in_segments(ends: Any, length: int, size: int) -> None:
    sender, receiver, to = ends
    data = pattern(length)
    assert send_segmented(sender, data, size, to) == length
    assert everything(receiver) == pieces(data, size)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 20000), st.integers(100, 3000), st.sampled_from([bytes, bytearray, memoryview])
)
def test_any_length_and_size(length: int, size: int, kind: Any) -> None:
    with udp() as sender, udp() as receiver:
        sender.connect(receiver.getsockname())
        data = pattern(length)
        assert send_segmented(sender, kind(data), size) == length
        assert everything(receiver) == pieces(data, size)


@pytest.mark.parametrize("size", [0, -1, 65508])
def test_impossible_sizes(ends: Any, size: int) -> None:
    with pytest.raises(ValueError, match="segment_size"):
        send_segmented(ends[0], b"x", size, ends[2])


def test_coalesced_datagrams_are_cut_where_they_end(coalescing: Any) -> None:
    sender, receiver, to, batch = coalescing
    data = pattern(30 * 1000 + 77)
    send_segmented(sender, data, 1000, to)
    sender.sendto(b"alone", to)
    found: list[bytes] = []
    while not found or found[-1] != b"alone":
        for row in range(recv_batch(receiver, batch)):
            size = batch.segment_size(row)
            segments = batch.segments(row)
            assert b"".join(segments) == batch.data(row)
            assert all(len(each) == size for each in segments[:-1])
            found += segments
    assert found == [*pieces(data, 1000), b"alone"]


def test_an_empty_datagram_is_one_segment(coalescing: Any) -> None:
    sender, receiver, to, batch = coalescing
    sender.sendto(b"", to)
    recv_batch(receiver, batch)
    assert batch.segments(0) == [b""]


@pytest.mark.parametrize(
    "form",
    [list, iter, lambda items: [[a, b, bytearray(c)] for a, b, c in items]],
    ids=["list", "iterator", "lists of bytearrays"],
)
def test_ancillary_data_goes_with_every_segment(ends: Any, form: Any) -> None:
    sender, receiver, to = ends
    if not can_send_hop_limit or not ancillary.enable(receiver, "hop_limit"):
        pytest.skip("this kernel is told no hop limits")
    ancdata = form(ancillary.build(to, hop_limit=5))
    send_segmented(sender, pattern(5000), 1000, to, ancdata=ancdata)
    batch = Batch(8, 2000, ancillary.space())
    assert recv_batch(receiver, batch) == 5
    assert {batch.ancillary(row).hop_limit for row in range(5)} == {5}


def test_stamped_datagrams_are_not_joined(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sender, _receiver, to = ends
    if not ancillary.enable(sender, "transmit_timestamp"):
        pytest.skip("this kernel does not stamp what is sent")
    monkeypatch.setattr(_offload, "_send_batch", None)
    assert send_batch(sender, [b"x" * 100] * 10, to) == 10
    stamps = Batch(16, 100, ancillary.space())
    recv_batch(sender, stamps, cffisock.MSG_ERRQUEUE)
    infos = [stamps.ancillary(row) for row in range(len(stamps))]
    assert [info.error.data for info in infos if info.error] == list(range(len(stamps)))
    assert all(info.timestamp_ns for info in infos)


# -- 1: a probe that changed the caller's socket -------------------------------------------


def options_of(sock: Any) -> dict[tuple[int, int], int]:
    levels = [cffisock.SOL_SOCKET, cffisock.IPPROTO_IP, cffisock.IPPROTO_UDP]
    return {
        (level, number): lib.cs_getsockopt_int(sock.fileno(), level, number)
        for level in levels
        for number in range(1, 110)
    }


@pytest.mark.parametrize("query", ["capabilities", "offload and back"])
def test_finding_out_leaves_no_mark(ends: Any, query: str) -> None:
    sender, receiver, to = ends
    before = options_of(sender)
    if query == "capabilities":
        datagram.capabilities(sender)
    else:
        send_segmented(sender, pattern(5000), 500, to)
        assert len(everything(receiver)) == 10
    assert options_of(sender) == before
    sender.sendto(b"x" * 2048, to)
    assert everything(receiver) == [b"x" * 2048]


# -- 2: offload that works until it does not -----------------------------------------------


class Refusing:
    """The shim's call, which refuses segments from the n-th call with segments on."""

    then_real = False  # whether the kernel's own segmentation is used after all

    def __init__(self, code: int, at: int = 0, any_control: bool = False) -> None:
        self.code, self.at, self.any_control = code, at, any_control
        self.asked = 0

    def __call__(
        self, fd: int, data: Any, lengths: Any, first: int, count: int, flags: int, out: Any
    ) -> int:
        segments = bool(out) and bool(out.control)
        if segments and self.asked >= self.at:
            self.asked += 1
            return -self.code
        if self.any_control and bool(out) and bool(out.controls):
            return -self.code
        if not segments:
            return real_send(fd, data, lengths, first, count, flags, out)
        self.asked += 1
        # One piece a call, as when the kernel takes no more.
        return real_send(fd, data, lengths, first, first + 1, flags, out)


def inject(monkeypatch: pytest.MonkeyPatch, fault: Refusing) -> Refusing:
    with udp() as sock:
        able = datagram.capabilities(sock).segmentation
    if (fault.at or fault.then_real) and not able:
        pytest.skip("this kernel has no segmentation that could stop working")
    monkeypatch.setattr(_offload, "_segments", lambda *_: True)
    monkeypatch.setattr(_offload, "_send_batch", fault)
    monkeypatch.setattr(_rows, "_send_batch", fault)
    return fault


def _name(code: int) -> str:
    """What the code is called on every system."""
    names = ("EIO", "EINVAL", "ENOPROTOOPT", "EOPNOTSUPP")
    return next(n for n in names if code in (getattr(errno, n), getattr(errno, f"WSA{n}", None)))


REFUSALS = [pytest.param(c, id=_name(c)) for c in sorted(_offload._room.SEGMENTS_REFUSED)]


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("with_control", [False, True])
def test_a_refusal_at_any_time_loses_nothing(
    ends: Any, monkeypatch: pytest.MonkeyPatch, code: int, at: int, with_control: bool
) -> None:
    sender, receiver, to = ends
    if with_control and not can_send_hop_limit:
        pytest.skip("this kernel is told no traffic class")
    fault = inject(monkeypatch, Refusing(code, at))
    data, size = pattern(200 * 1000 + 5), 1000
    ancdata = ancillary.build(to, ecn=1) if with_control else ()
    assert send_segmented(sender, data, size, to, ancdata=ancdata) == len(data)
    assert everything(receiver) == pieces(data, size)
    # From now on, and for this socket only, nobody asks again.
    assert fault.asked == at + 1
    assert not datagram.capabilities(sender).segmentation
    send_segmented(sender, data, size, to)
    send_batch(sender, [b"x" * 100] * 9, to)
    assert fault.asked == at + 1
    assert datagram.capabilities(receiver).segmentation
    assert everything(receiver) == pieces(data, size) + [b"x" * 100] * 9


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("paired", [False, True])
def test_a_batch_survives_a_refusal(
    ends: Any, monkeypatch: pytest.MonkeyPatch, code: int, at: int, paired: bool
) -> None:
    sender, receiver, to = ends
    inject(monkeypatch, Refusing(code, at))
    data = pieces(pattern(150 * 500 + 3), 500)
    items: list[Any] = [(each, to) for each in data] if paired else data
    assert send_batch(sender, items, None if paired else to) == len(items)
    assert everything(receiver) == data


@pytest.mark.parametrize("code", [errno.EIO, errno.EINVAL])
def test_when_the_fault_is_the_control_message_everybody_hears(
    ends: Any, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    sender, receiver, to = ends
    if not can_send_hop_limit:
        pytest.skip("this kernel is told no traffic class")
    inject(monkeypatch, Refusing(code, 0, any_control=True))
    with pytest.raises(BatchError) as caught:
        send_segmented(sender, pattern(5000), 1000, to, ancdata=ancillary.build(to, ecn=1))
    assert sorted(caught.value.errors) == [0, 1, 2, 3, 4]
    assert caught.value.sent == 0
    assert everything(receiver) == []
    # It was not segmentation that failed, so segmentation may be asked for again.
    assert datagram.capabilities(sender).segmentation


def test_a_route_too_narrow_for_one_size_is_not_remembered(
    ends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, receiver, to = ends
    inject(monkeypatch, Refusing(_offload._room.TOO_LONG))
    data = pattern(5000)
    assert send_segmented(sender, data, 1000, to) == 5000
    assert everything(receiver) == pieces(data, 1000)
    assert datagram.capabilities(sender).segmentation


def test_other_errors_name_one_segment(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sender, receiver, to = ends

    class Unreachable(Refusing):
        then_real = True

        def __call__(self, *arguments: Any) -> int:
            answer = super().__call__(*arguments)
            self.at = 99  # once only
            return answer

    inject(monkeypatch, Unreachable(errno.ENETUNREACH, 0))
    data, size = pattern(100 * 1000), 1000
    with pytest.raises(BatchError) as caught:
        send_segmented(sender, data, size, to)
    assert sorted(caught.value.errors) == [0]
    assert caught.value.sent == 99
    assert everything(receiver) == pieces(data, size)[1:]
    assert datagram.capabilities(sender).segmentation


@pytest.mark.skipif(
    not hasattr(select, "poll"), reason="this system keeps such errors for receivers"
)
@pytest.mark.parametrize("offload", [False, True])
def test_what_an_earlier_datagram_met_costs_one(offload: bool) -> None:
    with udp() as client, udp() as server:
        address = server.getsockname()
        client.connect(address)
        server.close()
        client.send(b"nobody listens")
        poller = select.poll()
        poller.register(client, 0)
        if not poller.poll(10000):
            pytest.skip("this system keeps no such error")
        with udp(address[1]) as server:
            with pytest.raises(BatchError) as caught:
                send_batch(client, [b"x" * 100] * 32, offload=offload)
            assert list(caught.value.errors) == [0]
            assert len(everything(server)) == 31


@pytest.mark.parametrize("length", [1, 999, 1000])
def test_a_size_as_long_as_the_payload_is_dropped(
    ends: Any, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    sender, receiver, to = ends
    fault = inject(monkeypatch, Refusing(errno.EIO))
    assert send_segmented(sender, pattern(length), 1000, to) == length
    assert fault.asked == 0
    assert everything(receiver) == [pattern(length)]


def test_a_last_piece_of_one_segment_goes_plain(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sender, receiver, to = ends
    fault = inject(monkeypatch, Refusing(errno.EIO, at=1))
    data = pattern(64 * 1000 + 5)
    assert send_segmented(sender, data, 1000, to) == len(data)
    assert fault.asked == 1
    assert everything(receiver) == pieces(data, 1000)


# -- 3: coalesced receive without the segment size -----------------------------------------


def test_unknown_boundaries_are_never_one_datagram() -> None:
    for length in (1473, 3000, 65535):
        with pytest.raises(BoundariesUnknown):
            boundaries(length, None, 0, 1472)
    with pytest.raises(BoundariesUnknown):
        boundaries(100, None, 1, None)
    assert boundaries(3000, 1200, 0, 1472) == 1200
    assert boundaries(1472, None, 0, 1472) == 1472
    assert boundaries(3000, None, 0, None) == 3000
    assert boundaries(0, None, 0, 1472) == 1
    assert (LARGEST_SINGLE is None) == _offload._room.COALESCING_IS_REPORTED


def test_a_size_lost_with_the_control_messages_is_missed(coalescing: Any) -> None:
    sender, receiver, to, _batch = coalescing
    ancillary.enable(receiver, "hop_limit", "packet_info", "timestamp")
    small = Batch(8, datagram.COALESCED_SIZE, 32)
    send_segmented(sender, pattern(5000), 1000, to)
    recv_batch(receiver, small)
    assert small.flags(0) & cffisock.MSG_CTRUNC
    with pytest.raises(BoundariesUnknown):
        small.segments(0)


@pytest.mark.parametrize("arguments", [(4, 2048, 1024), (4, 65535, 0)])
def test_room_that_would_cut_a_tail_is_refused(ends: Any, arguments: Any) -> None:
    before = options_of(ends[1])
    with pytest.raises(ValueError, match="coalescing needs"):
        datagram.enable_coalescing(ends[1], Batch(*arguments))
    assert options_of(ends[1]) == before


# -- 4: sizes of options, and right numbers at wrong levels: tests/test_ancillary.py has the pairs --


def test_an_option_is_read_whole_however_much_of_it_is_written(ends: Any) -> None:
    sock = ends[0]
    for _ in range(3):  # the second time the buffer is not fresh
        sock.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_BROADCAST, 1)
        assert lib.cs_getsockopt_int(sock.fileno(), cffisock.SOL_SOCKET, cffisock.SO_BROADCAST) in (
            1,
            0xFFFFFFFF,
            cffisock.SO_BROADCAST,  # macOS answers the flag itself
        )
        sock.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_BROADCAST, 0)
        assert not lib.cs_getsockopt_int(sock.fileno(), cffisock.SOL_SOCKET, cffisock.SO_BROADCAST)


# -- 5: walking control messages that a kernel left half-written ---------------------------

HEADER = lib.cs_cmsg_len(0)
LENGTH_SIZE = HEADER - 8


def header(length: int, level: int = 1, kind: int = 1) -> bytes:
    from sys import byteorder

    parts = [(length, LENGTH_SIZE), (level, 4), (kind, 4)]
    return b"".join(value.to_bytes(size, byteorder) for value, size in parts)


def whole(data: bytes) -> bytes:
    return (header(HEADER + len(data)) + data).ljust(lib.cs_cmsg_space(len(data)), b"\0")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (bytes(200), []),  # memory never written, headers of zero for ever
        (header(0), []),
        (header(HEADER - 1), []),
        (header(HEADER), [b""]),
        (whole(b"abcd"), [b"abcd"]),
        (whole(b"abcd") + bytes(64), [b"abcd"]),
        (whole(b"a") + whole(b"bc"), [b"a", b"bc"]),
        (whole(b"a") + header(2**31 - 1), [b"a", b""]),
        (header(HEADER + 100) + b"short", [b"short"]),
        (whole(b"abcd")[:HEADER + 2], [b"ab"]),
        (whole(b"abcd")[: HEADER - 1], []),
        (b"", []),
    ],
)  # fmt: skip
def test_walking_stops_where_sense_does(raw: bytes, expected: list[bytes]) -> None:
    memory = ffi.new("char[]", len(raw) or 1)
    ffi.memmove(memory, raw, len(raw))
    assert [data for _, _, data in walk(memory, len(raw))] == expected


def test_rows_of_control_memory_begin_empty_and_aligned() -> None:
    batch = Batch(4, 10, 33)
    assert batch.control_size == 48
    assert bytes(ffi.buffer(batch._control)) == bytes(4 * 48)


TOO_LONG = (errno.EMSGSIZE, errno.ENOBUFS, 10040, 10055)  # and as Winsock numbers them


def test_a_payload_as_long_as_the_buffer_goes_or_fails_but_never_waits(ends: Any) -> None:
    sender, receiver, to = ends
    sender.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_SNDBUF, 4096)
    limit = sender.getsockopt(cffisock.SOL_SOCKET, cffisock.SO_SNDBUF)
    sender.setblocking(False)
    message = ancillary.build(to, hop_limit=9) if can_send_hop_limit else ()
    for length in [*range(limit - 200, limit + 200, 23), limit]:
        try:
            send_batch(sender, [(b"x" * length, to, message)])
        except BatchError as error:
            went = 0 if error.errno in TOO_LONG else -1
        else:
            went = 1
        assert len(everything(receiver)) == went
