"""System calls per operation, counted exactly: each operation runs once in a traced child.

One child runs every row between two marks (on POSIX system calls that fail, easy to find in a trace);
a test reads its row's part. Needs strace, and a kernel that lets it trace; on Windows the calls of
Winsock are recorded by windows/winsock_trace.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHILD = """
import os, sys
import cffisock as net

if os.name == "posix":
    def mark(text):
        os.access(text, os.F_OK)
else:
    import cffisock._ffi
    cffisock.backends.windows.SENDS_FILES = True  # as on a server
    from winsock_trace import mark, start, write
    start(cffisock._ffi)

def row(name, operation):
    mark("/mark " + name)
    try:
        answer = operation()
    except OSError:
        answer = None  # it is the calls that count
    mark("/mark")
    return answer

def transfers(mode, timeout):
    left, right = net.socketpair()
    there = net.socket(net.AF_INET, net.SOCK_DGRAM)
    here = net.socket(net.AF_INET, net.SOCK_DGRAM)
    there.bind(("127.0.0.1", 0))
    address = there.getsockname()
    for sock in (left, right, there, here):
        sock.settimeout(timeout)
    data, view, buffer = b"x" * 64, memoryview(b"x" * 64), bytearray(64)
    row(mode + " send", lambda: left.send(data))
    row(mode + " recv", lambda: right.recv(4096))
    row(mode + " send of a view", lambda: left.send(view))
    row(mode + " recv of 256 KiB", lambda: right.recv(262144))
    row(mode + " sendall", lambda: left.sendall(data))
    row(mode + " recv_into", lambda: right.recv_into(buffer))
    row(mode + " sendmsg", lambda: left.sendmsg([data, buffer], [], 0))
    row(mode + " recvmsg", lambda: right.recvmsg(4096, 64))
    left.send(data)
    row(mode + " recvmsg_into", lambda: right.recvmsg_into([buffer]))
    row(mode + " sendto", lambda: here.sendto(data, address))
    row(mode + " recvfrom", lambda: there.recvfrom(4096))
    here.sendto(data, address)
    row(mode + " recvfrom_into", lambda: there.recvfrom_into(buffer))
    for sock in (left, right, there, here):
        sock.close()

def connections(mode, timeout):
    with net.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        listener.settimeout(timeout)
        net.setdefaulttimeout(timeout)
        client = row(mode + " socket", lambda: net.socket())
        net.setdefaulttimeout(None)
        row(mode + " connect", lambda: client.connect(address))
        server = row(mode + " accept", lambda: listener.accept())[0]
        row(mode + " close", lambda: client.close())
        server.close()
        client = row(mode + " create_connection", lambda: net.create_connection(address))
        server = listener.accept()[0]
        file = client.makefile("rb")
        server.send(b"a line\\n")
        row(mode + " readline", lambda: file.readline())
        file.close()
        client.close()
        server.close()

def state():
    with net.socket() as sock:
        row("settimeout", lambda: sock.settimeout(2.5))
        row("setblocking", lambda: sock.setblocking(True))
        row("getsockopt", lambda: sock.getsockopt(net.SOL_SOCKET, net.SO_REUSEADDR))
        row("setsockopt", lambda: sock.setsockopt(net.SOL_SOCKET, net.SO_REUSEADDR, 1))
        row("bind", lambda: sock.bind(("127.0.0.1", 0)))
        row("listen", lambda: sock.listen())
        row("getsockname", lambda: sock.getsockname())
        row("attributes", lambda: (sock.family, sock.type, sock.proto, sock.timeout, sock.fileno()))
        row("getaddrinfo", lambda: net.getaddrinfo("127.0.0.1", 80, 0, net.SOCK_STREAM))
        row("detach", lambda: net.close(sock.detach()))

def waiting():
    left, right = net.socketpair()
    with left, right:
        right.settimeout(0.01)
        row("expired recv", lambda: right.recv(1))
        right.settimeout(0)
        row("empty recv", lambda: right.recv(1))

def files(path):
    left, right = net.socketpair()
    with left, right, open(path, "rb") as file:
        row("sendfile", lambda: left.sendfile(file))

for _ in range(2):  # what is read is the second time: buffers are made, addresses are known
    mark("/again")
    for mode, timeout in (("timed", 30.0), ("blocking", None)):
        transfers(mode, timeout)
        connections(mode, timeout)
    transfers("nonblocking", 0)
    state()
    waiting()
    files(sys.argv[1])
if os.name != "posix":
    write(sys.argv[2])
"""

TRANSFERS = {
    "send": "sendto",
    "recv": "recvfrom",
    "send of a view": "sendto",
    "recv of 256 KiB": "recvfrom",
    "sendall": "sendto",
    "recv_into": "recvfrom",
    "sendmsg": "sendmsg",
    "recvmsg": "recvmsg",
    "recvmsg_into": "recvmsg",
    "sendto": "sendto",
    "recvfrom": "recvfrom",
    "recvfrom_into": "recvfrom",
}
CONNECTIONS = {
    "socket": "socket",
    "connect": "connect",
    "accept": "accept4",
    "close": "close",
    "create_connection": "socket connect",
    "readline": "recvfrom",
}
EXPECTED = {
    **{f"{m} {n}": c for m in ("timed", "blocking", "nonblocking") for n, c in TRANSFERS.items()},
    **{f"{m} {n}": c for m in ("timed", "blocking") for n, c in CONNECTIONS.items()},
    "timed connect": "connect poll getsockopt",  # it is under way, then done: SO_ERROR tells
    "settimeout": "ioctl",
    "setblocking": "ioctl",
    "getsockopt": "getsockopt",
    "setsockopt": "setsockopt",
    "bind": "bind",
    "listen": "listen",
    "getsockname": "getsockname",
    "attributes": "",
    "getaddrinfo": "",
    "detach": "close",
    "expired recv": "recvfrom poll",
    "empty recv": "recvfrom",
    # The second sendfile() answers 0, the end of the file.
    "sendfile": "fstat sendfile sendfile",
}
if os.name == "nt":
    # sendmsg() and recvmsg() ask which kind of socket it is: of datagrams it is another call.
    WINSOCK = {
        "accept4": "accept",
        "close": "closesocket",
        "ioctl": "ioctlsocket",
        "poll": "select",
        "recvmsg": "getsockopt WSARecv",
        "sendmsg": "getsockopt WSASend",
        "socket": "WSASocketW",
    }
    EXPECTED = {
        row: " ".join(WINSOCK.get(call, call) for call in calls.split())
        for row, calls in EXPECTED.items()
    }
    EXPECTED.update(
        {
            # Windows makes no socket that does not block.
            "timed socket": "WSASocketW ioctlsocket",
            "timed accept": "accept ioctlsocket",
            "sendfile": "TransmitFile WSAGetOverlappedResult",
        }
    )

# The interpreter's heap, threads and files have calls of their own, at moments of their own. Winsock
# has functions that ask no system: they turn numeric names, byte orders and what a thread remembers.
HOUSEKEEPING = {
    "FreeAddrInfoW",
    "GetAddrInfoW",
    "WSAGetLastError",
    "_llseek",
    "brk",
    "futex",
    "htons",
    "inet_pton",
    "lseek",
    "madvise",
    "mmap",
    "mremap",
    "munmap",
    "sched_yield",
}
# One call under the names that processors and C libraries have for it.
SYNONYMS = {
    "newfstatat": "fstat",
    "poll_time64": "poll",
    "ppoll": "poll",
    "ppoll_time64": "poll",
    "recv": "recvfrom",
    "send": "sendto",
    "sendfile64": "sendfile",
    "statx": "fstat",
}
CALL = re.compile(r"(?:\d+ +)?(\w+)\(")


def _can_trace() -> bool:
    strace = shutil.which("strace")
    return (
        bool(strace)
        and not subprocess.run(
            [str(strace), "-qq", "-o", os.devnull, sys.executable, "-S", "-c", ""], check=False
        ).returncode
    )


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The system calls of each row, in order."""
    folder = tmp_path_factory.mktemp("trace")
    trace, file = folder / "trace", folder / "file"
    file.write_bytes(b"x" * 1000)
    command = [sys.executable, "-c", CHILD, str(file), str(trace)]
    if os.name == "nt":
        path = [str(Path(__file__).with_name("windows")), *filter(None, [os.environ["PYTHONPATH"]])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
        subprocess.run(command, check=True, timeout=50, env=environment)
    elif _can_trace():
        subprocess.run(["strace", "-f", "-qq", "-o", str(trace), *command], check=True, timeout=50)
    else:
        pytest.skip("needs strace and leave to trace")
    return dict(_rows(trace))


def _rows(trace: Path) -> Iterator[tuple[str, list[str]]]:
    text = trace.read_text("utf-8", "replace").rpartition("/again")[2]
    for part in re.split(r'"/mark (?=\w)', text)[1:]:
        lines = part.splitlines()
        end = next(number for number, line in enumerate(lines) if '"/mark"' in line)
        names = [found.group(1) for found in map(CALL.match, lines[1:end]) if found]
        calls = [SYNONYMS.get(name, name) for name in names if name not in HOUSEKEEPING]
        yield lines[0].partition('"')[0], calls


@pytest.mark.parametrize("row", EXPECTED)
def test_system_calls_of_one_operation(row: str, traced: dict[str, list[str]]) -> None:
    assert " ".join(traced[row]) == EXPECTED[row]
