"""Winsock's codes as Python's exceptions."""

from __future__ import annotations

import errno

import pytest

import cffisock
from cffisock._backend import room


@pytest.mark.parametrize(
    ("code", "kind", "number"),
    [
        (10061, ConnectionRefusedError, 10061),
        (10054, ConnectionResetError, 10054),
        (10053, ConnectionAbortedError, 10053),
        (10058, BrokenPipeError, 10058),
        (10060, TimeoutError, 10060),
        (10035, BlockingIOError, 10035),
        (10036, BlockingIOError, 10036),
        (10037, BlockingIOError, 10037),
        (10013, PermissionError, errno.EACCES),
        (10004, InterruptedError, errno.EINTR),
        (10022, OSError, errno.EINVAL),
        (10038, OSError, 10038),
    ],
)
def test_code_class_and_errno(code, kind, number):
    error = room.error(code)
    assert type(error) is kind
    assert error.winerror == code
    # As the interpreter's own constructor maps it.
    assert error.errno == OSError(None, "", None, code).errno == number
    assert error.strerror


def test_error_of_a_call_carries_winerror():
    with cffisock.socket() as sock, pytest.raises(OSError) as caught:
        sock.getpeername()
    assert caught.value.winerror == caught.value.errno == errno.ENOTCONN == 10057


def test_error_tab_names_every_code_that_the_interpreters_does():
    import socket

    assert set(cffisock.errorTab) == set(socket.errorTab)
    assert all(isinstance(text, str) and text for text in cffisock.errorTab.values())


def test_unknown_host_is_a_gaierror():
    with pytest.raises(cffisock.gaierror) as caught:
        cffisock.getaddrinfo("no-such-host.invalid", 80)
    assert caught.value.args == (cffisock.EAI_NONAME, "getaddrinfo failed")
