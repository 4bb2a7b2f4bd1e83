"""QIPCRTR, RDS and SMC, each from this machine to itself."""

from __future__ import annotations

import pytest

HOST = "127.0.0.1"
IPPROTO_SMC = 256  # linux/smc.h: SMC under the addresses of AF_INET, since Linux 6.11


@pytest.fixture
def of_family(make):
    """A socket of a family that the kernel may not have."""

    def open_one(family, kind, proto=0):
        try:
            return make(family, kind, proto)
        except OSError as error:
            name = f"{family} with protocol {proto}" if proto else family
            pytest.skip(f"this kernel has no {name}: {error.strerror}")

    return open_one


def test_qipcrtr(of_family):
    sender, receiver = (of_family("AF_QIPCRTR", "SOCK_DGRAM") for _ in range(2))
    node, port = receiver.getsockname()
    receiver.bind((node, 0x4321))
    assert receiver.getsockname() == (node, 0x4321) != (node, port)
    assert sender.sendto(b"to a port", (node, 0x4321)) == 9
    data, address = receiver.recvfrom(64)
    assert (data, address) == (b"to a port", sender.getsockname())
    assert receiver.sendto(b"back", address) == 4
    data, _, _, address = sender.recvmsg(64)
    assert (data, address) == (b"back", (node, 0x4321))


def test_qipcrtr_connected(of_family):
    sender, receiver = (of_family("AF_QIPCRTR", "SOCK_DGRAM") for _ in range(2))
    receiver.bind((receiver.getsockname()[0], 0x4322))
    sender.connect(receiver.getsockname())
    assert sender.getpeername() == receiver.getsockname()
    sender.send(b"x" * 1000)
    assert receiver.recv(2000) == b"x" * 1000


def test_qipcrtr_addresses_are_numbers(of_family):
    sock = of_family("AF_QIPCRTR", "SOCK_DGRAM")
    for address in ("node", (1,), (1, 2, 3), ("1", 2)):
        with pytest.raises(TypeError):
            sock.bind(address)


@pytest.fixture
def rds(of_family):
    def open_rds():
        sock = of_family("AF_RDS", "SOCK_SEQPACKET")
        sock.bind((HOST, 0))
        return sock

    return open_rds


def test_rds(rds):
    sender, receiver = rds(), rds()
    address = receiver.getsockname()
    assert address[0] == HOST
    assert address[1] > 0
    assert sender.sendto(b"x" * 3000, address) == 3000
    assert receiver.recvfrom(4000) == (b"x" * 3000, sender.getsockname())


def test_rds_messages(net, rds):
    sender, receiver = rds(), rds()
    address = receiver.getsockname()
    assert sender.sendmsg([b"in ", b"pieces"], [], 0, address) == 9
    assert receiver.recvmsg(4) == (b"in p", [], net.MSG_TRUNC, sender.getsockname())


def test_rds_peek(net, rds):
    sender, receiver = rds(), rds()
    sender.sendto(b"again", receiver.getsockname())
    assert receiver.recvfrom(32, net.MSG_PEEK)[0] == receiver.recvfrom(32)[0] == b"again"


def test_smc(net, of_family, accept):
    # No fabric joins this machine to itself: the kernel goes on with TCP, which no program sees.
    server, client = (of_family("AF_INET", "SOCK_STREAM", IPPROTO_SMC) for _ in range(2))
    assert (server.family, server.proto) == (net.AF_INET, IPPROTO_SMC)
    server.bind((HOST, 0))
    server.listen()
    client.connect(server.getsockname())
    served, address = accept(server)
    assert address == client.getsockname()
    client.sendall(b"x" * 100_000)
    client.shutdown(net.SHUT_WR)
    with served.makefile("rb") as incoming:
        assert incoming.read() == b"x" * 100_000
    assert client.getpeername() == served.getsockname()


def test_smc_has_no_addresses_of_its_own(of_family):
    # linux/smc.h: the family takes what AF_INET takes, and Python knows neither.
    sock = of_family(43, "SOCK_STREAM")
    with pytest.raises(OSError, match="bad family"):
        sock.bind((HOST, 0))
