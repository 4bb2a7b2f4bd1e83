"""TIPC, VSOCK over its loopback, SCTP, netlink and packet sockets."""

from __future__ import annotations

import errno
import struct

import pytest

# TIPC: service 1000, its instances 210 to 220.
SERVICE, LOWER, UPPER = 1000, 210, 220


def test_tipc_datagrams(net, make):
    server, client = make("AF_TIPC", "SOCK_RDM"), make("AF_TIPC", "SOCK_RDM")
    server.bind((net.TIPC_ADDR_NAMESEQ, SERVICE, LOWER, UPPER))
    assert client.sendto(b"hello", (net.TIPC_ADDR_NAME, SERVICE, 215, 0)) == 5
    data, addr = server.recvfrom(1024)
    assert data == b"hello"
    assert addr == client.getsockname()
    kind, _, _, v3, scope = addr
    assert (kind, v3, scope) == (net.TIPC_ADDR_ID, 0, 0)
    server.sendto(b"back", addr)
    assert client.recv(1024) == b"back"


def test_tipc_stream(net, make, accept):
    server, client = make("AF_TIPC", "SOCK_STREAM"), make("AF_TIPC", "SOCK_STREAM")
    server.bind((net.TIPC_ADDR_NAMESEQ, SERVICE, LOWER, UPPER, net.TIPC_NODE_SCOPE))
    server.listen()
    # TIPC's connect ends when the server has accepted, not when it is queued.
    client.setblocking(False)
    assert client.connect_ex((net.TIPC_ADDR_NAME, SERVICE, 212, 0)) == errno.EINPROGRESS
    served, addr = accept(server)
    client.settimeout(10)
    assert addr == client.getsockname()
    assert client.getpeername() == served.getsockname()
    client.sendall(b"x" * 10000)
    with served.makefile("rb") as incoming:
        assert incoming.read(10000) == b"x" * 10000


def test_tipc_nobody_there(net, make):
    with pytest.raises(OSError, match="No route to host") as caught:
        make("AF_TIPC", "SOCK_RDM").sendto(b"x", (net.TIPC_ADDR_NAME, 54321, 1, 0))
    assert caught.value.errno == errno.EHOSTUNREACH


LOCAL = 1  # VMADDR_CID_LOCAL


@pytest.fixture(params=["SOCK_STREAM", "SOCK_SEQPACKET"])
def vsock(request, net, make):
    server, client = make("AF_VSOCK", request.param), make("AF_VSOCK", request.param)
    server.bind((net.VMADDR_CID_ANY, net.VMADDR_PORT_ANY))
    server.listen()
    return server, client


def test_vsock(net, vsock, accept):
    server, client = vsock
    cid, port = server.getsockname()
    assert cid == net.VMADDR_CID_ANY
    client.connect((LOCAL, port))
    served, addr = accept(server)
    assert addr == (LOCAL, client.getsockname()[1])
    assert client.getpeername() == (LOCAL, port)
    client.sendall(b"ping")
    assert served.recv(64) == b"ping"
    served.sendall(b"pong")
    assert client.recv(64) == b"pong"


def test_vsock_refused(vsock):
    server, client = vsock
    port = server.getsockname()[1]
    server.close()
    with pytest.raises(OSError, match="reset") as caught:
        client.connect((LOCAL, port))
    assert caught.value.errno == errno.ECONNRESET


def test_vsock_options_are_64_bits(net, vsock):
    _, client = vsock
    size = net.SO_VM_SOCKETS_BUFFER_SIZE
    client.setsockopt(net.AF_VSOCK, net.SO_VM_SOCKETS_BUFFER_MAX_SIZE, 2**33)
    client.setsockopt(net.AF_VSOCK, size, 2**32 + 4096)
    assert client.getsockopt(net.AF_VSOCK, size) == 2**32 + 4096
    with pytest.raises(OSError, match="string buffer not allowed") as caught:
        client.getsockopt(net.AF_VSOCK, size, 8)
    assert caught.value.errno is None
    with pytest.raises(TypeError):
        client.setsockopt(net.AF_VSOCK, size, b"12345678")


def test_sctp_stream(net, make, accept):
    server = make("AF_INET", "SOCK_STREAM", "IPPROTO_SCTP")
    client = make("AF_INET", "SOCK_STREAM", "IPPROTO_SCTP")
    server.bind(("127.0.0.1", 0))
    server.listen()
    client.connect(server.getsockname())
    served, addr = accept(server)
    assert addr == client.getsockname()
    client.sendall(b"one")
    assert served.recv(64) == b"one"
    served.sendmsg([b"t", b"wo"])
    data, ancillary, flags, _ = client.recvmsg(64, 256)
    assert (data, ancillary) == (b"two", [])
    assert flags & net.MSG_EOR


def test_sctp_messages(net, make):
    server = make("AF_INET6", "SOCK_SEQPACKET", "IPPROTO_SCTP")
    client = make("AF_INET6", "SOCK_SEQPACKET", "IPPROTO_SCTP")
    server.bind(("::1", 0))
    server.listen()
    client.sendto(b"hello", server.getsockname())
    data, addr = server.recvfrom(64)
    assert data == b"hello"
    assert addr[1] == client.getsockname()[1]


def test_netlink_lists_the_links(make):
    route = make("AF_NETLINK", "SOCK_RAW")  # protocol 0 is NETLINK_ROUTE
    route.bind((0, 0))
    own, groups = route.getsockname()
    assert own != 0
    assert groups == 0
    # struct nlmsghdr and struct ifinfomsg: RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP
    request = struct.pack("=IHHII", 32, 18, 0x301, 7, 0) + bytes(16)
    assert route.sendto(request, (0, 0)) == 32
    answer, addr = route.recvfrom(65536)
    assert addr == (0, 0)
    assert struct.unpack_from("=HHII", answer, 4) == (16, 2, 7, own)
    assert b"lo\0" in answer


def test_packet_sees_loopback(net, make):
    ethertype = 0x88B5  # for local experiments, IEEE 802
    receiver, sender = make("AF_PACKET", "SOCK_DGRAM"), make("AF_PACKET", "SOCK_DGRAM")
    receiver.bind(("lo", ethertype))
    target = ("lo", ethertype, net.PACKET_HOST, 0, bytes(6))
    assert sender.sendto(b"frame", target) == 5
    data, addr = receiver.recvfrom(64)
    assert data == b"frame"
    name, proto, kind, hatype, hardware = addr
    assert (name, proto, hatype, hardware) == ("lo", ethertype, 772, bytes(6))
    assert kind in {net.PACKET_HOST, net.PACKET_OUTGOING}
