"""sendfile() through TransmitFile: whole files and parts, time-outs, positions, large files."""

from __future__ import annotations

import ctypes
import hashlib
import io
import subprocess
import sys
import threading

import pytest
from kernel import kernel32
from winsock_trace import around

import cffisock
from cffisock import _ffi
from cffisock._backend import lib, room

SIZE = 300_000


@pytest.fixture(autouse=True)
def edition(monkeypatch):
    """Let this be a server; ``edition(False)`` makes a workstation of it."""

    def choose(server):
        monkeypatch.setattr(room, "SENDS_FILES", server)

    choose(True)
    return choose


@pytest.fixture
def stream():
    left, right = cffisock.socketpair()
    with left, right:
        left.settimeout(20)
        right.settimeout(20)
        yield left, right


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(i * 7 % 251 for i in range(SIZE)))
    with path.open("rb") as opened:
        yield opened


class Reader(threading.Thread):
    """Reads a stream to its end: how much, and a digest."""

    def __init__(self, sock):
        super().__init__()
        self.sock, self.size, self.digest = sock, 0, hashlib.sha256()
        self.start()

    def run(self):
        buffer = bytearray(2**20)
        while got := self.sock.recv_into(buffer):
            self.size += got
            self.digest.update(memoryview(buffer)[:got])


def send(stream, *args, **kwargs):
    """Send, and answer ``(bytes sent, the reader)`` when all has arrived."""
    left, right = stream
    reader = Reader(right)
    try:
        sent = left._sendfile_use_sendfile(*args, **kwargs)
    finally:
        left.shutdown(cffisock.SHUT_WR)
        reader.join()
    return sent, reader


@pytest.mark.parametrize("timeout", [None, 20])
@pytest.mark.parametrize(
    ("offset", "count", "expected"),
    [
        (0, None, SIZE),
        (1000, None, SIZE - 1000),
        (0, 5000, 5000),
        (123, 4567, 4567),
        (SIZE - 10, 5000, 10),
        (SIZE, None, 0),
        (SIZE + 10, None, 0),
        (SIZE + 10, 5, 0),
    ],
)
def test_offset_and_count(stream, file, offset, count, expected, timeout):
    stream[0].settimeout(timeout)
    sent, reader = send(stream, file, offset, count)
    assert sent == reader.size == expected
    position = file.tell()
    file.seek(offset)
    data = file.read(expected)
    assert reader.digest.digest() == hashlib.sha256(data).digest()
    if expected:
        assert position == offset + expected


@pytest.mark.parametrize("offset", [-1, -2, -SIZE, -(2**32)])
def test_no_file_begins_before_its_beginning(stream, file, offset):
    file.read(100)  # -2 means "from the file's position" to the system's calls
    handle = room.file_handle(file.fileno())
    assert lib.cs_sendfile(stream[0].fileno(), handle, offset, 10, 1000) == -131
    with pytest.raises((OSError, ValueError)):
        stream[0].sendfile(file, offset)
    stream[0].shutdown(cffisock.SHUT_WR)
    assert stream[1].recv(1) == b""


def test_empty_file(stream, tmp_path):
    path = tmp_path / "empty"
    path.write_bytes(b"")
    with path.open("rb") as opened:
        assert stream[0].sendfile(opened) == 0


@pytest.mark.parametrize("server", [True, False])
def test_only_servers_send_any_number_of_files_at_once(stream, file, edition, server):
    calls = []

    def transmit(original, *arguments):
        calls.append(arguments)
        return original(*arguments)

    edition(server)
    reader = Reader(stream[1])
    with around(_ffi, TransmitFile=transmit):
        assert stream[0].sendfile(file, 1000) == SIZE - 1000
    stream[0].shutdown(cffisock.SHUT_WR)
    reader.join()
    assert (reader.size, file.tell()) == (SIZE - 1000, SIZE)
    assert bool(calls) is server


def test_the_edition_is_this_systems():
    asked = "import sys; from cffisock._backend import room; print(room.SENDS_FILES)"
    told = subprocess.run([sys.executable, "-c", asked], stdout=subprocess.PIPE, text=True).stdout
    assert told.strip() == str(sys.getwindowsversion().product_type != 1)


def test_what_is_no_file_is_sent_in_blocks(stream):
    reader = Reader(stream[1])
    assert stream[0].sendfile(io.BytesIO(b"q" * 20000)) == 20000
    stream[0].shutdown(cffisock.SHUT_WR)
    reader.join()
    assert reader.size == 20000


def test_non_blocking_is_refused(stream, file):
    stream[0].setblocking(False)
    with pytest.raises(ValueError, match="non-blocking"):
        stream[0].sendfile(file)


def test_time_out_when_nobody_reads(stream, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as large:
        large.truncate(256 * 2**20)
    stream[0].settimeout(0.2)
    with path.open("rb") as opened, pytest.raises(cffisock.timeout, match="timed out"):
        stream[0].sendfile(opened)
    # The socket is still one: the reader finds what went and then the end.
    stream[0].shutdown(cffisock.SHUT_WR)
    reader = Reader(stream[1])
    reader.join()
    assert 0 < reader.size < 256 * 2**20


def test_a_call_ends_after_the_systems(stream, tmp_path):
    # The system writes into memory of the call's own until it has done with it. A handle that was
    # closed meanwhile cancels nothing while another one keeps the connection.
    path = tmp_path / "large"
    with path.open("wb") as large:
        large.truncate(64 * 2**20)
    fd, readers, done = stream[0].fileno(), [], []

    def cancel(original, *arguments):
        stream[0].close()
        answer = original(*arguments)
        readers.append(Reader(stream[1]))
        return answer

    def close_event(original, event, *arguments):
        done.append(kernel32.WaitForSingleObject(ctypes.c_void_p(event), 0) == 0)
        return original(event, *arguments)

    with path.open("rb") as opened, stream[0].dup() as other:
        handle = room.file_handle(opened.fileno())
        with around(_ffi, CancelIoEx=cancel, CloseHandle=close_event):
            while lib.cs_sendfile(fd, handle, 0, 2**40, 50) > 0:  # until nobody reads what is sent
                pass
        other.shutdown(cffisock.SHUT_WR)
        readers[0].join()
    assert all(done)


def test_not_connected(file):
    with cffisock.socket() as sock:
        with pytest.raises(OSError) as of_send:
            sock.send(b"x")
        with pytest.raises(OSError) as of_sendfile:
            sock.sendfile(file)
    assert of_sendfile.value.winerror == of_send.value.winerror


def test_peer_gone(stream, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as large:
        large.truncate(64 * 2**20)
    stream[1].close()
    stream[0].settimeout(2)  # Wine leaves the call pending until then
    with path.open("rb") as opened, pytest.raises(OSError) as caught:
        stream[0].sendfile(opened)
    # Wine says "not connected" where Windows says "reset" or "aborted".
    assert caught.value.winerror in (10053, 10054, 10057)


def test_300_megabytes(stream, tmp_path):
    path = tmp_path / "large"
    block = bytes(range(256)) * 4096
    digest = hashlib.sha256()
    with path.open("wb") as large:
        for _ in range(300):
            large.write(block)
            digest.update(block)
    with path.open("rb") as opened:
        sent, reader = send(stream, opened)
    assert sent == reader.size == 300 * 2**20
    assert reader.digest.digest() == digest.digest()


def test_beyond_two_gibibytes(stream, tmp_path):
    # A file with a hole: its end lies where neither a DWORD's sign bit nor 32 bits suffice.
    path = tmp_path / "sparse"
    end = 5 * 2**30
    with path.open("wb") as sparse:
        sparse.seek(end - 6)
        sparse.write(b"thelast"[:6])
    with path.open("rb") as opened:
        sent, reader = send(stream, opened, end - 6, 2**32)
        assert sent == reader.size == 6
        assert reader.digest.digest() == hashlib.sha256(b"thelas").digest()
        assert opened.tell() == end


def test_one_call_is_bounded(stream, tmp_path):
    # With a limit of time a call sends a chunk that a slow line can carry within it.
    path = tmp_path / "large"
    with path.open("wb") as large:
        large.truncate(2**22)
    reader = Reader(stream[1])
    with path.open("rb") as opened:
        handle = room.file_handle(opened.fileno())
        assert lib.cs_sendfile(stream[0].fileno(), handle, 0, 2**40, 10_000) == 2**18
        assert lib.cs_sendfile(stream[0].fileno(), handle, 0, 2**40, -1) == 2**22
    stream[0].shutdown(cffisock.SHUT_WR)
    reader.join()
