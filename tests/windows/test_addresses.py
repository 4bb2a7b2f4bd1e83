"""AF_HYPERV, Bluetooth RFCOMM and AF_UNIX addresses, packed to bytes and back."""

from __future__ import annotations

import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cffisock._backend import ffi
from cffisock.backends.windows import families

GUIDS = st.uuids().map(str)


def raw(packed):
    sa, length = packed
    return bytes(ffi.buffer(sa))[:length]


@given(GUIDS, GUIDS)
def test_hyperv_round_trip(vm, service):
    sa, length = families.encode_hyperv((vm.upper(), service), 1, -1, "bind")
    assert raw((sa, length)) == (
        b"\x22\0\0\0" + uuid.UUID(vm).bytes_le + uuid.UUID(service).bytes_le
    )
    assert families.decode_hyperv(sa, length, 1, -1) == (vm, service)


ZERO = str(uuid.UUID(int=0))


@pytest.mark.parametrize(
    ("address", "error", "text"),
    [
        ("x", TypeError, "connect(): AF_HYPERV address must be tuple, not str"),
        ((ZERO,), TypeError, "AF_HYPERV address must be a str tuple (vm_id, service_id)"),
        ((ZERO, 1), TypeError, "AF_HYPERV address must be a str tuple (vm_id, service_id)"),
        (("00", ZERO), ValueError, "AF_HYPERV address vm_id is not a valid UUID string"),
        ((ZERO, ZERO + "0"), ValueError, "address service_id is not a valid UUID string"),
    ],
)
def test_hyperv_refusals(address, error, text):
    with pytest.raises(error) as caught:
        families.encode_hyperv(address, 1, -1, "connect")
    assert text in str(caught.value)


def test_hyperv_has_one_protocol():
    with pytest.raises(OSError, match="unsupported AF_HYPERV protocol: 0"):
        families.encode_hyperv((ZERO, ZERO), 0, -1, "bind")


@given(st.lists(st.integers(0, 255), min_size=6, max_size=6), st.integers(0, 2**32 - 1))
def test_rfcomm_round_trip(octets, channel):
    text = ":".join(f"{octet:02X}" for octet in octets)
    sa, length = families.encode_bluetooth((text.lower(), channel), 3, -1, "bind")
    assert raw((sa, length)) == (
        b"\x20\0" + bytes(reversed(octets)) + bytes(18) + channel.to_bytes(4, "little")
    )
    assert families.decode_bluetooth(sa, length, 3, -1) == (text, channel)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("00:00:00:00:00:00", "bind(): wrong format"),
        (("00:00:00:00:00:00",), "bind(): wrong format"),
        (("00:00:00:00:00:00", "1"), "bind(): wrong format"),
        ((b"00:00:00:00:00:00", 1), "bind(): wrong format"),
        (("00:00:00:00:00", 1), "bad bluetooth address"),
        (("00:00:00:00:00:00:00", 1), "bad bluetooth address"),
        (("00:00:00:00:00:100", 1), "bad bluetooth address"),
        (("00:00:00:00:00:0g", 1), "bad bluetooth address"),
        (("", 1), "bad bluetooth address"),
    ],
)
def test_rfcomm_refusals(address, text):
    with pytest.raises(OSError) as caught:
        families.encode_bluetooth(address, 3, -1, "bind")
    assert str(caught.value) == text


def test_bluetooth_has_one_protocol():
    with pytest.raises(OSError, match="unknown Bluetooth protocol"):
        families.encode_bluetooth(("00:00:00:00:00:00", 1), 256, -1, "bind")
    with pytest.raises(ValueError, match="nknown Bluetooth protocol"):
        families.decode_bluetooth(ffi.new("char[30]"), 30, 256, -1)


PATHS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).filter(
    lambda text: len(text.encode()) < 108
)


@given(PATHS)
def test_unix_round_trip(path):
    sa, length = families.encode_unix(path, 0, -1, "bind")
    encoded = path.encode()
    assert raw((sa, length)) == b"\x01\0" + encoded + (b"\0" if encoded else b"")
    assert families.decode_unix(sa, length, 0, -1) == path
    # Windows often reports the whole struct, whatever the name's length.
    assert families.decode_unix(sa, 110, 0, -1) == path


def test_unix_paths_of_other_kinds():
    for path in (b"C:\\x", bytearray(b"C:\\x"), memoryview(b"C:\\x")):
        sa, length = families.encode_unix(path, 0, -1, "bind")
        assert families.decode_unix(sa, length, 0, -1) == "C:\\x"
    for wrong in (None, 1, ("x",)):
        with pytest.raises(TypeError, match="bytes-like"):
            families.encode_unix(wrong, 0, -1, "bind")


def test_unix_path_too_long():
    assert families.encode_unix("x" * 107, 0, -1, "bind")[1] == 110
    with pytest.raises(OSError, match="AF_UNIX path too long") as caught:
        families.encode_unix("x" * 108, 0, -1, "bind")
    assert caught.value.errno is None


def test_unnamed():
    assert families.decode_unix(ffi.new("char[110]"), 2, 0, -1) == ""
    assert os.fsencode(families.decode_unix(ffi.new("char[110]"), 0, 0, -1)) == b""
