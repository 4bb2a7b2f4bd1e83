"""Handles: not inheritable wherever one is made, whole 64-bit ints, closed once."""

from __future__ import annotations

import pytest
from kernel import closing, is_inheritable

import cffisock
from cffisock import _socket


@pytest.fixture
def pair():
    with closing(*cffisock.socketpair()) as both:
        yield both


def test_socket_is_not_inheritable():
    with cffisock.socket() as sock:
        assert not is_inheritable(sock.fileno())
        assert sock.get_inheritable() is False


def test_pair_and_accept_are_not_inheritable(pair):
    assert not any(is_inheritable(sock.fileno()) for sock in pair)


def test_accept_is_not_inheritable_even_from_an_inheritable_listener():
    with cffisock.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        with cffisock.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                assert not is_inheritable(accepted.fileno())


def test_dup_is_not_inheritable_and_lives_on(pair):
    left, right = pair
    left.set_inheritable(True)
    with left.dup() as other:
        assert other.fileno() != left.fileno()
        assert not is_inheritable(other.fileno())
        left.close()
        other.sendall(b"still here")
        assert right.recv(100) == b"still here"


def test_fromfd_is_not_inheritable(pair):
    with cffisock.fromfd(pair[0].fileno(), cffisock.AF_INET, cffisock.SOCK_STREAM) as other:
        assert not is_inheritable(other.fileno())


def test_fromshare_is_not_inheritable(pair):
    import os

    with cffisock.fromshare(pair[0].share(os.getpid())) as other:
        assert not is_inheritable(other.fileno())


def test_set_inheritable_is_what_the_kernel_says():
    with cffisock.socket() as sock:
        for wanted in (True, False):
            sock.set_inheritable(wanted)
            assert is_inheritable(sock.fileno()) is sock.get_inheritable() is wanted


@pytest.mark.parametrize("call", ["get_inheritable", "listen", "getsockname", "dup"])
def test_closed_socket_is_not_a_socket(call):
    sock = cffisock.socket()
    sock.close()
    with pytest.raises(OSError, match="10038") as caught:
        getattr(sock, call)()
    assert caught.value.winerror == 10038


def test_closing_a_number_that_is_no_socket():
    with pytest.raises(OSError) as caught:
        cffisock.close(-1)
    assert caught.value.winerror == 10038


def test_a_handle_of_more_than_32_bits_is_not_cut():
    # Were it cut to 32 bits this would close `sock`.
    with cffisock.socket() as sock:
        with pytest.raises(OSError):
            _socket.close(sock.fileno() + 2**32)
        assert sock.getsockopt(cffisock.SOL_SOCKET, cffisock.SO_TYPE) == cffisock.SOCK_STREAM


def test_unbound_socket_by_its_number_needs_a_family():
    with cffisock.socket() as sock:
        with pytest.raises(OSError) as caught:
            cffisock.socket(fileno=sock.fileno())
        assert caught.value.winerror == 10022
        other = cffisock.socket(cffisock.AF_INET, fileno=sock.fileno())
        assert (other.family, other.type, other.proto) == (2, 1, 0)
        other.detach()
