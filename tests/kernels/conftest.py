"""Live tests of families that few kernels have: collected only in a kernel that we have started.

``tools/kernel-tests.sh`` runs them. Elsewhere they are not skipped but not there at all: on a
machine with a VSOCK peer outside of it they would leave the machine.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

# Both scripts name the project on the kernel's command line.
COMMAND_LINE = Path("/proc/cmdline")
OURS = COMMAND_LINE.exists() and "cffisock" in COMMAND_LINE.read_text()

collect_ignore_glob = [] if OURS else ["test_*.py"]


# CPython's own module is the judge of the tests themselves; other interpreters' are not the model.
MODULES = ["cffisock", "socket"] if sys.implementation.name == "cpython" else ["cffisock"]


@pytest.fixture(params=MODULES)
def net(request):
    assert OURS
    return importlib.import_module(request.param)


@pytest.fixture
def make(net):
    """Open sockets that are closed at the end and, mostly, never wait longer than 10 s."""
    opened = []

    def open_socket(family, kind, proto=0):
        names = [name for name in (family, kind, proto) if isinstance(name, str)]
        missing = [name for name in names if not hasattr(net, name)]
        if missing and net.__name__ == "socket":
            pytest.skip(f"this interpreter was built without {', '.join(missing)}")
        numbers = [getattr(net, n) if isinstance(n, str) else n for n in (family, kind, proto)]
        sock = net.socket(*numbers)
        opened.append(sock)
        # poll(2) says nothing about AF_ALG, so a socket that polls first would wait in vain.
        sock.settimeout(None if family == "AF_ALG" else 10)
        return sock

    yield open_socket
    for sock in opened:
        sock.close()


@pytest.fixture
def accept(make):
    """Accept one connection; its socket is closed at the end."""
    opened = []

    def accept_one(listener):
        sock, addr = listener.accept()
        opened.append(sock)
        return sock, addr

    yield accept_one
    for sock in opened:
        sock.close()
