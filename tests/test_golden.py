"""Bytes of systems that cannot run here: the rooms' C is compiled in their geometry, and run.

golden/layouts.json holds the geometry; tools/cross.sh asserts it of each system's own headers. What
the messages' data means is tested in test_ancillary.py and test_ancillary_systems.py, families of one
system in test_families.py.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from errno import EAGAIN, EBADF, ECONNRESET
from pathlib import Path
from struct import pack
from typing import Any

import pytest

# Where no compiler is, or none that makes what this interpreter loads: a folder of libraries made before.
COMPILED = os.environ.get("CFFISOCK_GOLDEN", "")
COMPILER = os.environ.get("CC", "cc")

pytestmark = pytest.mark.skipif(
    not COMPILED and shutil.which(COMPILER) is None,
    reason="no C compiler here, and no CFFISOCK_GOLDEN with libraries of the layouts",
)

sys.path.insert(0, str(Path(__file__).with_name("golden")))
import layouts  # noqa: E402 -- a program beside this test, which the cross row runs too

INVALID, END = -2, -1


class Message(ctypes.Structure):
    """``struct cs_cmsg``."""

    _fields_ = [
        ("level", ctypes.c_int),
        ("type", ctypes.c_int),
        ("data", ctypes.c_size_t),
        ("length", ctypes.c_size_t),
        ("clipped", ctypes.c_int),
    ]


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The rooms' C in each geometry."""
    if COMPILED:
        return {name: loaded(Path(COMPILED, f"{name}.library")) for name in layouts.LAYOUTS}
    folder = tmp_path_factory.mktemp("golden")
    return {name: loaded(layouts.library(name, folder, COMPILER)) for name in layouts.LAYOUTS}


def loaded(library: Path) -> Any:
    room = ctypes.CDLL(str(library))
    for function in ("cs_cmsg_len", "cs_cmsg_space", "cs_cmsg_put"):
        getattr(room, function).restype = ctypes.c_size_t
    size, pointer = ctypes.c_size_t, ctypes.c_char_p
    room.cs_cmsg_len.argtypes = room.cs_cmsg_space.argtypes = [size]
    room.cs_cmsg_put.argtypes = [pointer, size, ctypes.c_int, ctypes.c_int, pointer, size]
    room.cs_cmsg_get.argtypes = [pointer, size, size, ctypes.POINTER(Message)]
    room.cs_cmsg_get.restype = ctypes.c_longlong
    return room


# -- control messages ----------------------------------------------------------------------

# A TTL of one byte and an IPv6 packet info, as a kernel lays them out; x is padding.
V6 = bytes.fromhex("20010db8000000000000000000000001")
ITEMS = [(0, 24, b"\x40"), (41, 46, V6 + pack("=I", 3))]
CONTROL = {
    "macos": "=Iii 1s3x Iii 20s",
    "freebsd": "=Iii4x 1s7x Iii4x 20s4x",
    "freebsd-32": "=Iii 1s3x Iii 20s",
    "netbsd": "=Iii4x 1s7x Iii4x 20s4x",
    "netbsd-arm": "=Iii4x 1s15x Iii4x 20s12x",
    "openbsd": "=Iii4x 1s7x Iii4x 20s4x",
    "linux": "=Qii 1s7x Qii 20s4x",
    "linux-32": "=Iii 1s3x Iii 20s",
    "musl": "=I4xii 1s7x I4xii 20s4x",
    "windows": "=Qii 1s7x Qii 20s4x",
    "windows-32": "=Iii 1s3x Iii 20s",
}


def golden_control(name: str) -> bytes:
    start = layouts.LAYOUTS[name]["start"]
    fields = [(start + len(data), level, kind, data) for level, kind, data in ITEMS]
    return pack(CONTROL[name], *fields[0], *fields[1])


def walk(room: Any, control: bytes, size: int) -> tuple[list[tuple[int, int, bytes]], int]:
    """The items in the first `size` bytes, and how the walk ended."""
    memory = ctypes.create_string_buffer(control, len(control))
    items: list[tuple[int, int, bytes]] = []
    message, offset = Message(), 0
    while True:
        offset = room.cs_cmsg_get(ctypes.cast(memory, ctypes.c_char_p), size, offset, message)
        if offset < 0:
            return items, offset
        assert message.data + message.length <= size
        data = memory.raw[message.data : message.data + message.length]
        items.append((message.level, message.type, data))
        if not offset:
            return items, END


def test_every_layout_has_its_golden_bytes() -> None:
    assert set(CONTROL) == set(layouts.LAYOUTS)


@pytest.mark.parametrize("name", CONTROL)
def test_messages_are_written_as_the_kernel_reads_them(rooms: Any, name: str) -> None:
    room, expected = rooms[name], golden_control(name)
    memory = ctypes.create_string_buffer(len(expected))
    offset = 0
    for level, kind, data in ITEMS:
        pointer = ctypes.cast(memory, ctypes.c_char_p)
        offset = room.cs_cmsg_put(pointer, offset, level, kind, data, len(data))
    assert (memory.raw, offset) == (expected, len(expected))
    assert offset == sum(room.cs_cmsg_space(len(data)) for _, _, data in ITEMS)


@pytest.mark.parametrize("name", CONTROL)
def test_messages_are_read_as_the_kernel_writes_them(rooms: Any, name: str) -> None:
    control = golden_control(name)
    assert walk(rooms[name], control, len(control)) == (ITEMS, END)
    # The kernel may leave the padding after the last one out.
    start = layouts.LAYOUTS[name]["start"]
    last = len(control) - rooms[name].cs_cmsg_space(20) + start + 20
    assert walk(rooms[name], control, last) == (ITEMS, END)


@pytest.mark.parametrize("name", CONTROL)
def test_a_buffer_cut_anywhere_gives_what_it_holds(rooms: Any, name: str) -> None:
    room, control = rooms[name], golden_control(name)
    for size in range(len(control)):
        items, end = walk(room, control, size)
        assert end == END
        for (level, kind, data), whole in zip(items, ITEMS):
            assert (level, kind) == whole[:2]
            assert whole[2].startswith(data)


@pytest.mark.parametrize("name", CONTROL)
def test_a_length_below_the_header_ends_the_walk(rooms: Any, name: str) -> None:
    layout = layouts.LAYOUTS[name]
    short = (layout["start"] - 1).to_bytes(layout["cmsghdr"]["cmsg_len"], sys.byteorder)
    control = short.ljust(64, b"\0")
    assert walk(rooms[name], control, 64) == ([], INVALID)


# -- addresses -----------------------------------------------------------------------------


def head(name: str, family: int, length: int) -> bytes:
    """The first two bytes: a length and a family, or a family of 16 bits."""
    if layouts.LAYOUTS[name]["family"]["at"]:
        return bytes([length, family])
    return family.to_bytes(2, sys.byteorder)


def golden_addresses(name: str) -> list[tuple[int, str, int, tuple[int, int], bytes]]:
    v6 = layouts.LAYOUTS[name]["AF_INET6"]
    inet = head(name, 2, 16) + bytes([0x1F, 0x90, 192, 0, 2, 7]) + bytes(8)
    inet6 = head(name, v6, 28) + b"\x1f\x90" + b"\0\0\x01\x02" + V6 + pack("=I", 5)
    return [
        (2, "192.0.2.7", 8080, (0, 0), inet),
        (v6, "2001:db8::1", 8080, (0x102, 5), inet6),
    ]


@pytest.mark.parametrize("name", CONTROL)
def test_addresses_are_written_as_the_kernel_reads_them(rooms: Any, name: str) -> None:
    for family, host, port, extra, expected in golden_addresses(name):
        memory = ctypes.create_string_buffer(b"\xff" * 128, 128)
        size = rooms[name].cs_inet_pack(memory, family, host.encode(), port, *extra)
        assert memory.raw[:size] == expected
        assert rooms[name].cs_inet_pack(memory, family, b"no address", port, *extra) == 0


@pytest.mark.parametrize("name", CONTROL)
def test_addresses_are_read_as_the_kernel_writes_them(rooms: Any, name: str) -> None:
    for _, host, port, extra, raw in golden_addresses(name):
        text, pair = ctypes.create_string_buffer(46), (ctypes.c_uint * 2)()
        assert rooms[name].cs_inet_unpack(raw, text, pair) == port
        assert (text.value.decode(), tuple(pair)) == (host, extra)


# What getsockname() and accept() say of sockets of AF_UNIX: BSD counts the NUL or not, macOS gives 16
# bytes for a socket without a name, and a path that fills the struct has no NUL.
UNIX = [
    (b"/tmp/s\0", "/tmp/s"),
    (b"/tmp/s", "/tmp/s"),
    (b"/tmp/s".ljust(104, b"\0"), "/tmp/s"),
    (bytes(14), ""),
    (b"", ""),
    (b"p" * 104, "p" * 104),
]


@pytest.mark.skipif(os.name != "posix", reason="the codec is of the POSIX room")
@pytest.mark.parametrize(("path", "expected"), UNIX)
def test_unix_paths_of_systems_with_a_length_byte(
    path: bytes, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cffisock._ffi import ffi
    from cffisock.backends.posix.families import unix

    monkeypatch.setattr(unix, "_ABSTRACT", False)
    monkeypatch.setattr(unix, "_ROOM", layouts.LAYOUTS["macos"]["sun_path"])
    raw = bytes([2 + len(path), 1]) + path
    assert unix.decode(ffi.from_buffer(raw), len(raw), 0, -1) == expected
    if len(expected) == unix._ROOM:  # with its NUL it fits no more
        with pytest.raises(OSError, match="too long"):
            unix.encode(expected, 0, -1, "bind")


# -- files ---------------------------------------------------------------------------------

# What the kernel says: how many bytes went, and an error; and what becomes of it. A kernel that
# fails before it has a socket says nothing of bytes: FreeBSD's, for a file not opened for reading.
SENT = [
    ("macos", 10, 0, 10),
    ("macos", 0, 0, 0),
    ("macos", 4, EAGAIN, 4),
    ("macos", 0, EAGAIN, -EAGAIN),
    ("macos", 0, EBADF, -EBADF),
    ("freebsd", 10, 0, 10),
    ("freebsd", 0, 0, 0),
    ("freebsd", 4, EAGAIN, 4),
    ("freebsd", 4, ECONNRESET, 4),
    ("freebsd", 0, EAGAIN, -EAGAIN),
    ("freebsd", -1, EBADF, -EBADF),
]


@pytest.fixture(scope="module")
def senders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """cs_sendfile() of each system."""
    folder = Path(COMPILED) if COMPILED else tmp_path_factory.mktemp("sendfile")
    if not COMPILED:
        for name in layouts.SENDERS:
            layouts.sender(name, folder, COMPILER)
    return {name: loaded_sender(folder / f"sendfile-{name}.library") for name in layouts.SENDERS}


def loaded_sender(made: Path) -> Any:
    sender = ctypes.CDLL(str(made))
    sender.cs_sendfile.argtypes = [
        ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_longlong, ctypes.c_size_t, ctypes.c_int,
    ]  # fmt: skip
    sender.cs_sendfile.restype = ctypes.c_longlong
    return sender


@pytest.mark.parametrize(("name", "sent", "error", "answer"), SENT)
def test_what_went_of_a_file(
    senders: dict[str, Any], name: str, sent: int, error: int, answer: int
) -> None:
    sender = senders[name]
    ctypes.c_longlong.in_dll(sender, "kernel_sent").value = sent
    ctypes.c_int.in_dll(sender, "kernel_error").value = error
    assert sender.cs_sendfile(3, 4, 0, 10, -1) == answer
    assert sender.cs_sendfile(3, 4, 0, 0, -1) == 0  # to these systems 0 means "to the end"
