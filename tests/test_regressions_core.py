"""Bugs of the core that were found once, each with the program that showed it."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import cffisock
from cffisock import _core, _helpers
from cffisock._backend import room


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
def test_a_socket_closed_by_a_signal_handler_stops_waiting() -> None:
    assert threading.current_thread() is threading.main_thread()
    one, other = cffisock.socketpair()
    with other:
        one.settimeout(20)
        before = signal.signal(signal.SIGALRM, lambda *_: one.close())
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(OSError) as caught:
                one.recv(1)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            one.close()
    assert caught.value.errno == errno.EBADF


def test_connect_ex_answers_the_code_of_a_socket_that_was_closed_while_it_waited() -> None:
    def close(sock: cffisock.socket, *_: Any) -> bool:
        sock.close()
        return True

    code = next(iter(room.CONNECTING))
    with cffisock.socket() as client:
        client.settimeout(20)
        with patch.object(_core, "_connect", return_value=-code):
            with patch.object(_core.socket, "_ready", close):
                answer = client.connect_ex(("127.0.0.1", 9))
        with pytest.raises(OSError) as closed:
            client.getpeername()
    assert answer in (closed.value.errno, getattr(closed.value, "winerror", None))


@pytest.mark.skipif(not hasattr(cffisock, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_a_socket_left_open_at_exit_is_reported_and_nothing_else() -> None:
    code = """
import cffisock, contextlib
kept = cffisock.socket(cffisock.AF_UNIX)
with contextlib.suppress(OSError):  # BSD chooses no name
    kept.bind("")
"""
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0
    assert "ImportError" not in done.stderr


@pytest.mark.skipif(not hasattr(cffisock, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_a_pair_over_a_path_leaves_nothing(short_folder: Path) -> None:
    """What socketpair() does where the system has AF_UNIX and no call for pairs."""

    def make(kind: int = cffisock.SOCK_STREAM) -> tuple[cffisock.socket, cffisock.socket]:
        return _helpers._unix_socketpair(cffisock.AF_UNIX, kind, 0)

    with patch("tempfile.tempdir", str(short_folder)):
        left, right = make()
        with left, right:
            left.sendall(b"there")
            assert right.recv(10) == b"there"
        with pytest.raises(ValueError, match="SOCK_STREAM"):
            make(cffisock.SOCK_DGRAM)
        assert not list(short_folder.iterdir())
        with patch("tempfile.mkdtemp", side_effect=OSError(errno.ENOSPC, "no room")):
            with pytest.raises(OSError, match="no room"):
                make()


@pytest.mark.parametrize("receive", ["recv", "recvfrom", "recvmsg"])
def test_bytes_that_the_kernel_only_counts_are_not_those_of_an_earlier_call(receive: str) -> None:
    def receive_from(sock: cffisock.socket, flags: int) -> bytes:
        space = [0] if receive == "recvmsg" else []
        got = getattr(sock, receive)(100, *space, flags)
        return got if receive == "recv" else got[0]

    with cffisock.create_server(("127.0.0.1", 0)) as server:
        with cffisock.create_connection(server.getsockname()) as client, server.accept()[0] as sock:
            client.sendall(b"secret")
            assert receive_from(sock, 0) == b"secret"
            client.sendall(b"public")
            # Linux throws the bytes away and answers their number; others ignore the flag.
            assert receive_from(sock, cffisock.MSG_TRUNC) in (bytes(6), b"public")


@pytest.mark.parametrize("name", ["create_connection", "create_server"])
def test_a_helper_that_raises_closes_what_it_opened(name: str) -> None:
    made = []

    class Counted(cffisock.socket):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    address = [(cffisock.AF_INET, cffisock.SOCK_STREAM, 0, "", ("127.0.0.1", 65536))]
    with patch.object(cffisock, "socket", Counted):
        with patch.object(cffisock, "getaddrinfo", lambda *_: address):
            with pytest.raises(OverflowError):
                getattr(cffisock, name)(("127.0.0.1", 65536))
    assert [sock.fileno() for sock in made] == [-1]


class Late(cffisock.socket):
    """Fails when the descriptor is its own already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.fileno() != -1 and (kwargs.get("fileno") is not None or len(args) == 4):
            raise LookupError("late")


class Early(Late):
    """Fails before."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("fileno") is not None or len(args) == 4:
            raise LookupError("early")
        super().__init__(*args, **kwargs)


@pytest.mark.filterwarnings("ignore:unclosed")
@pytest.mark.parametrize("way", ["dup", "fromfd", "accept"])
@pytest.mark.parametrize("cls", [Early, Late])
def test_a_class_that_fails_leaves_a_descriptor_to_one_owner(
    monkeypatch: pytest.MonkeyPatch, cls: type[cffisock.socket], way: str
) -> None:
    """Closed twice, it would be another socket's by then."""
    monkeypatch.setattr(cffisock, "socket", cls)
    with cls() as sock, cls() as client:
        if way == "accept":
            sock.bind(("127.0.0.1", 0))
            sock.listen()
            client.connect(sock.getsockname())
        calls: dict[str, Any] = {
            "dup": sock.dup,
            "accept": sock.accept,
            "fromfd": lambda: cffisock.fromfd(
                sock.fileno(), cffisock.AF_INET, cffisock.SOCK_STREAM
            ),
        }
        with pytest.raises(LookupError) as caught:
            calls[way]()
        with cls() as stranger:
            del caught
            gc.collect()
            assert (
                stranger.getsockopt(cffisock.SOL_SOCKET, cffisock.SO_TYPE) == cffisock.SOCK_STREAM
            )


def test_a_pair_is_of_the_class_that_a_program_put_there(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Other(cffisock.socket):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)
            if len(made) == 4:
                raise LookupError("the second of a pair")

    monkeypatch.setattr(cffisock, "socket", Other)
    one, other = cffisock.socketpair()
    with one, other:
        assert {one, other} <= set(made)
        one.sendall(b"there")
        assert other.recv(10) == b"there"
    if one.family == getattr(cffisock, "AF_UNIX", None):
        made[:] = made[:2]
        with pytest.raises(LookupError):
            cffisock.socketpair()
        assert made[2].fileno() == -1
        made[3].close()


def test_hosts_of_both_types_are_no_error_where_to_compare_them_is_one() -> None:
    code = """if True:
        import cffisock
        with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
            for host in "127.0.0.1", b"127.0.0.1", bytearray(b"127.0.0.1"):
                sock.sendto(b"x", (host, 9))
    """
    done = subprocess.run(
        [sys.executable, "-bb", "-c", code], capture_output=True, text=True, timeout=30
    )
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.skipif(os.name == "nt", reason="copies of a socket have modes of their own there")
def test_sendfile_waits_also_where_another_made_the_connection_non_blocking(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192
    path = tmp_path / "file"
    path.write_bytes(data)
    one, other = cffisock.socketpair()
    received = bytearray()
    with one, other, path.open("rb") as file:
        with one.dup() as copy:
            copy.setblocking(False)
        one.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_SNDBUF, 4096)

        def receive() -> None:
            while len(received) < len(data) and (got := other.recv(65536)):
                received.extend(got)

        reader = threading.Thread(target=receive)
        reader.start()
        try:
            assert one.sendfile(file) == len(data)
        finally:
            one.shutdown(cffisock.SHUT_WR)
            reader.join(20)
    assert received == data


class Numbered:
    """An int by ``__index__`` alone."""

    def __index__(self) -> int:
        return 1


@pytest.mark.skipif(not hasattr(cffisock, "send_fds"), reason="this system sends no descriptors")
@pytest.mark.parametrize("fds", [(1,), [Numbered()], (1).to_bytes(4, sys.byteorder)])
def test_descriptors_are_sent_in_any_form_that_the_interpreter_takes(fds: Any) -> None:
    one, other = cffisock.socketpair()
    with one, other:
        assert cffisock.send_fds(one, [b"x"], fds) == 1
        data, received, _, _ = cffisock.recv_fds(other, 1, 8)
        for fd in received:
            assert os.path.sameopenfile(fd, 1)
            os.close(fd)
    assert (data, len(received)) == (b"x", 1)


@pytest.mark.parametrize("number", [Decimal("8.5"), Decimal(8), None, "8"])
def test_what_can_be_made_an_int_is_not_the_number_of_an_option(number: Any) -> None:
    with cffisock.socket() as sock:
        for level, name in (number, cffisock.SO_KEEPALIVE), (cffisock.SOL_SOCKET, number):
            with pytest.raises(TypeError):
                sock.getsockopt(level, name)
            with pytest.raises(TypeError):
                sock.setsockopt(level, name, 1)


@pytest.mark.skipif(not hasattr(cffisock, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_unix_sockets_work_where_nothing_can_be_imported_any_more() -> None:
    """After chroot(), or as a user who may not read the package: daemons log to /dev/log there."""
    code = """
import cffisock, sys
kind = cffisock.AF_UNIX, cffisock.SOCK_DGRAM
sys.path[:] = sys.meta_path[:] = []
with cffisock.socket(*kind) as sock:
    print(repr(sock.getsockname()))
    try:
        sock.connect("/does/not/exist")
    except FileNotFoundError:
        print("not there")
"""
    run = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=50
    )
    assert run.stdout.splitlines() == ["''", "not there"]
