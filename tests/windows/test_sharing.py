"""share() and fromshare() with a live process, and ioctl()."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from kernel import wine_gap

import cffisock

CHILD = """
import sys, cffisock
print(__import__("os").getpid(), flush=True)
with cffisock.fromshare(bytes.fromhex(sys.stdin.readline())) as sock:
    sock.settimeout(20)
    print(int(sock.family), int(sock.type), sock.getpeername()[1], flush=True)
    sock.sendall(b"from the child: " + sock.recv(100))
"""


def test_shared_with_another_process():
    left, right = cffisock.socketpair()
    with (
        left,
        right,
        subprocess.Popen(
            [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child,
    ):
        assert child.stdin
        assert child.stdout
        pid = int(child.stdout.readline())
        print(left.share(pid).hex(), file=child.stdin, flush=True)
        described = [int(number) for number in child.stdout.readline().split()]
        assert described == [2, 1, right.getsockname()[1]]
        right.sendall(b"hello")
        assert right.recv(100) == b"from the child: hello"
        assert child.wait(30) == 0
        left.sendall(b"and ours lives on")
        assert right.recv(100) == b"and ours lives on"


@pytest.mark.parametrize("size", [0, 1, 627, 629])
def test_share_data_of_a_wrong_size(size):
    with pytest.raises(ValueError, match="should be 628 bytes"):
        cffisock.fromshare(bytes(size))


def test_share_with_ourselves_keeps_what_it_is():
    with cffisock.socket(cffisock.AF_INET6, cffisock.SOCK_DGRAM) as sock:
        sock.settimeout(1)
        with cffisock.fromshare(sock.share(os.getpid())) as shared:
            assert (shared.family, shared.type) == (sock.family, sock.type)
            assert shared.gettimeout() is None


@pytest.mark.parametrize("default", [0.0, 5.0])
def test_a_shared_socket_has_the_default_time_out(default):
    with cffisock.socket(type=cffisock.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        cffisock.setdefaulttimeout(default)
        try:
            shared = cffisock.fromshare(sock.share(os.getpid()))
        finally:
            cffisock.setdefaulttimeout(None)
        with shared:
            assert shared.gettimeout() == default
            with pytest.raises(BlockingIOError if not default else cffisock.timeout):
                shared.settimeout(default and 0.05)
                shared.recv(1)


REFUSED = """
import gc, os, sys, warnings, cffisock
warnings.simplefilter("always")
warnings.showwarning = lambda text, *more, **others: print(text)
refused = []

def hook(event, args):
    if event == "socket.__new__" and armed:
        refused.append(args[1:])
        raise RuntimeError("no")

armed = False
sys.addaudithook(hook)
with cffisock.socket() as sock:
    info = sock.share(os.getpid())
    armed = True
    try:
        cffisock.fromshare(info)
    except RuntimeError:
        print("refused", refused)
gc.collect()
"""


def test_a_hook_may_refuse_a_shared_socket():
    command = [sys.executable, "-c", REFUSED]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=50).stdout
    family, kind, proto = cffisock.AF_INET, cffisock.SOCK_STREAM, cffisock.IPPROTO_TCP
    # And no word of a socket that was left open.
    assert told.splitlines() == [f"refused [({family:d}, {kind:d}, {proto})]"]


def test_share_with_no_process():
    with cffisock.socket() as sock:
        for process in (2**31, 2**32, -1):  # a DWORD, which wraps
            with pytest.raises(OSError):
                sock.share(process)
        with pytest.raises(TypeError):
            sock.share("1")


@pytest.mark.parametrize(
    "value", [(1, 100, 100), [1, 100, 100], (True, 100, -1), (1, 2**32 + 100, 2**32 + 100)]
)
@pytest.mark.parametrize("command", [cffisock.SIO_KEEPALIVE_VALS, 0x98000004 - 2**32])
def test_keepalive_values(command, value):
    with socket.socket() as theirs, cffisock.socket() as ours:
        assert theirs.ioctl(command, value) == ours.ioctl(command, value) == 0


@pytest.mark.parametrize("value", [1, (1, 2), (1, 2, 3, 4), (1, 2.5, 3), None])
def test_keepalive_values_of_a_wrong_kind(value):
    with cffisock.socket() as sock, pytest.raises(TypeError):
        sock.ioctl(cffisock.SIO_KEEPALIVE_VALS, value)


def test_unknown_ioctl():
    with (
        cffisock.socket() as sock,
        pytest.raises(ValueError, match="invalid ioctl command 4294967295"),
    ):
        sock.ioctl(-1, None)


@wine_gap("no SIO_LOOPBACK_FAST_PATH")
def test_loopback_fast_path():
    with cffisock.socket() as sock:
        assert sock.ioctl(cffisock.SIO_LOOPBACK_FAST_PATH, True) == 0


def test_receive_all_is_for_raw_sockets():
    with cffisock.socket() as sock, pytest.raises(OSError):
        sock.ioctl(cffisock.SIO_RCVALL, cffisock.RCVALL_ON)
