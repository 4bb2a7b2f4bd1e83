"""Bugs the interpreters' own test suites showed; each test failed before its fix."""

from __future__ import annotations

import subprocess
import sys

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
