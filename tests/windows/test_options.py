"""TCP_QUICKACK: Windows lets it be set, by an ioctl, and not asked; the object remembers."""

from __future__ import annotations

import sys

import pytest

import cffisock
from cffisock import _core

TCP_QUICKACK = 0x98000017 - 2**32
OPTION = (cffisock.IPPROTO_TCP, TCP_QUICKACK)


@pytest.fixture
def told(monkeypatch):
    """What the kernel would be told; it agrees."""
    calls = []
    monkeypatch.setattr(_core, "_setsockopt_int", lambda *args: calls.append(args[1:]) or 0)
    return calls


def test_the_value_last_set_is_told(told):
    with cffisock.socket() as sock, cffisock.socket() as other:
        assert sock.getsockopt(*OPTION) == 0
        for value in (1, 0, 7):
            sock.setsockopt(*OPTION, value)
            assert sock.getsockopt(*OPTION) == value
        assert other.getsockopt(*OPTION) == 0
    assert told == [(*OPTION, value) for value in (1, 0, 7)]


def test_what_the_kernel_refuses_is_not_remembered():
    with cffisock.socket(type=cffisock.SOCK_DGRAM) as sock:
        with pytest.raises(OSError, match=r"\d"):
            sock.setsockopt(*OPTION, 1)
        assert sock.getsockopt(*OPTION) == 0


def test_the_name_is_there_from_python_3_14_on():
    assert hasattr(cffisock, "TCP_QUICKACK") is (sys.version_info >= (3, 14))
    assert getattr(cffisock, "TCP_QUICKACK", TCP_QUICKACK) == TCP_QUICKACK


def test_other_options_go_to_the_kernel():
    with cffisock.socket() as sock:
        sock.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_KEEPALIVE, 1)
        assert sock.getsockopt(cffisock.SOL_SOCKET, cffisock.SO_KEEPALIVE)
        assert len(sock.getsockopt(cffisock.SOL_SOCKET, cffisock.SO_LINGER, 4)) == 4
