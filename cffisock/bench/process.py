"""Cases measured on fresh interpreters: what importing costs, what sockets weigh."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from cffisock.bench.case import Net, Run, case
from cffisock.bench.limits import allow_descriptors

_IMPORT = """
from time import perf_counter
start = perf_counter()
import {net}
print(perf_counter() - start)
"""

# Bytes of user space an object: tracemalloc's where there is one, else the growth of the process.
_OBJECT = """
import gc, sys
import {net} as net
try:
    import tracemalloc
except ImportError:
    tracemalloc = None

def used():
    gc.collect()
    if tracemalloc:
        return tracemalloc.get_traced_memory()[0]
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def make(count):
    return [net.socket() for _ in range(count)]

warm = make({count})  # in growth of the process, the first have what PyPy compiles meanwhile
if tracemalloc:
    tracemalloc.start()
before = used()
kept = make({count})
print((used() - before) / {count})
for sock in kept + warm:
    sock.close()
"""

# The other ends are in a process of their own.
_CLIENTS = """
import socket, sys
kept = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range({count})]
sys.stdin.read()
"""
_CONNECTIONS = """
import os, sys
import {net} as net
with net.create_server(("127.0.0.1", 0), backlog=128) as listener:
    arguments = [sys.executable, "-c", {clients!r}, str(listener.getsockname()[1])]
    reading, writing = os.pipe()
    if not os.fork():
        os.dup2(reading, 0)
        os.close(writing)
        os.execv(sys.executable, arguments)
    kept = [listener.accept()[0] for _ in range({count})]
with open("/proc/self/statm") as file:
    print(int(file.read().split()[1]) * 4096)
for sock in kept:
    sock.close()
os.close(writing)
os.wait()
"""


def _figure(source: str) -> float:
    """The number that a program prints in a fresh interpreter, which finds its modules compiled."""
    command = [sys.executable, "-c", source]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="ascii", env=env)
    return float(done.stdout)


@case(
    "import",
    "import in a fresh interpreter",
    goal=(1.0, 1.2),
    loops=1,
    measures=True,
    counted=False,
)
def import_time(net: Net) -> Iterator[Run]:
    source = _IMPORT.format(net=net.__name__)

    def run(loops: int) -> float:
        return min(_figure(source) for _ in range(loops))

    yield run


@case(
    "memory.object",
    "bytes of an idle socket object",
    goal=(1.3, 1.3),
    loops=8000,
    unit="B",
    measures=True,
    counted=False,
)
def object_size(net: Net) -> Iterator[Run]:
    allowed = allow_descriptors(16000)

    def run(loops: int) -> float:
        return _figure(_OBJECT.format(net=net.__name__, count=min(loops, allowed // 2)))

    yield run


@case(
    "memory.connections",
    "resident memory with 10 000 connections",
    goal=(1.05, 1.3),
    loops=10000,
    unit="B",
    measures=True,
    counted=False,
)
def connections(net: Net) -> Iterator[Run]:
    allow_descriptors(10000)

    def run(loops: int) -> float:
        return _figure(
            _CONNECTIONS.format(net=net.__name__, clients=_CLIENTS.format(count=loops), count=loops)
        )

    yield run
