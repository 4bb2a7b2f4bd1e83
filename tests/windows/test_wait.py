"""Waiting by select(): connections that fail are told, time-outs expire."""

from __future__ import annotations

import errno
import time

import pytest

import cffisock


@pytest.fixture
def refused():
    """An address at which nobody listens, kept from others by a bound socket."""
    with cffisock.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()


@pytest.mark.parametrize("timeout", [None, 20])
def test_refused_connect_is_reported_not_waited_out(refused, timeout):
    begun = time.monotonic()
    with cffisock.socket() as sock:
        sock.settimeout(timeout)
        with pytest.raises(ConnectionRefusedError) as caught:
            sock.connect(refused)
        assert caught.value.winerror == 10061
    assert time.monotonic() - begun < 10


def test_connect_ex_answers_the_code(refused):
    with cffisock.socket() as sock:
        sock.settimeout(20)
        assert sock.connect_ex(refused) == errno.ECONNREFUSED == 10061


def test_non_blocking_connect_is_under_way():
    with cffisock.create_server(("127.0.0.1", 0)) as listener, cffisock.socket() as sock:
        sock.setblocking(False)
        assert sock.connect_ex(listener.getsockname()) == errno.EWOULDBLOCK == 10035
        accepted, peer = listener.accept()
        with accepted:
            sock.settimeout(10)
            assert sock.getsockname() == peer
            accepted.sendall(b"x")
            assert sock.recv(1) == b"x"


def test_accept_and_recv_expire():
    with cffisock.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        with pytest.raises(cffisock.timeout, match="timed out"):
            listener.accept()
        with cffisock.create_connection(listener.getsockname(), timeout=0.05) as sock:
            with pytest.raises(cffisock.timeout, match="timed out"):
                sock.recv(1)
            listener.accept()[0].close()


def test_accepted_socket_does_not_keep_the_listeners_mode():
    # Winsock hands the listener's non-blocking mode down.
    with cffisock.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        with cffisock.create_connection(listener.getsockname()) as sock:
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.gettimeout() is None
                accepted.settimeout(10)
                sock.sendall(b"y")
                assert accepted.recv(1) == b"y"


def test_would_block():
    left, right = cffisock.socketpair()
    with left, right:
        left.setblocking(False)
        with pytest.raises(BlockingIOError) as caught:
            left.recv(1)
        assert caught.value.winerror == 10035


def test_time_out_that_select_cannot_hold():
    with cffisock.socket() as sock:
        with pytest.raises(OverflowError, match="doesn't fit"):
            sock.settimeout(2**31 / 1000)
        assert sock.gettimeout() is None
        sock.settimeout((2**31 - 1) / 1000)
    with pytest.raises(OverflowError, match="doesn't fit"):
        sock.settimeout(2**31)  # of a closed socket, too: the argument comes first
    assert sock.gettimeout() == (2**31 - 1) / 1000


@pytest.mark.parametrize("value", [2**31, 2**31 / 1000, (2**31 - 1) / 1000 + 1e-6, 1e9])
def test_default_time_out_that_select_cannot_hold(value):
    with pytest.raises(OverflowError, match="doesn't fit"):
        cffisock.setdefaulttimeout(value)
    assert cffisock.getdefaulttimeout() is None


def test_many_sockets_are_no_problem_for_the_wait():
    # More than FD_SETSIZE (64) handles: a set of one holds any of them.
    socks = [cffisock.socket(type=cffisock.SOCK_DGRAM) for _ in range(100)]
    try:
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        socks[-1].settimeout(10)
        socks[0].sendto(b"z", socks[-1].getsockname())
        assert socks[-1].recv(10) == b"z"
    finally:
        for sock in socks:
            sock.close()
