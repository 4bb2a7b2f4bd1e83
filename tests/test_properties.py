"""Laws that hold for every input, with the interpreter's own module as the model where it is a good one.

PyPy's module is no model for what is refused (it accepts NaN as a time-out, and more); there the laws alone count.
"""

from __future__ import annotations

import ipaddress
import math
import os
import socket
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cffisock

PYPY = sys.implementation.name == "pypy"
ABSTRACT_NAMES = sys.platform == "linux"
FEW = settings(deadline=None, max_examples=30, database=None)
MANY = settings(deadline=None, max_examples=100, database=None)

any_int = st.integers(-(2**70), 2**70)
near_int = st.tuples(
    st.sampled_from([0, 2**15, 2**16, 2**31, 2**32, 2**63]), st.integers(-40, 40)
).map(sum)
ipv4 = st.ip_addresses(v=4).map(str)
ipv6 = st.ip_addresses(v=6).map(str)
almost_address = st.text(alphabet="0123456789abcdefx.:% -", max_size=40)


def outcome(call: Any, *args: Any) -> Any:
    """What a call answers, or the class of what it raises."""
    try:
        return call(*args)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the model must raise it too
        return type(error)


@MANY
@given(ipv4 | ipv6 | almost_address)
def test_text_to_address(text: str) -> None:
    for family in (socket.AF_INET, socket.AF_INET6):
        assert outcome(cffisock.inet_pton, family, text) == outcome(socket.inet_pton, family, text)
    assert outcome(cffisock.inet_aton, text) == outcome(socket.inet_aton, text)


@MANY
@given(
    st.binary(max_size=20) | st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16)
)
def test_address_to_text(packed: bytes) -> None:
    for family, size in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        if len(packed) == size:
            text = cffisock.inet_ntop(family, packed)
            assert text == socket.inet_ntop(family, packed)
            assert cffisock.inet_pton(family, text) == packed
            assert ipaddress.ip_address(text).packed == packed
        else:
            with pytest.raises(ValueError, match="length"):
                cffisock.inet_ntop(family, packed)


@MANY
@given(any_int | near_int)
def test_byte_order(number: int) -> None:
    for name, bits in (("htons", 16), ("ntohs", 16), ("htonl", 32), ("ntohl", 32)):
        ours = getattr(cffisock, name)
        if 0 <= number < 2**bits:
            assert ours(number) == getattr(socket, name)(number)
            assert ours(ours(number)) == number
            assert ours(number) == int.from_bytes(number.to_bytes(bits // 8, "big"), sys.byteorder)
        elif not 0 <= number < 2**31:  # Python 3.9 cuts these to 16 bits
            with pytest.raises((OverflowError, ValueError)):
                ours(number)


@pytest.mark.skipif(not hasattr(socket, "CMSG_LEN"), reason="this system has no control messages")
@MANY
@given(any_int | near_int | st.integers(0, 1000))
def test_sizes_of_control_messages(length: int) -> None:
    limits = {
        "CMSG_LEN": 2**31 - 1 - socket.CMSG_LEN(0),
        "CMSG_SPACE": 2**31 - 1 - socket.CMSG_SPACE(1),
    }
    for name, limit in limits.items():
        if 0 <= length <= limit:
            assert getattr(cffisock, name)(length) == getattr(socket, name)(length)
        else:
            with pytest.raises(OverflowError):
                getattr(cffisock, name)(length)


@MANY
@given(st.floats() | any_int | st.floats(0, 1e6) | st.integers(0, 10**6))
def test_time_outs(seconds: float) -> None:
    with (
        cffisock.socket(type=cffisock.SOCK_DGRAM) as ours,
        socket.socket(type=socket.SOCK_DGRAM) as model,
    ):
        answer = outcome(ours.settimeout, seconds)
        if not PYPY:
            assert answer == outcome(model.settimeout, seconds)
            assert ours.gettimeout() == model.gettimeout()
            if os.name == "posix":
                assert os.get_blocking(ours.fileno()) == os.get_blocking(model.fileno())
        if answer is None:
            kept = ours.gettimeout()
            assert kept is not None
            assert seconds <= kept or math.isclose(seconds, kept)
            assert kept - seconds <= 1e-9 or math.isclose(seconds, kept)
            assert ours.getblocking() == (kept != 0)
        else:
            # Windows counts milliseconds in 31 bits.
            assert not 0 <= seconds < (2**63 / 1e9 if os.name == "posix" else 2147483.6)
            assert ours.gettimeout() is None


@FEW
@given(st.ip_addresses(v=4, network="127.0.0.0/8").map(str), st.integers(1, 65535))
def test_ipv4_addresses_come_back(host: str, port: int) -> None:
    with (
        cffisock.socket(type=cffisock.SOCK_DGRAM) as sock,
        socket.socket(type=socket.SOCK_DGRAM) as model,
    ):
        assert sock.connect_ex((host, port)) == model.connect_ex((host, port))
        assert outcome(sock.getpeername) == outcome(model.getpeername)


@FEW
@given(ipv6, st.integers(0, 65535), st.integers(0, 0xFFFFF), st.integers(0, 2**32 - 1))
def test_numeric_addresses_are_read_alike(host: str, port: int, flow: int, scope: int) -> None:
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    address = (host, port, flow, scope)
    assert outcome(cffisock.getnameinfo, address, numeric) == outcome(
        socket.getnameinfo, address, numeric
    )
    known = cffisock.getaddrinfo(
        host, port, type=cffisock.SOCK_STREAM, flags=cffisock.AI_NUMERICHOST
    )
    assert known == socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )


@pytest.mark.skipif(not ABSTRACT_NAMES, reason="this system has no abstract names")
@FEW
@given(st.binary(min_size=1, max_size=90))
def test_abstract_names_come_back(name: bytes) -> None:
    unique = b"\0cffisock %d " % os.getpid() + name[:85]
    with cffisock.socket(cffisock.AF_UNIX, cffisock.SOCK_DGRAM) as sock:
        sock.bind(unique)
        assert sock.getsockname() == unique


@pytest.mark.skipif(not hasattr(socket.socket, "sendmsg"), reason="this system has no sendmsg")
@FEW
@given(
    st.lists(st.binary(max_size=9000), max_size=8),
    st.lists(st.integers(0, 5000), max_size=8),
    st.booleans(),
)
def test_gathered_is_what_is_scattered(pieces: list[bytes], sizes: list[int], views: bool) -> None:
    """Both modules at either end: four ways to move the same bytes into the same buffers."""
    told = []
    for sender in (cffisock, socket):
        left, right = cffisock.socketpair(cffisock.AF_UNIX, cffisock.SOCK_DGRAM)
        # BSD has room for datagrams of 2048 bytes at first.
        left.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_SNDBUF, 1 << 17)
        right.setsockopt(cffisock.SOL_SOCKET, cffisock.SO_RCVBUF, 1 << 17)
        with left, right, socket.socket(fileno=right.detach()) as model:
            model.settimeout(5)
            ends = [left, cffisock.socket(fileno=os.dup(model.fileno()))]
            with ends[1]:
                for receiver in (ends[1], model):
                    send = (
                        left if sender is cffisock else socket.socket(fileno=os.dup(left.fileno()))
                    )
                    data = [memoryview(piece) if views else piece for piece in pieces]
                    sent = send.sendmsg(data)
                    if send is not left:
                        send.close()
                    buffers = [bytearray(size) for size in sizes]
                    got, ancillary, flags, _ = receiver.recvmsg_into(buffers)
                    told.append((sent, got, ancillary, flags, buffers))
    assert told[1:] == told[:-1]
    whole, room = b"".join(pieces), sum(sizes)
    assert b"".join(told[0][-1])[: len(whole)] == whole[:room]
