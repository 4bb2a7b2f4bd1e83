"""AF_UNIX on Windows: the real thing where the system has it, else its path with the calls replaced.

Wine has no AF_UNIX, so under it the second half alone runs: that our code asks the kernel for the
right thing, not that the kernel does it.
"""

from __future__ import annotations

import os

import pytest

import cffisock
from cffisock import _core
from cffisock._backend import ffi, lib
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
