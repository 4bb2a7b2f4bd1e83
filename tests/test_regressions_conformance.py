"""Bugs the interpreters' own test suites showed; each test failed before its fix."""

from __future__ import annotations

import socket
import subprocess
import sys
import warnings
from operator import index
from typing import Any

import pytest

import cffisock

AUDIT_PROGRAM = """
import sys, cffisock
sys.addaudithook(lambda event, args: event == "socket.__new__" and print(*map(type, args[1:])))
cffisock.socket(cffisock.AF_INET, cffisock.SOCK_STREAM, cffisock.IPPROTO_TCP).close()
"""


def test_audit_event_of_a_new_socket_has_plain_ints() -> None:
    """test_audit.test_socket: the event's family was the enum member the program had passed."""
    done = subprocess.run(
        [sys.executable, "-c", AUDIT_PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[0] == " ".join([str(int)] * 3)


def test_hostname_may_be_text() -> None:
    """test_socket.test_sethostname: text was handed to C. A name this long is refused by all."""
    if not hasattr(cffisock, "sethostname"):
        pytest.skip("this system has no sethostname()")
    for name in ("x" * 1000, b"x" * 1000):
        with pytest.raises(OSError, match="Errno"):
            cffisock.sethostname(name)


TLS_PROGRAM = """
import sys, cffisock
cffisock.install()
import socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
ours, peer = socket.socketpair()
with peer, context.wrap_socket(ours, do_handshake_on_connect=False) as wrapped:
    assert isinstance(wrapped, cffisock.socket)
cffisock.install(patch=True)
cffisock.uninstall()
import _socket
assert _socket is not cffisock._socket
"""


def test_tls_where_nothing_imported_the_interpreters_socket_before() -> None:
    """test_imaplib on 3.13: `_socket` imported twice there was two modules with two types.

    On PyPy the second install() met the cffi library that `_ssl` leaves among the modules.
    """
    subprocess.run([sys.executable, "-W", "error", "-c", TLS_PROGRAM], check=True)


class Index:
    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"Index({self.number})"


@pytest.mark.parametrize("name", ["htonl", "ntohl", "htons", "ntohs"])
@pytest.mark.parametrize("value", [Index(5), Index(-1), True, 5.0, "5"], ids=repr)
def test_byte_order_takes_what_the_interpreter_takes(name: str, value: Any) -> None:
    """CPython's htonl() refused what has `__index__` until 3.14, its htons() did not."""
    try:
        expected = getattr(socket, name)(value)
    except (TypeError, ValueError, OverflowError) as refusal:
        with pytest.raises(type(refusal)):
            getattr(cffisock, name)(value)
    else:
        assert getattr(cffisock, name)(value) == expected


NUMERIC = cffisock.NI_NUMERICHOST | cffisock.NI_NUMERICSERV


@pytest.mark.parametrize(
    "scope", [2**32 - 1, 2**32, 2**70, -1, -(2**31), -(2**31) - 1, Index(2**32)]
)
@pytest.mark.parametrize("flow", [0, 2**32])
def test_numbers_that_wrap_warn_where_the_interpreters_do(scope: Any, flow: int) -> None:
    """From Python 3.15 on, and of the line that called."""
    lost = sum(not -(2**31) <= index(number) < 2**32 for number in (flow, scope))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert cffisock.getnameinfo(("::1", 80, flow, scope), NUMERIC)[1] == "80"
    assert len(caught) == (lost if sys.version_info >= (3, 15) else 0)
    assert all((w.category, w.filename) == (DeprecationWarning, __file__) for w in caught)
