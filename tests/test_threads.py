"""Many threads at once: what one receives is never another's, and what is closed is closed once.

Calls in flight take memory from pools and remember addresses; a lock none of them needs under the
interpreter's own must not be missing without it either.
"""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

import cffisock
from cffisock import _names, datagram

THREADS = 8
ROUNDS = 200
GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

pair = cffisock.socketpair


def udp_pair() -> tuple[Any, Any]:
    receiver = cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    sender = cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM)
    sender.bind(("127.0.0.1", 0))
    sender.connect(receiver.getsockname())
    receiver.settimeout(30)
    return sender, receiver


def by_recv(one: Any, other: Any, data: bytes) -> bytes:
    one.sendall(data)
    got: bytes = other.recv(65536)
    return got


def by_recv_into(one: Any, other: Any, data: bytes) -> bytes:
    one.send(bytearray(data))
    room = bytearray(len(data))
    assert other.recv_into(room) == len(data)
    return bytes(room)


def by_recvfrom(one: Any, other: Any, data: bytes) -> bytes:
    one.send(data)
    got, address = other.recvfrom(4096)
    assert address == one.getsockname()
    return bytes(got)


def by_recvmsg(one: Any, other: Any, data: bytes) -> bytes:
    one.sendmsg([data[:1], data[1:]])
    got, ancdata, flags, _ = other.recvmsg(4096)
    assert (ancdata, flags) == ([], 0)
    return bytes(got)


def by_batch(one: Any, other: Any, data: bytes) -> bytes:
    datagram.send_batch(one, [data, data])
    batch = datagram.Batch(4, size=2048)
    got: list[bytes] = []
    while len(got) < 2:
        datagram.recv_batch(other, batch)
        got += batch.payloads()
    assert got[0] == got[1]
    return got[0]


@pytest.mark.parametrize(
    ("make", "exchange"),
    [
        (pair, by_recv),
        (pair, by_recv_into),
        (udp_pair, by_recvfrom),
        (udp_pair, by_recvmsg),
        (udp_pair, by_batch),
    ],
    ids=lambda value: value.__name__,
)
def test_each_thread_gets_its_own_bytes(
    make: Callable[[], tuple[Any, Any]], exchange: Callable[[Any, Any, bytes], bytes]
) -> None:
    start = threading.Barrier(THREADS)

    def work(number: int) -> None:
        one, other = make()
        with one, other:
            start.wait(30)
            for step in range(ROUNDS):
                data = f"{number}:{step}:".encode() * (1 + (number * 7 + step) % 40)
                assert exchange(one, other, data) == data

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))


def test_addresses_of_many_clients_belong_to_them() -> None:
    # A full queue of new connections would make clients wait for a second.
    with cffisock.create_server(("127.0.0.1", 0), backlog=128) as server:
        server.settimeout(30)
        address = server.getsockname()

        def work(_: int) -> None:
            for _ in range(40):
                with cffisock.create_connection(address, 30) as client:
                    client.sendall(repr(client.getsockname()).encode())

        with ThreadPoolExecutor(THREADS) as pool:
            clients = [pool.submit(work, number) for number in range(THREADS)]
            for _ in range(40 * THREADS):
                connection, peer = server.accept()
                with connection:
                    connection.settimeout(30)
                    assert connection.recv(100) == repr(peer).encode()
            for client in clients:
                client.result(30)


def test_datagrams_to_threads_of_one_socket_arrive_once() -> None:
    sender, receiver = udp_pair()
    with sender, receiver:
        seen: list[bytes] = []

        def work(_: int) -> None:
            while True:
                data = receiver.recv(100)
                if data == b"end":
                    return
                seen.append(data)

        with ThreadPoolExecutor(THREADS) as pool:
            running = [pool.submit(work, number) for number in range(THREADS)]
            sent = [str(number).encode() for number in range(100)]
            for data in sent + [b"end"] * THREADS:
                sender.send(data)
            for each in running:
                each.result(30)
        assert sorted(seen) == sorted(sent)


def test_of_threads_that_close_at_once_one_does() -> None:
    """A second close() of one number would take the socket that another thread has just made."""
    start = threading.Barrier(THREADS)
    sockets = [cffisock.socket() for _ in range(50)]
    kept: list[Any] = []

    def work(number: int) -> None:
        start.wait(30)
        for sock in sockets:
            sock.close()
            kept.append(cffisock.socket())

    try:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))
        assert len({sock.fileno() for sock in kept}) == len(kept)
        for sock in kept:
            assert sock.getsockopt(cffisock.SOL_SOCKET, cffisock.SO_TYPE) == cffisock.SOCK_STREAM
    finally:
        for sock in kept:
            sock.close()


# A GIL makes the end of a slot one step: what is there without one is tried with the answer "no".
WITHOUT_GIL = """
import sys
sys._is_gil_enabled = lambda: False
import cffisock

assert "_owners" in cffisock._descriptor.Descriptor.__slots__
with cffisock.socketpair()[0] as sock:
    number = sock.detach()
    assert number >= 0 and sock.detach() == sock.fileno() == -1
sock = cffisock.socket(fileno=number)
sock.close()
sock.close()
try:
    cffisock.close(number)
except OSError:
    print("closed")
"""


def test_without_a_gil_a_descriptor_has_one_owner() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_GIL], check=True, timeout=60, capture_output=True, text=True
    )
    assert done.stdout == "closed\n"


def test_of_two_threads_in_step_one_detaches() -> None:
    steps = 30 if GIL else 200  # with a GIL, each step waits for the other thread's turn
    sockets = [cffisock.socket() for _ in range(steps)]
    at = [-1, -1]

    def work(number: int) -> list[int]:
        got = []
        for step, sock in enumerate(sockets):
            at[number] = step
            while at[1 - number] < step:
                pass
            got.append(sock.detach())
        return got

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(work, range(2))
    taken = [max(both) for both in zip(one, other)]
    for fd in taken:
        cffisock.close(fd)
    assert {min(both) for both in zip(one, other)} == {-1}
    assert len(set(taken)) == steps


def test_an_answer_that_is_forgotten_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that fills the memory of numeric hosts clears it."""
    first = cffisock.getaddrinfo("127.0.0.1", 80)
    monkeypatch.setattr(_names, "audit", lambda *_: _names._numeric.clear())
    assert cffisock.getaddrinfo("127.0.0.1", 80) == first


def test_a_socket_closed_under_a_waiting_thread_is_no_crash() -> None:
    for _ in range(5):
        one, other = pair()
        with other:
            one.settimeout(0.05)
            outcome: list[Any] = []

            def work(sock: Any = one, outcome: list[Any] = outcome) -> None:
                try:
                    outcome.append(sock.recv(1))
                except OSError as raised:
                    outcome.append(raised)

            thread = threading.Thread(target=work)
            thread.start()
            one.close()
            thread.join(30)
        assert not thread.is_alive()
        (error,) = outcome
        gone = getattr(errno, "WSAENOTSOCK", errno.EBADF)
        assert isinstance(error, cffisock.timeout) or error.errno == gone, error
