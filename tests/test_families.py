"""The codecs of the POSIX room: tuples to the kernels' bytes and back, no kernel family needed.

Expected bytes are written with struct in this machine's byte order, independently of the codecs.
Where this kernel has the family, the interpreter's own socket module is the judge.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

if os.name == "nt":
    from posix_codecs import CONSTANTS, bluetooth, families, ffi, kernel, lib, unix
else:
    from cffisock._ffi import ffi, lib
    from cffisock.backends.posix import families
    from cffisock.backends.posix.families import bluetooth, kernel, unix
    from cffisock.backends.table import CONSTANTS

# Other implementations refuse with other classes and texts.
CPYTHON = sys.implementation.name == "cpython"
LINUX = "AF_PACKET" in CONSTANTS
SUN_PATH = ffi.sizeof(ffi.new("struct sockaddr_un *").sun_path)
U32 = st.integers(0, 2**32 - 1)

NAMES_ARE_BYTES = sys.getfilesystemencodeerrors() == "surrogateescape"
needs_bytes = pytest.mark.skipif(not NAMES_ARE_BYTES, reason="file names are not bytes here")
linux_only = pytest.mark.skipif(not LINUX, reason="Linux's own")


def codec(family):
    return families.codec(family)


def number(name):
    """Number a protocol; those that a system lacks have no codec form to look up."""
    return CONSTANTS[name] if name else 0


def head(family):
    value = CONSTANTS.get(family, 0)
    return struct.pack("=H", value) if ffi.sizeof("sa_family_t") == 2 else bytes([0, value])


def raw(sa, length):
    return bytes(ffi.buffer(ffi.cast("char *", sa), length))


def encode(family, addr, proto=0, fd=-1):
    return codec(family).encode(addr, proto, fd, "bind")


def round_trip(family, addr, proto=0, fd=-1):
    sa, length = encode(family, addr, proto, fd)
    return codec(family).decode(sa, length, proto, fd)


@linux_only
def test_every_family_of_linux_is_served():
    names = set(families._CODECS) - {"PF_SYSTEM"}
    assert families.ENCODERS.keys() == families.DECODERS.keys() == {CONSTANTS[n] for n in names}


def bdaddr(text):
    return bytes.fromhex(text.replace(":", ""))[::-1]


def native(form, *values):
    return struct.pack("=" + form, *values)


# Family, protocol, address, the bytes behind the family, the address that comes back.
GOOD = [
    ("AF_NETLINK", "", (7, 0x10), native("HII", 0, 7, 0x10), (7, 0x10)),
    ("AF_NETLINK", "", (-1, 2**40 + 5), native("HII", 0, 2**32 - 1, 5), (2**32 - 1, 5)),
    ("AF_VSOCK", "", (2, 1024), native("HIIxxxx", 0, 1024, 2), (2, 1024)),
    ("AF_VSOCK", "", (-1, 2**32), native("HIIxxxx", 0, 0, 2**32 - 1), (2**32 - 1, 0)),
    ("AF_QIPCRTR", "", (1, 2), native("xxII", 1, 2), (1, 2)),
    ("AF_TIPC", "", (1, 10, 20, 30), native("BbIII", 1, 2, 10, 20, 30), (1, 10, 20, 30, 2)),
    ("AF_TIPC", "", (2, 10, 20, 30, 3), native("BbIII", 2, 3, 10, 20, 0), (2, 10, 20, 20, 3)),
    ("AF_TIPC", "", (3, 10, 20, 30, 1), native("BbIII", 3, 1, 20, 10, 0), (3, 10, 20, 0, 1)),
    ("AF_TIPC", "", (3, 1, 2, 3, -1), native("BbIII", 3, -1, 2, 1, 0), (3, 1, 2, 0, 2**32 - 1)),
    (
        "AF_ALG",
        "",
        ("hash", "sha256"),
        native("14sII64s", b"hash", 0, 0, b"sha256"),
        ("hash", "sha256", 0, 0),
    ),
    (
        "AF_ALG",
        "",
        ("aead", "gcm(aes)", 0x10001, -1),
        native("14sII64s", b"aead", 1, 0xFFFF, b"gcm(aes)"),
        ("aead", "gcm(aes)", 1, 0xFFFF),
    ),
    ("AF_ALG", "", ("t" * 13, "n" * 63), native("14sII64s", b"t" * 13, 0, 0, b"n" * 63), None),
    ("AF_CAN", "CAN_RAW", ("",), native("xxi16x", 0), ("",)),
    ("AF_CAN", "CAN_BCM", (b"",), native("xxi16x", 0), ("",)),
    (
        "AF_CAN",
        "CAN_ISOTP",
        ("", 0x123, 2**32 + 7),
        native("xxiII8x", 0, 0x123, 7),
        ("", 0x123, 7),
    ),
    (
        "AF_CAN",
        "CAN_J1939",
        ("", 2**64 - 1, 0x40000, 0xFE),
        native("xxiQIB3x", 0, 2**64 - 1, 0x40000, 0xFE),
        ("", 2**64 - 1, 0x40000, 0xFE),
    ),
    ("AF_CAN", "CAN_J1939", ("", -1, -1, -1), native("xxiqiB3x", 0, -1, -1, 255), None),
]

# Bluetooth by layout, since a machine has one of the three: numbers are little-endian on the air.
MAC = "AA:0B:CC:0D:EE:0F"
BLUETOOTH_GOOD = [
    (bluetooth.LINUX, "L2CAP", (MAC, 25), b"\x19\0" + bdaddr(MAC) + b"\0" * 4, (MAC, 25)),
    (
        bluetooth.LINUX,
        "L2CAP",
        (MAC.lower(), 0x1001, 4, 1),
        b"\x01\x10" + bdaddr(MAC) + b"\4\0\1\0",
        (MAC, 0x1001, 4, 1),
    ),
    (
        bluetooth.LINUX,
        "L2CAP",
        (MAC, 65537, 4),
        b"\1\0" + bdaddr(MAC) + b"\4\0\0\0",
        (MAC, 1, 4),
    ),
    (bluetooth.LINUX, "RFCOMM", (MAC, 30), bdaddr(MAC) + b"\x1e\0", (MAC, 30)),
    (bluetooth.LINUX, "HCI", 3, native("HH", 3, 0), 3),
    (bluetooth.LINUX, "HCI", (3,), native("HH", 3, 0), 3),
    (bluetooth.LINUX, "HCI", (0xFFFF, 3), native("HH", 0xFFFF, 3), (0xFFFF, 3)),
    (bluetooth.LINUX, "SCO", "0:1:2:3:4:ff", b"\xff\4\3\2\1\0", "00:01:02:03:04:FF"),
    (bluetooth.LINUX, "SCO", MAC.encode(), bdaddr(MAC), MAC),
    (bluetooth.FREEBSD, "RFCOMM", (MAC, 30), bdaddr(MAC) + b"\x1e", (MAC, 30)),
    (bluetooth.FREEBSD, "HCI", "ubt0hci", b"ubt0hci".ljust(32, b"\0"), "ubt0hci"),
    (bluetooth.FREEBSD, "HCI", "n" * 32, b"n" * 32, "n" * 32),
    (
        bluetooth.NETBSD,
        "L2CAP",
        (MAC, 25, 4),
        bdaddr(MAC) + native("HB5x", 25, 4),
        (MAC, 25, 4),
    ),
    (bluetooth.NETBSD, "RFCOMM", (MAC, 30), bdaddr(MAC) + native("HB5x", 0, 30), (MAC, 30)),
    (bluetooth.NETBSD, "HCI", MAC, bdaddr(MAC) + bytes(8), MAC),
    (bluetooth.NETBSD, "SCO", MAC, bdaddr(MAC) + bytes(8), MAC),
]


def has(proto):
    return not proto or proto in CONSTANTS


# Numbers that wrap: from Python 3.15 on they warn as well (test_regressions_conformance.py).
@pytest.mark.filterwarnings("ignore:integer value out of range:DeprecationWarning")
@pytest.mark.parametrize(("family", "proto", "addr", "expected", "back"), GOOD)
def test_bytes(family, proto, addr, expected, back):
    if not has(proto):
        pytest.skip(f"this system has no {proto}")
    sa, length = encode(family, addr, number(proto))
    assert raw(sa, length) == head(family) + expected
    if back is not None:
        assert codec(family).decode(sa, length, number(proto), -1) == back


@pytest.mark.filterwarnings("ignore:integer value out of range:DeprecationWarning")
@pytest.mark.parametrize(("layout", "proto", "addr", "expected", "back"), BLUETOOTH_GOOD)
def test_bluetooth_bytes(layout, proto, addr, expected, back):
    form = layout["BTPROTO_" + proto]
    sa, length = form.encode(addr, 0, -1, "bind")
    assert raw(sa, length) == head("AF_BLUETOOTH") + expected
    assert form.decode(sa, length, 0, -1) == back


NOT_TUPLE = "{}: {} address must be tuple, not list"
TIPC_SHAPE = "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])"
ALG_SHAPE = "AF_ALG address must be a tuple (type, name[, feat[, mask]])"
NETLINK_SHAPE = "AF_NETLINK address must be a pair (pid, groups)"
PACKET_SHAPE = "AF_PACKET address must be a tuple of two to five elements"
FLOAT = "'float' object cannot be interpreted as an integer"
PATH_TYPE = "expected str, bytes or os.PathLike object, not int"

# Family, protocol, address, exception, its whole text (None: the interpreter's affair).
BAD = [
    ("AF_UNIX", "", "x" * SUN_PATH, OSError, "AF_UNIX path too long"),
    ("AF_UNIX", "", b"x" * 1000, OSError, "AF_UNIX path too long"),
    ("AF_UNIX", "", b"\0" * (SUN_PATH + 1), OSError, "AF_UNIX path too long"),
    ("AF_UNIX", "", 5, TypeError, "a bytes-like object is required, not 'int'"),
    ("AF_UNIX", "", None, TypeError, "a bytes-like object is required, not 'NoneType'"),
    ("AF_UNIX", "", ("x",), TypeError, "a bytes-like object is required, not 'tuple'"),
    ("AF_UNIX", "", "\ud800", UnicodeEncodeError, None),
    ("AF_NETLINK", "", [1, 2], TypeError, NOT_TUPLE.format("bind()", "AF_NETLINK")),
    ("AF_NETLINK", "", (1,), TypeError, NETLINK_SHAPE),
    ("AF_NETLINK", "", (1, 2, 3), TypeError, NETLINK_SHAPE),
    ("AF_NETLINK", "", (1.0, 2), TypeError, FLOAT),
    ("AF_NETLINK", "", ("1", 2), TypeError, None),
    ("AF_PACKET", "", ["lo", 3], TypeError, NOT_TUPLE.format("bind()", "AF_PACKET")),
    ("AF_PACKET", "", ("lo",), TypeError, PACKET_SHAPE),
    ("AF_PACKET", "", ("lo", 3, 0, 0, b"", 0), TypeError, PACKET_SHAPE),
    ("AF_PACKET", "", (b"lo", 3), TypeError, PACKET_SHAPE),
    ("AF_PACKET", "", ("l\0o", 3), ValueError, "embedded null character"),
    ("AF_PACKET", "", ("lo", 3.0), TypeError, None),
    ("AF_PACKET", "", ("lo", 2**31), OverflowError, "bind(): address argument out of range"),
    ("AF_PACKET", "", ("lo", 3, -(2**31) - 1), OverflowError, None),
    ("AF_PACKET", "", ("lo", 3, 0, 0, "abc"), TypeError, None),
    ("AF_CAN", "CAN_RAW", [""], TypeError, NOT_TUPLE.format("bind()", "AF_CAN")),
    ("AF_CAN", "CAN_RAW", ("", 1), TypeError, "AF_CAN address must be a tuple (interface, )"),
    ("AF_CAN", "CAN_RAW", (1,), TypeError, PATH_TYPE),
    ("AF_CAN", "CAN_RAW", ("x" * 16,), OSError, "AF_CAN interface name too long"),
    ("AF_CAN", "CAN_RAW", ("a\0b",), ValueError, "embedded null byte"),
    ("AF_CAN", "CAN_ISOTP", ("x" * 16, 1, 2), OSError, "AF_CAN interface name too long"),
    ("AF_CAN", "CAN_ISOTP", ("", 1), TypeError, None),
    ("AF_CAN", "CAN_ISOTP", ("", 1.0, 2), TypeError, None),
    ("AF_CAN", "CAN_J1939", ("", 1, 2), TypeError, None),
    ("AF_CAN", "CAN_J1939", ("x" * 16, 1, 2, 3), OSError, "AF_CAN interface name too long"),
    ("AF_CAN", "", ("",), OSError, "bind(): unsupported CAN protocol"),
    ("AF_VSOCK", "", [1, 2], TypeError, NOT_TUPLE.format("getsockaddrarg", "AF_VSOCK")),
    ("AF_VSOCK", "", (1,), TypeError, "getsockaddrarg() takes exactly 2 arguments (1 given)"),
    ("AF_VSOCK", "", (1.0, 2), TypeError, FLOAT),
    ("AF_QIPCRTR", "", [1, 2], TypeError, NOT_TUPLE.format("getsockaddrarg", "AF_QIPCRTR")),
    ("AF_QIPCRTR", "", (1, "2"), TypeError, None),
    ("AF_TIPC", "", [1], TypeError, NOT_TUPLE.format("bind()", "AF_TIPC")),
    ("AF_TIPC", "", (1, 2, 3), TypeError, TIPC_SHAPE),
    ("AF_TIPC", "", (1, 2, 3, 4, 5, 6), TypeError, TIPC_SHAPE),
    ("AF_TIPC", "", (9, 1, 2, 3), TypeError, "Invalid address type"),
    ("AF_TIPC", "", (257, 1, 2, 3), TypeError, "Invalid address type"),
    ("AF_ALG", "", ["hash", "md5"], TypeError, NOT_TUPLE.format("bind()", "AF_ALG")),
    ("AF_ALG", "", ("hash",), TypeError, ALG_SHAPE),
    ("AF_ALG", "", (b"hash", "md5"), TypeError, ALG_SHAPE),
    ("AF_ALG", "", ("hash", "md5", 0, 0, 0), TypeError, ALG_SHAPE),
    ("AF_ALG", "", ("t" * 14, "md5"), ValueError, "AF_ALG type too long."),
    ("AF_ALG", "", ("hash", "n" * 64), ValueError, "AF_ALG name too long."),
    ("AF_ALG", "", ("ha\0sh", "md5"), ValueError, "embedded null character"),
    ("AF_ALG", "", ("hash", "md5", 1.0), TypeError, FLOAT),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", MAC, OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", (MAC,), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", (MAC, "1"), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", (MAC, 1, 2, 0, 0), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", (MAC.encode(), 1), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", (MAC + "\0", 1), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_L2CAP", (MAC + "\ud800", 1), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", (MAC + ":1", 1), OSError, "bad bluetooth address"),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", ("1:2:3:4:5", 1), OSError, "bad bluetooth address"),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", ("1:2:3:4:5:100", 1), OSError, "bad bluetooth address"),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", ("1:2:3:4:5:g", 1), OSError, "bad bluetooth address"),
    ("AF_BLUETOOTH", "BTPROTO_RFCOMM", ("", 1), OSError, "bad bluetooth address"),
    ("AF_BLUETOOTH", "BTPROTO_HCI", (), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_HCI", (1, 2, 3), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_SCO", (MAC,), OSError, "bind(): wrong format"),
    ("AF_BLUETOOTH", "BTPROTO_SCO", MAC + "\0", ValueError, "embedded null character"),
    ("AF_BLUETOOTH", "BTPROTO_SCO", MAC + "\ud800", UnicodeEncodeError, None),
    ("AF_BLUETOOTH", "BTPROTO_SCO", b"\xff" + MAC.encode(), OSError, "bad bluetooth address"),
]


@pytest.mark.parametrize(("family", "proto", "addr", "error", "message"), BAD)
def test_refused(family, proto, addr, error, message):
    if not has(proto):
        pytest.skip(f"this system has no {proto}")
    if addr == "\ud800" and not NAMES_ARE_BYTES:
        pytest.skip("file names are not bytes here")
    with pytest.raises(error) as caught:
        encode(family, addr, number(proto) if proto else 99)
    assert caught.type is error
    if message is not None:
        assert str(caught.value) == message
        assert getattr(caught.value, "errno", None) is None


@pytest.mark.parametrize(
    ("layout", "addr", "error", "message"),
    [
        (bluetooth.FREEBSD, "n" * 33, ValueError, "bind(): node too long"),
        (bluetooth.FREEBSD, 3, OSError, "bind(): wrong format"),
        (bluetooth.NETBSD, 3, OSError, "bind(): wrong format"),
        (bluetooth.NETBSD, "1:2", OSError, "bad bluetooth address"),
    ],
)
def test_hci_refused(layout, addr, error, message):
    with pytest.raises(error) as caught:
        layout["BTPROTO_HCI"].encode(addr, 0, -1, "bind")
    assert str(caught.value) == message


def test_the_method_is_named_in_the_text():
    with pytest.raises(TypeError, match=r"^sendto\(\): AF_TIPC address must be tuple, not int$"):
        kernel.TIPC.encode(1, 0, -1, "sendto")


@pytest.mark.parametrize(
    ("family", "proto", "message"),
    [
        ("AF_TIPC", 0, "Invalid address type"),
        ("AF_BLUETOOTH", 99, "Unknown Bluetooth protocol"),
        ("PF_SYSTEM", 99, "Invalid address type"),
    ],
)
def test_what_no_tuple_can_say_is_refused_on_the_way_out(family, proto, message):
    with pytest.raises(ValueError, match=message):
        codec(family).decode(ffi.new("char[128]"), 16, proto, -1)


def test_unknown_bluetooth_protocol():
    with pytest.raises(OSError, match=r"^connect\(\): unknown Bluetooth protocol$"):
        bluetooth.encode((MAC, 1), 99, -1, "connect")


@linux_only
def test_unknown_can_protocol_on_the_way_out():
    sa, length = encode("AF_CAN", ("",), CONSTANTS["CAN_RAW"])
    assert codec("AF_CAN").decode(sa, length, 99, -1) == ("",)


# macOS: packed here, looked up only there.
SYSTEM = CONSTANTS.get("SYSPROTO_CONTROL", 2)


def test_system_bytes():
    sa, length = encode("PF_SYSTEM", (5, 2**32 - 1), SYSTEM)
    assert raw(sa, length) == head("PF_SYSTEM") + native("HII20x", 2, 5, 2**32 - 1)
    assert codec("PF_SYSTEM").decode(sa, length, SYSTEM, -1) == (5, 2**32 - 1)


@pytest.mark.parametrize(
    ("addr", "proto", "error", "message"),
    [
        ((1,), SYSTEM, TypeError, "PF_SYSTEM address must be a str or a pair (id, unit)"),
        ([1, 2], SYSTEM, TypeError, "PF_SYSTEM address must be a str or a pair (id, unit)"),
        ((1, 2.0), SYSTEM, TypeError, "PF_SYSTEM address must be a str or a pair (id, unit)"),
        ("x" * 97, SYSTEM, ValueError, "provided string is too long"),
        ((1, 2), 99, OSError, "unsupported PF_SYSTEM protocol"),
        ("no.such.control", SYSTEM, OSError, "cannot find kernel control with provided name"),
    ],
)
def test_system_refused(addr, proto, error, message):
    with pytest.raises(error) as caught:
        encode("PF_SYSTEM", addr, proto)
    assert message in str(caught.value)


# AF_UNIX: the one family whose length carries meaning.
START = ffi.offsetof("struct sockaddr_un", "sun_path")


@pytest.mark.parametrize(
    ("addr", "path", "back"),
    [
        ("/tmp/é", "/tmp/é".encode() + b"\0", "/tmp/é"),
        pytest.param(b"/tmp/\xff", b"/tmp/\xff\0", "/tmp/\udcff", marks=needs_bytes),
        pytest.param("/tmp/\udcff", b"/tmp/\xff\0", "/tmp/\udcff", marks=needs_bytes),
        (bytearray(b"x"), b"x\0", "x"),
        (memoryview(b"xyz")[1:], b"yz\0", "yz"),
        (b"cut\0here", b"cut\0here\0", "cut"),
        ("p" * (SUN_PATH - 1), b"p" * (SUN_PATH - 1) + b"\0", "p" * (SUN_PATH - 1)),
    ],
)
def test_unix_path(addr, path, back):
    sa, length = unix.encode(addr, 0, -1, "bind")
    assert raw(sa, length)[START:] == path
    assert sa.sun_family == CONSTANTS["AF_UNIX"]
    assert unix.decode(sa, length, 0, -1) == back


@linux_only
@pytest.mark.parametrize(
    ("addr", "path", "back"),
    [
        (b"\0a\0b", b"\0a\0b", b"\0a\0b"),
        ("\0é", b"\0\xc3\xa9", b"\0\xc3\xa9"),
        (b"\0", b"\0", b"\0"),
        (b"\0" * SUN_PATH, b"\0" * SUN_PATH, b"\0" * SUN_PATH),
        ("", b"", ""),
        (b"", b"", ""),
    ],
)
def test_unix_abstract(addr, path, back):
    sa, length = unix.encode(addr, 0, -1, "bind")
    assert raw(sa, length)[START:] == path
    assert unix.decode(sa, length, 0, -1) == back


def test_unix_path_that_fills_the_struct_is_read_to_its_end():
    sa = ffi.new("struct sockaddr_un *")
    sa.sun_path = b"p" * SUN_PATH
    assert unix.decode(sa, START + SUN_PATH + 1, 0, -1) == "p" * SUN_PATH


@needs_bytes
@given(st.binary(min_size=1, max_size=SUN_PATH - 1).filter(lambda path: b"\0" not in path))
def test_unix_paths_round_trip(path):
    assert os.fsencode(round_trip("AF_UNIX", path)) == path
    assert os.fsencode(round_trip("AF_UNIX", os.fsdecode(path))) == path


@linux_only
@given(st.binary(max_size=SUN_PATH - 1))
def test_unix_abstract_names_round_trip(name):
    assert round_trip("AF_UNIX", b"\0" + name) == b"\0" + name


@given(st.sampled_from(["AF_NETLINK", "AF_VSOCK", "AF_QIPCRTR"]), U32, U32)
def test_pairs_round_trip(family, first, second):
    assert round_trip(family, (first, second)) == (first, second)


@given(st.tuples(st.just(1), U32, U32, U32, st.integers(0, 127)))
def test_tipc_round_trip(addr):
    assert round_trip("AF_TIPC", addr) == addr


@given(
    st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=13),
    st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=63),
)
def test_alg_round_trip(kind, name):
    assert round_trip("AF_ALG", (kind, name)) == (kind, name, 0, 0)


@linux_only
@given(st.integers(0, 2**64 - 1), U32, st.integers(0, 255))
def test_j1939_round_trip(name, pgn, addr):
    given_addr = ("", name, pgn, addr)
    assert round_trip("AF_CAN", given_addr, CONSTANTS["CAN_J1939"]) == given_addr


@given(
    st.sampled_from([bluetooth.LINUX, bluetooth.FREEBSD]),
    st.binary(min_size=6, max_size=6),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 255),
)
def test_l2cap_round_trip(layout, octets, psm, cid, kind):
    form = layout["BTPROTO_L2CAP"]
    host = octets.hex(":").upper()
    back = form.decode(*form.encode((host, psm, cid, kind), 0, -1, "bind"), 0, -1)
    assert (*back, 0, 0)[:4] == (host, psm, cid, kind)


# This kernel and the interpreter's own module as judges, on families that every Linux has.


class Judge:
    """Bind the interpreter's socket through our codec and read its name both ways."""

    def __init__(self, family, kind):
        self.family = family
        self.sock = socket.socket(getattr(socket, family), kind)

    def bind(self, addr):
        sa, length = encode(self.family, addr, 0, self.sock.fileno())
        code = lib.cs_bind(self.sock.fileno(), sa, length)
        assert code == 0, os.strerror(-code)

    def names(self):
        out = ffi.new("struct cs_address *")
        assert lib.cs_getsockname(self.sock.fileno(), out) == 0
        here = codec(self.family).decode(
            ffi.addressof(out, "sa"), out.length, 0, self.sock.fileno()
        )
        return here, self.sock.getsockname()


@pytest.fixture
def judge():
    opened = []

    def make(family, kind):
        if not hasattr(socket, family):
            pytest.skip(f"this system has no {family}")
        try:
            opened.append(Judge(family, kind))
        except PermissionError:
            pytest.skip(f"{family} needs a privilege that this process has not")
        return opened[-1]

    yield make
    for each in opened:
        each.sock.close()


@needs_bytes
@pytest.mark.parametrize("name", ["plain", "\udcff\xe9", b"bytes\xfe"])
def test_unix_path_is_what_the_interpreter_sees(judge, short_folder, name):
    path = os.path.join(os.fsencode(short_folder), os.fsencode(name))
    try:
        os.mkdir(path)
    except OSError:
        pytest.skip("this file system takes text only")
    os.rmdir(path)
    unix_judge = judge("AF_UNIX", socket.SOCK_STREAM)
    unix_judge.bind(path)
    here, there = unix_judge.names()
    assert here == there == os.fsdecode(path)


@linux_only
def test_unix_autobind_and_unnamed(judge):
    unix_judge = judge("AF_UNIX", socket.SOCK_DGRAM)
    assert unix_judge.names() == ("", "")
    unix_judge.bind("")
    here, there = unix_judge.names()
    assert here == there
    assert here[:1] == b"\0"
    assert len(here) == 6


@linux_only
def test_unix_abstract_is_what_the_interpreter_sees(judge):
    unix_judge = judge("AF_UNIX", socket.SOCK_DGRAM)
    name = b"\0cffisock\0" + os.urandom(8) + b"\0"
    unix_judge.bind(name)
    assert unix_judge.names() == (name, name)


@linux_only
def test_netlink_is_what_the_interpreter_sees(judge):
    netlink = judge("AF_NETLINK", socket.SOCK_RAW)
    netlink.bind((0, 1))
    here, there = netlink.names()
    assert here == there
    assert here[1] == 1


@linux_only
def test_packet_is_what_the_interpreter_sees(judge):
    packet = judge("AF_PACKET", socket.SOCK_RAW)
    assert packet.names() == (("", 0, 0, 0, b""),) * 2
    packet.bind(("lo", 0x88B5))
    here, there = packet.names()
    assert here == there
    assert here[:2] == ("lo", 0x88B5)


@linux_only
def test_packet_bytes(judge):
    fd = judge("AF_PACKET", socket.SOCK_RAW).sock.fileno()
    sa, length = encode("AF_PACKET", ("lo", 0x0800, 4, 772, b"\1\2\3"), 0, fd)
    expected = struct.pack(">H", 0x0800) + native(
        "iHBB8s", lib.cs_if_nametoindex(b"lo"), 772, 4, 3, b"\1\2\3"
    )
    assert raw(sa, length) == head("AF_PACKET") + expected
    assert codec("AF_PACKET").decode(sa, length, 0, fd) == ("lo", 0x0800, 4, 772, b"\1\2\3")


@linux_only
@pytest.mark.parametrize(
    ("addr", "error", "message"),
    [
        (("lo", 3, 0, 0, b"123456789"), ValueError, "Hardware address must be 8 bytes or less"),
        (("lo", 0x10000), OverflowError, "bind(): proto must be 0-65535."),
        (("lo", -1), OverflowError, "bind(): proto must be 0-65535."),
        (("no-such-if", -1), OSError, "[Errno 19] No such device"),
    ],
)
def test_packet_refused_after_the_look_up(judge, addr, error, message):
    packet = judge("AF_PACKET", socket.SOCK_RAW)
    for bind in (packet.bind, packet.sock.bind) if CPYTHON else (packet.bind,):
        with pytest.raises(error) as caught:
            bind(addr)
        assert str(caught.value) == message


@linux_only
def test_long_hardware_addresses_come_whole():
    sa = ffi.new("struct sockaddr_storage *")
    ll = ffi.cast("struct cs_sockaddr_ll *", sa)
    ll.sll_halen = 20
    ffi.memmove(ffi.cast("char *", sa) + 12, bytes(range(20)), 20)
    assert codec("AF_PACKET").decode(sa, 32, 0, -1)[4] == bytes(range(20))
    assert codec("AF_PACKET").decode(sa, 20, 0, -1)[4] == bytes(range(8))


@pytest.mark.skipif(not CPYTHON, reason="CPython's classes are the model")
@linux_only
@pytest.mark.parametrize(
    ("family", "addr", "error"),
    [row[:1] + row[2:4] for row in BAD if row[0] in {"AF_UNIX", "AF_NETLINK", "AF_PACKET"}],
)
def test_refused_as_the_interpreter_does(judge, family, addr, error):
    kind = socket.SOCK_STREAM if family == "AF_UNIX" else socket.SOCK_RAW
    with pytest.raises(error) as caught:
        judge(family, kind).sock.bind(addr)
    assert caught.type is error
