"""Names, interfaces and constants against the interpreter's own module."""

from __future__ import annotations

import _socket
import socket
import sys

import pytest

import cffisock


def integers(module):
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, int) and not isinstance(value, bool) and name[:2].isupper()
    }


def test_every_constant_of_the_interpreter_has_its_value():
    ours = integers(cffisock)
    differing = {
        name: (value, ours.get(name))
        for name, value in integers(_socket).items()
        if ours.get(name) != value
    }
    assert not differing


def test_every_text_constant_of_the_interpreter():
    texts = {n: v for n, v in vars(_socket).items() if isinstance(v, str) and n.isupper()}
    assert {name: getattr(cffisock, name) for name in texts} == texts


def test_tcp_options_are_a_closed_list():
    names = {name for name in dir(cffisock) if name.startswith("TCP")}
    assert names <= {
        "TCP_FASTOPEN",
        "TCP_KEEPCNT",
        "TCP_KEEPIDLE",
        "TCP_KEEPINTVL",
        "TCP_MAXSEG",
        "TCP_NODELAY",
        "TCP_QUICKACK",
    }


def test_options_newer_than_the_system_are_dropped():
    from cffisock.backends.windows.system import adapt

    found = {"AF_UNIX": 1, "SOCK_STREAM": 1, "TCP_KEEPCNT": 16, "TCP_FASTOPEN": 15}

    class Old:
        build = 14393

    real, sys.getwindowsversion = sys.getwindowsversion, Old
    try:
        adapt(found)
    finally:
        sys.getwindowsversion = real
    assert "TCP_KEEPCNT" not in found
    assert found["TCP_FASTOPEN"] == 15


def test_public_names():
    # CAPI is a capsule of C function pointers between CPython's own modules.
    assert set(socket.__all__) - {"CAPI"} <= set(dir(cffisock))
    assert {"share", "ioctl", "sendmsg", "recvmsg", "recvmsg_into"} <= set(dir(cffisock.socket))


def test_host_name():
    assert cffisock.gethostname() == socket.gethostname()


def test_interfaces():
    found = cffisock.if_nameindex()
    assert found == socket.if_nameindex()
    for index, name in found:
        assert cffisock.if_nametoindex(name) == socket.if_nametoindex(name) == index
        assert cffisock.if_indextoname(index) == socket.if_indextoname(index) == name


def test_unknown_interfaces():
    with pytest.raises(OSError):
        cffisock.if_nametoindex("no such interface")
    with pytest.raises(OSError):
        cffisock.if_indextoname(2**31)


@pytest.mark.parametrize(
    "args",
    [
        ("127.0.0.1", 80),
        ("::1", "80"),
        (None, 0, 0, socket.SOCK_STREAM),
        (None, 80, socket.AF_INET6, socket.SOCK_DGRAM, 0, socket.AI_PASSIVE),
        ("localhost", "http", socket.AF_INET, socket.SOCK_STREAM),
        ("127.0.0.1", None, 0, 0, 0, socket.AI_NUMERICHOST | socket.AI_CANONNAME),
    ],
)
def test_getaddrinfo(args):
    assert cffisock.getaddrinfo(*args) == socket.getaddrinfo(*args)


def test_other_look_ups():
    assert cffisock.gethostbyname("localhost") == socket.gethostbyname("localhost")
    assert cffisock.gethostbyname_ex("localhost") == socket.gethostbyname_ex("localhost")
    assert cffisock.gethostbyaddr("127.0.0.1") == socket.gethostbyaddr("127.0.0.1")
    assert cffisock.getservbyname("http") == 80
    assert cffisock.getservbyport(80, "tcp") == "http"
    assert cffisock.getprotobyname("tcp") == 6
    flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    for address in (("127.0.0.1", 80), ("::1", 80, 0, 0)):
        assert cffisock.getnameinfo(address, flags) == socket.getnameinfo(address, flags)


@pytest.mark.parametrize(
    "text", ["1.2.3.4", "255.255.255.255", "1", "1.2", "0x7f.1", "", "x", "1.2.3.256", "::1"]
)
def test_inet_aton(text):
    try:
        expected = socket.inet_aton(text)
    except OSError:
        with pytest.raises(OSError):
            cffisock.inet_aton(text)
    else:
        assert cffisock.inet_aton(text) == expected
