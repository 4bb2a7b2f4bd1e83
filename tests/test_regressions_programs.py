"""Bugs that other people's programs and their suites showed; each test failed before its fix."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from certificates import make_chain

CPYTHON = sys.implementation.name == "cpython"


def child(source: str, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source, *args],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


BARE_TLS = """
import sys, threading
import cffisock
cffisock.install()
import _socket, ssl

class Bare(_socket.socket):
    __slots__ = ("__weakref__",)

def bare(sock):
    bare = Bare(sock.family, sock.type, sock.proto, sock.detach())
    bare.settimeout(20)
    return bare

folder = sys.argv[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/chain.pem", folder + "/leaf.key")
trusting = ssl.create_default_context(cafile=folder + "/root.pem")
left, right = map(bare, cffisock.socketpair())
server = context._wrap_socket(right, True, None, owner=right, session=None)
client = trusting._wrap_socket(left, False, "localhost", owner=left, session=None)
assert server.owner is right and client.context is trusting
thread = threading.Thread(target=server.do_handshake)
thread.start()
client.do_handshake()
thread.join()
client.write(b"hello")
assert server.read(100) == b"hello"
thread = threading.Thread(target=client.shutdown)
thread.start()
assert server.shutdown() is right
thread.join()
del server, client
left.send(b"plain")
assert right.recv(100) == b"plain"
left.close()
right.close()
"""


@pytest.mark.skipif(not CPYTHON, reason="a method of CPython's _ssl that gevent calls")
def test_a_context_wraps_the_base_class_itself(tmp_path: Path) -> None:
    """gevent's SSLSocket gives `_ssl` a subclass of `_socket.socket`, and wants it back."""
    make_chain(tmp_path)
    child(BARE_TLS, str(tmp_path))


EARLY_SUBCLASS = """
import cffisock
cffisock.install()
import socket

class Cooperative:
    def __init__(self, *args, **kwargs):
        self._sock = cffisock.socket(*args, **kwargs)

socket.socket = Cooperative
import ssl
assert issubclass(ssl.SSLSocket, Cooperative)
assert ssl.SSLContext._wrap_socket.__module__ == "cffisock._tls"
"""


@pytest.mark.skipif(not CPYTHON, reason="PyPy's _ssl takes any class")
def test_contexts_take_ours_where_a_program_replaced_the_class_before_ssl() -> None:
    """gevent replaces socket.socket first, then imports ssl, whose SSLSocket derives from that."""
    child(EARLY_SUBCLASS)
