"""Batches: what comes, what goes, what happens to each when the kernel says no."""

from __future__ import annotations

import copy
import errno
import gc
import mmap
import os
import pickle
import signal
import socket as stdlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queues import has_unix_datagrams, waits_when_full

import cffisock
from cffisock import ancillary, datagram
from cffisock._backend import ffi, lib, room
from cffisock.datagram import Batch, BatchError, recv_batch, send_batch

AF_INET, SOCK_DGRAM = cffisock.AF_INET, cffisock.SOCK_DGRAM
unix_only = pytest.mark.skipif(
    not has_unix_datagrams(), reason="this system has no Unix datagram sockets"
)
waits_only = pytest.mark.skipif(
    not waits_when_full(), reason="this system waits for no queue of Unix datagrams"
)


def udp() -> Any:
    sock = cffisock.socket(AF_INET, SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(10)
    return sock


@pytest.fixture
def ends() -> Iterator[tuple[Any, Any]]:
    """A sender and a receiver, not connected."""
    with udp() as sender, udp() as receiver:
        receiver.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_RCVBUF, 1 << 20)
        yield sender, receiver


@pytest.fixture
def unix() -> Iterator[tuple[Any, Any]]:
    """A pair whose queue is short, and full means "would block"."""
    left, right = cffisock.socketpair(cffisock.AF_UNIX, SOCK_DGRAM)
    with left, right:
        left.settimeout(10)
        right.settimeout(10)
        yield left, right


def take(receiver: Any, count: int) -> list[bytes]:
    """The next datagrams, however many calls they need."""
    batch, found = Batch(count, 65535), []
    while len(found) < count:
        recv_batch(receiver, batch)
        found += batch.payloads()
    return found


def is_empty(receiver: Any) -> bool:
    receiver.setblocking(False)
    try:
        recv_batch(receiver, Batch(1))
    except BlockingIOError:
        return True
    finally:
        receiver.settimeout(10)
    return False


# -- receiving -----------------------------------------------------------------------------


def test_a_batch_has_data_address_and_flags_of_each(ends: Any) -> None:
    sender, receiver = ends
    data = [b"one", b"", b"three" * 10]
    for each in data:
        sender.sendto(each, receiver.getsockname())
    batch = Batch(8, 20)
    assert recv_batch(receiver, batch) == 3 == len(batch)
    expected = [b"one", b"", (b"three" * 10)[:20]]
    address = sender.getsockname()
    assert batch.payloads() == expected
    assert batch.addresses() == [address] * 3
    assert list(batch) == [(each, address) for each in expected]
    assert [batch.data(i) for i in range(3)] == expected
    assert [bytes(batch.view(i)) for i in range(3)] == expected
    assert [batch.flags(i) & cffisock.MSG_TRUNC for i in range(3)] == [0, 0, cffisock.MSG_TRUNC]
    assert [batch.length(i) for i in range(3)] == [3, 0, 20]
    assert batch.address(-1) == address
    assert batch.data(-3) == b"one"
    for index in (3, -4):
        with pytest.raises(IndexError):
            batch.data(index)


@pytest.mark.parametrize("longer", [[18, 18, 18], [8, 16, 24]])
def test_asked_for_lengths_a_batch_shows_no_more_than_came(ends: Any, longer: list[int]) -> None:
    """MSG_TRUNC in the flags: Linux answers lengths of which it has written less."""
    sender, receiver = ends
    data = [bytes([65 + n]) * length for n, length in enumerate(longer)]
    for each in data:
        sender.sendto(each, receiver.getsockname())
    batch = Batch(4, 10)
    assert recv_batch(receiver, batch, cffisock.MSG_TRUNC) == 3
    expected = [each[:10] for each in data]
    assert batch.payloads() == expected
    assert [batch.data(i) for i in range(3)] == expected
    assert [bytes(batch.view(i)) for i in range(3)] == expected
    assert [batch.length(i) for i in range(3)] == list(map(len, expected))


def test_asked_for_lengths_a_stream_shows_what_it_read() -> None:
    """TCP takes MSG_TRUNC for "count and throw away"."""
    with cffisock.create_server(("127.0.0.1", 0)) as server:
        client = cffisock.create_connection(server.getsockname())
        connection, _ = server.accept()
    with client, connection:
        batch = Batch(1, 10)
        for data in (b"earlier", b"later"):
            client.sendall(data)
            recv_batch(connection, batch, cffisock.MSG_TRUNC)
            assert batch.payloads() == [data]


def test_the_room_of_a_batch_is_what_it_was_made_with() -> None:
    """The shim writes as many rows as there are said to be."""
    batch = Batch(4, 10, 20)
    assert (batch.capacity, batch.size, batch.control_size) == (4, 10, 32)
    for name in ("capacity", "size", "control_size"):
        with pytest.raises(AttributeError):
            setattr(batch, name, 1000)


@pytest.mark.parametrize("send", [datagram.send_batch, datagram.send_segmented])
def test_memory_of_its_own_is_not_left_to_the_kernel(ends: Any, send: Any) -> None:
    sender, receiver = ends
    if not hasattr(ancillary, "MSG_ZEROCOPY"):
        pytest.skip("this system has no MSG_ZEROCOPY")
    data = ([b"x"] * 3,) if send is datagram.send_batch else (b"x" * 30, 10)
    with pytest.raises(ValueError, match="use sendmsg"):
        send(sender, *data, receiver.getsockname(), ancillary.MSG_ZEROCOPY)
    assert is_empty(receiver)


def test_what_is_no_batch_is_refused(ends: Any) -> None:
    with pytest.raises(
        TypeError, match=r"a cffisock\.datagram\.Batch is required, not 'bytearray'"
    ):
        recv_batch(ends[1], bytearray(10))  # type: ignore[arg-type]


def test_rows_from_different_peers(ends: Any) -> None:
    _, receiver = ends
    with udp() as first, udp() as second:
        for sender in (first, second, first):
            sender.sendto(b"same size", receiver.getsockname())
        batch = Batch()
        assert recv_batch(receiver, batch) == 3
        names = first.getsockname(), second.getsockname()
        assert batch.addresses() == [names[0], names[1], names[0]]


@pytest.mark.parametrize("capacity", [1, 3, 64, 65, 200])
def test_batches_of_every_capacity(ends: Any, capacity: int) -> None:
    sender, receiver = ends
    sender.connect(receiver.getsockname())
    data = [b"%d" % number for number in range(150)]
    assert send_batch(sender, data) == 150
    batch = Batch(capacity)
    found: list[bytes] = []
    while len(found) < 150:
        assert recv_batch(receiver, batch) <= capacity
        found += batch.payloads()
    assert found == data


def test_a_batch_is_filled_anew(ends: Any) -> None:
    sender, receiver = ends
    batch = Batch(4)
    assert len(batch) == 0
    assert list(batch) == batch.payloads() == batch.addresses() == []
    for text in (b"first", b"second one"):
        sender.sendto(text, receiver.getsockname())
        recv_batch(receiver, batch)
        assert batch.payloads() == [text]


def test_a_view_outlives_its_batch(ends: Any) -> None:
    sender, receiver = ends
    sender.sendto(b"kept", receiver.getsockname())
    batch = Batch(1, 60000)
    recv_batch(receiver, batch)
    view = batch.view(0)
    del batch
    gc.collect()
    others = [Batch(1, 60000) for _ in range(8)]  # would get its memory
    for other in others:
        sender.sendto(b"other", receiver.getsockname())
        recv_batch(receiver, other)
    assert view == b"kept"


def test_waiting_is_for_the_first_and_no_more(ends: Any) -> None:
    sender, receiver = ends
    receiver.settimeout(None)
    address = receiver.getsockname()
    helper = threading.Timer(0.05, sender.sendto, (b"late", address))
    helper.start()
    assert recv_batch(receiver, Batch(32)) == 1
    helper.join()


def test_time_outs(ends: Any) -> None:
    _, receiver = ends
    batch = Batch()
    receiver.setblocking(False)
    with pytest.raises(BlockingIOError):
        recv_batch(receiver, batch)
    receiver.settimeout(0.05)
    start = time.monotonic()
    with pytest.raises(cffisock.timeout):
        recv_batch(receiver, batch)
    assert time.monotonic() - start >= 0.045


def test_peeking_sees_one(ends: Any) -> None:
    sender, receiver = ends
    sender.sendto(b"a", receiver.getsockname())
    sender.sendto(b"b", receiver.getsockname())
    batch = Batch()
    assert recv_batch(receiver, batch, cffisock.MSG_PEEK) == 1
    assert take(receiver, 2) == [b"a", b"b"]


def test_sockets_of_others_are_refused() -> None:
    with stdlib.socket(AF_INET, SOCK_DGRAM) as sock:
        for call in (
            lambda: recv_batch(sock, Batch()),
            lambda: send_batch(sock, [b""]),
            lambda: datagram.send_segmented(sock, b"x", 1),
        ):
            with pytest.raises(TypeError, match=r"cffisock\.socket\(fileno="):
                call()


def test_a_closed_socket(ends: Any) -> None:
    sender, _ = ends
    sender.close()
    for call in (lambda: recv_batch(sender, Batch()), lambda: send_batch(sender, [b"x"] * 9)):
        with pytest.raises(OSError, match=r".") as caught:
            call()
        assert caught.value.errno in room.INVALID_ADDRESS
        assert not isinstance(caught.value, BatchError)


@pytest.mark.parametrize("arguments", [(0,), (1, 0), (1, 1, -1)])
def test_a_batch_without_room_is_none(arguments: Any) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Batch(*arguments)


def test_control_messages_of_each(ends: Any) -> None:
    sender, receiver = ends
    if room.NAME != "posix" or not ancillary.enable(receiver, "hop_limit"):
        pytest.skip("this kernel is told no hop limits")
    to = receiver.getsockname()
    items = [(b"%d" % hops, to, ancillary.build(to, hop_limit=hops)) for hops in (1, 2, 3)]
    assert send_batch(sender, [*items, (b"plain", to)]) == 4
    batch = Batch(8, 100, ancillary.space())
    while not len(batch) or batch.data(-1) != b"plain":
        recv_batch(receiver, batch)
    hops_of = {data: batch.ancillary(i).hop_limit for i, data in enumerate(batch.payloads())}
    assert hops_of.pop(b"plain") not in (1, 2, 3, None)
    assert all(int(data) == hops for data, hops in hops_of.items())


@unix_only
def test_descriptors_nobody_asked_for_are_closed(unix: Any) -> None:
    left, right = unix
    import os

    def send(count: int) -> None:
        for _ in range(count):
            fd = os.open(os.devnull, os.O_RDONLY)
            left.sendmsg([b"x"], ancillary.build(fds=[fd]))
            os.close(fd)

    batch = Batch(8, 16, ancillary.space(4))
    send(3)
    assert recv_batch(right, batch) == 3
    (mine,) = batch.ancillary(1).fds
    assert batch.ancillary(1).fds == (mine,)
    assert not os.get_inheritable(mine)
    send(1)
    assert recv_batch(right, batch) == 1
    os.close(mine)  # still open: it was asked for; the others are gone, says the leak check
    del batch


# -- sending -------------------------------------------------------------------------------


def test_every_form_of_an_item(ends: Any) -> None:
    sender, receiver = ends
    to = receiver.getsockname()
    ttl = ancillary.build(to, hop_limit=9) if room.NAME == "posix" else []
    assert send_batch(sender, [(b"pair", to), (bytearray(b"triple"), to, ttl)]) == 2
    assert send_batch(sender, [b"bytes", bytearray(b"array"), memoryview(b"view")], to) == 3
    assert send_batch(sender, [b"default", (b"own", to)], to) == 2
    assert send_batch(sender, iter([b"generated"]), to) == 1
    assert send_batch(sender, [b"joined"] * 5 + [b"last"], to) == 6
    assert send_batch(sender, []) == 0
    expected = [b"pair", b"triple", b"bytes", b"array", b"view", b"default", b"own", b"generated"]
    expected += [b"joined"] * 5 + [b"last"]
    assert take(receiver, len(expected)) == expected
    assert is_empty(receiver)


def test_each_item_to_its_own_address(ends: Any) -> None:
    sender, receiver = ends
    with udp() as other:
        names = [receiver.getsockname(), other.getsockname()]
        items = [(b"%d" % number, names[number % 2]) for number in range(10)]
        assert send_batch(sender, items) == 10
        assert take(receiver, 5) == [b"0", b"2", b"4", b"6", b"8"]
        assert take(other, 5) == [b"1", b"3", b"5", b"7", b"9"]


@pytest.mark.parametrize(
    "items",
    [
        [(b"a", None)],
        [(b"a", None)] * 5,
        [(b"a", None), b"b"],
        [(b"a", None, [])],
    ],
)
def test_no_address_is_the_one_for_all(ends: Any, items: Any) -> None:
    sender, receiver = ends
    assert send_batch(sender, items, receiver.getsockname()) == len(items)
    assert len(take(receiver, len(items))) == len(items)


@unix_only
def test_a_list_that_changes_meanwhile_sends_what_it_held(unix: Any) -> None:
    left, right = unix
    held = [b"short", b"much longer " * 99]
    items = [held[0]]

    def change(*_: Any) -> Any:
        """Between any two lines of Python, as another thread may."""
        items[0] = held[items[0] is held[0]]
        return change

    tracer = sys.gettrace()
    for _ in range(4):
        sys.settrace(change)
        try:
            send_batch(left, items)
        finally:
            sys.settrace(tracer)
        assert right.recv(2000) in held


@pytest.mark.parametrize("wrong", [["text"], [(b"x",)], [(b"x", None, (), 4)], [5]])
def test_what_is_no_datagram(ends: Any, wrong: Any) -> None:
    sender, receiver = ends
    with pytest.raises(TypeError):
        send_batch(sender, wrong, receiver.getsockname())
    assert is_empty(receiver)


def test_an_error_reaches_another_process(ends: Any) -> None:
    """As a pool of processes hands it over."""
    sender, receiver = ends
    with pytest.raises(BatchError) as caught:
        send_batch(sender, [b"0", b"x" * 70000], receiver.getsockname())
    for again in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert str(again) == str(caught.value)
        assert (again.sent, again.done, list(again.errors)) == (1, 2, [1])
        assert again.errno == again.errors[1].errno == caught.value.errno


def test_an_error_names_its_item_and_the_others_go(ends: Any) -> None:
    sender, receiver = ends
    to = receiver.getsockname()
    items = [b"0", b"x" * 70000, b"2", b"x" * 70000, b"4"]
    with pytest.raises(BatchError) as caught:
        send_batch(sender, items, to)
    error = caught.value
    assert sorted(error.errors) == [1, 3]
    assert {each.errno for each in error.errors.values()} == {error.errno}
    assert (error.sent, error.done) == (3, 5)
    assert "first item 1" in str(error)
    assert take(receiver, 3) == [b"0", b"2", b"4"]
    assert is_empty(receiver)


@waits_only
def test_a_socket_that_does_not_wait_says_how_many_went(unix: Any) -> None:
    left, right = unix
    left.setblocking(False)
    items = [b"%d" % number for number in range(5000)]
    went = send_batch(left, items)
    assert 0 < went < len(items)
    with pytest.raises(BlockingIOError):
        send_batch(left, items[went:])
    assert take(right, went) == items[:went]
    again = send_batch(left, items[went:])
    assert take(right, again) == items[went : went + again]


@waits_only
def test_time_is_one_deadline_for_all(unix: Any) -> None:
    left, _right = unix
    left.settimeout(0.05)
    start = time.monotonic()
    went = send_batch(left, [b"x"] * 5000)
    assert 0 < went < 5000
    assert 0.045 <= time.monotonic() - start < 5
    with pytest.raises(cffisock.timeout):
        send_batch(left, [b"x"])


@waits_only
def test_a_blocking_socket_sends_them_all(unix: Any) -> None:
    left, right = unix
    left.settimeout(None)
    items = [b"%d" % number for number in range(2000)]
    sent: list[int] = []
    helper = threading.Thread(target=lambda: sent.append(send_batch(left, items)))
    helper.start()
    assert take(right, 2000) == items
    helper.join()
    assert sent == [2000]


@waits_only
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
def test_a_signal_handler_may_close_the_socket(unix: Any) -> None:
    left, _right = unix
    left.settimeout(None)

    def close(*_: Any) -> None:
        left.close()

    before = signal.signal(signal.SIGALRM, close)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(OSError, match=r".") as caught:
            send_batch(left, [b"x"] * 5000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert caught.value.errno == errno.EBADF


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=40), st.booleans())
def test_nothing_is_lost_doubled_or_reordered(
    rows: list[tuple[int, bytes]], addressed: bool
) -> None:
    with udp() as sender, udp() as first, udp() as second:
        targets = [first, second] if addressed else [first, first]
        names = [target.getsockname() for target in targets]
        items: list[Any] = [(data, names[to]) for to, data in rows]
        if not addressed:
            items = [data for _, data in rows]
            sender.connect(names[0])
        assert send_batch(sender, items) == len(rows)
        for number, target in enumerate(targets[: 1 + addressed]):
            expected = [data for to, data in rows if to == number or not addressed]
            assert take(target, len(expected)) == expected if expected else is_empty(target)
            assert is_empty(target)


def test_audit_events_as_sendmsg_has_them(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sender, receiver = ends
    to, seen = receiver.getsockname(), []
    from cffisock.datagram import _rows

    monkeypatch.setattr(_rows, "audit", lambda *event: seen.append(event))
    send_batch(sender, [(b"x", to)] * 5)
    assert seen == [("socket.sendmsg", sender, to)]


@pytest.mark.skipif(not hasattr(cffisock, "AF_PACKET"), reason="this system has no AF_PACKET")
def test_packets_come_in_batches_with_the_name_of_their_interface(ends: Any) -> None:
    sender, receiver = ends
    every = 3  # ETH_P_ALL
    try:
        packets = cffisock.socket(cffisock.AF_PACKET, SOCK_DGRAM, cffisock.htons(every))
    except PermissionError:
        pytest.skip("AF_PACKET needs a privilege that this process has not")
    with packets:
        packets.bind(("lo", every))
        packets.settimeout(10)
        batch = Batch(16)
        sender.sendto(b"seen on its way", receiver.getsockname())
        recv_batch(packets, batch)
    assert batch.address(0)[0] == "lo"


# -- where the system has no call for many -------------------------------------------------


def test_an_error_between_datagrams_is_kept_for_the_next_call(ends: Any) -> None:
    sender, receiver = ends
    batch = Batch()
    batch._inbox.deferred, batch._inbox.deferred_fd = errno.ECONNREFUSED, receiver.fileno()
    sender.sendto(b"waits", receiver.getsockname())
    if room.NAME == "posix":
        with pytest.raises(ConnectionRefusedError):
            recv_batch(receiver, batch)
    batch._inbox.deferred, batch._inbox.deferred_fd = errno.ECONNREFUSED, sender.fileno()
    assert recv_batch(receiver, batch) == 1  # it was another socket's


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="takes a page away with mprotect")
def test_an_error_after_many_datagrams_is_kept_too(ends: Any) -> None:
    """The kernel is asked for 64 at a time, and the next may be refused: here, for want of memory."""
    ctypes = pytest.importorskip("ctypes", reason="this Python was built without ctypes")
    sender, receiver = ends
    batch = Batch(65, mmap.PAGESIZE)
    send_batch(sender, [b"x"] * 65, receiver.getsockname(), offload=False)
    last = int(ffi.cast("uintptr_t", batch._inbox.data)) + 64 * mmap.PAGESIZE
    protect = ctypes.CDLL(None).mprotect
    page = ctypes.c_void_p(last), ctypes.c_size_t(mmap.PAGESIZE)
    assert protect(*page, 0) == 0
    try:
        assert recv_batch(receiver, batch) == 64
        with pytest.raises(OSError, match=os.strerror(errno.EFAULT)):
            recv_batch(receiver, batch)
    finally:
        assert protect(*page, mmap.PROT_READ | mmap.PROT_WRITE) == 0


def test_capabilities_name_what_is_there(ends: Any) -> None:
    able = datagram.capabilities(ends[0])
    assert able.batches == bool(lib.cs_batch_native())
    assert able.max_segments == (64 if able.segmentation else 1)
    if able.segmentation:
        assert any(hasattr(datagram, name) for name in ("UDP_SEGMENT", "UDP_SEND_MSG_SIZE"))
    with pytest.raises(AttributeError):
        _ = datagram.UDP_NOTHING
