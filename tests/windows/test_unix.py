"""AF_UNIX on Windows: the real thing where the system has it, else its path with the calls replaced.

Wine has no AF_UNIX, so under it the second half alone runs: that our code asks the kernel for the
right thing, not that the kernel does it.
"""

from __future__ import annotations

import os
from typing import ClassVar

import pytest

import cffisock
from cffisock import _core
from cffisock._backend import ffi, lib
from cffisock.backends.table import CONSTANTS
from cffisock.backends.windows.families import AF_UNIX

HAS_UNIX = hasattr(cffisock, "AF_UNIX")


@pytest.mark.skipif(not HAS_UNIX, reason="this system has no AF_UNIX")
def test_stream_over_a_path(tmp_path):
    path = str(tmp_path / "s")
    with cffisock.socket(AF_UNIX) as listener, cffisock.socket(AF_UNIX) as client:
        listener.bind(path)
        listener.listen()
        assert listener.getsockname() == path
        client.connect(path)
        server, _ = listener.accept()
        with server:
            assert server.getsockname() == client.getpeername() == path
            client.sendmsg([b"by ", b"path"])
            assert server.recvmsg(100)[0] == b"by path"
    os.unlink(path)


class Kernel:
    """Plays the kernel for AF_UNIX: remembers what it was told, answers with TCP handles."""

    def __init__(self):
        self.families, self.bound, self.connected = [], [], []

    @staticmethod
    def handle():
        return lib.cs_socket(cffisock.AF_INET, cffisock.SOCK_STREAM, 0, -1)

    def socket(self, family, kind, proto, nonblock):
        self.families.append((family, kind, proto, nonblock))
        return self.handle()

    def bind(self, fd, sa, length):
        self.bound.append(ffi.unpack(ffi.cast("char *", sa), length))
        return 0

    def connect(self, fd, sa, length):
        self.connected.append(ffi.unpack(ffi.cast("char *", sa), length))
        return 0

    def accept(self, fd, peer, nonblock):
        peer.sa.ss_family, peer.length = AF_UNIX, 2  # a client that bound no name
        return self.handle()

    def getsockname(self, fd, out):
        raw = self.bound[-1].ljust(110, b"\0")
        ffi.memmove(ffi.addressof(out, "sa"), raw, len(raw))
        out.length = len(raw)
        return 0


@pytest.fixture
def kernel(monkeypatch):
    played = Kernel()
    for call in ("socket", "bind", "connect", "accept", "getsockname"):
        monkeypatch.setattr(_core, f"_{call}", getattr(played, call))
    return played


def test_what_the_kernel_is_asked(kernel):
    raw = b"\x01\0C:\\tmp\\s\xc3\xb6ck\0"
    with cffisock.socket(AF_UNIX) as listener, cffisock.socket(AF_UNIX) as client:
        listener.bind("C:\\tmp\\söck")
        client.connect("C:\\tmp\\söck")
        assert kernel.families == [(AF_UNIX, cffisock.SOCK_STREAM, 0, False)] * 2
        assert kernel.bound == kernel.connected == [raw]
        assert listener.getsockname() == "C:\\tmp\\söck"
        accepted, peer = listener.accept()
        with accepted:
            assert (accepted.family, accepted.type, peer) == (AF_UNIX, cffisock.SOCK_STREAM, "")


def test_the_name_is_there_only_with_the_family():
    fd = lib.cs_socket(AF_UNIX, cffisock.SOCK_STREAM, 0, -1)
    if fd >= 0:
        lib.cs_close(fd)
    assert HAS_UNIX is (fd >= 0)
    assert HAS_UNIX or -fd == 10047  # WSAEAFNOSUPPORT


Real = cffisock.socket


class OverLoopback(Real):
    """Plays AF_UNIX stream sockets by TCP: a bound path is a file with the port in it."""

    played: ClassVar[list[str]] = []

    def __init__(self, family, *args, **kwargs):
        super().__init__(cffisock.AF_INET if family == UNIX else family, *args, **kwargs)

    def bind(self, path):
        super().bind(("127.0.0.1", 0))
        with open(path, "x", encoding="ascii") as file:
            file.write(str(super().getsockname()[1]))
        self.played.append(path)

    def getsockname(self):
        return self.played[-1]

    def connect(self, path):
        with open(path, encoding="ascii") as file:
            super().connect(("127.0.0.1", int(file.read())))


class Stranger(OverLoopback):
    """Whoever connects, somebody else was there first."""

    def accept(self):
        with Real() as stranger:
            stranger.connect(Real.getsockname(self))
            stranger.sendall(bytes(16))
            connection, address = super().accept()
            other, _ = super().accept()
            if connection.getpeername() != stranger.getsockname():
                connection, other = other, connection
            other.close()
            return connection, address


UNIX = 77  # a number that only the class above takes for a family


@pytest.fixture
def overloaded(monkeypatch):
    """socketpair() where the system has AF_UNIX and no call for pairs."""
    monkeypatch.setitem(CONSTANTS, "AF_UNIX", UNIX)
    monkeypatch.setattr(OverLoopback, "played", [])

    def use(cls):
        monkeypatch.setattr(cffisock, "socket", cls)

    return use


def test_socketpair_over_a_path(overloaded):
    overloaded(OverLoopback)
    left, right = cffisock.socketpair(UNIX)
    with left, right:
        assert (left.gettimeout(), right.gettimeout()) == (None, None)
        left.sendall(b"there")
        assert right.recv(100) == b"there"
        right.sendall(b"and back")
        assert left.recv(100) == b"and back"
    [path] = OverLoopback.played
    assert not os.path.lexists(os.path.dirname(path))


def test_socketpair_refuses_a_stranger(overloaded):
    overloaded(Stranger)
    with pytest.raises(ConnectionError, match="Unexpected peer"):
        cffisock.socketpair(UNIX)
    [path] = OverLoopback.played
    assert not os.path.lexists(os.path.dirname(path))


def test_socketpair_takes_streams_only(overloaded):
    with pytest.raises(ValueError, match="SOCK_STREAM"):
        cffisock.socketpair(UNIX, cffisock.SOCK_DGRAM)
    with pytest.raises(ValueError, match="protocol zero"):
        cffisock.socketpair(UNIX, cffisock.SOCK_STREAM, 6)


def test_the_default_family_of_a_pair_stays_internet(overloaded):
    left, right = cffisock.socketpair()
    with left, right:
        assert left.family == cffisock.AF_INET


@pytest.mark.skipif(not HAS_UNIX, reason="this system has no AF_UNIX")
def test_a_real_pair():
    left, right = cffisock.socketpair(AF_UNIX)
    with left, right:
        assert left.family == right.family == AF_UNIX
        left.sendall(b"by the kernel")
        assert right.recv(100) == b"by the kernel"
