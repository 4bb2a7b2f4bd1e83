"""AF_BLUETOOTH on a controller that the kernel only believes to have: bind, names, errors, HCI events."""

from __future__ import annotations

import os
import struct

import pytest

ANY = "00:00:00:00:00:00"
VHCI = "/dev/vhci"


@pytest.fixture(scope="module")
def controller():
    """A virtual controller, and its number."""
    if not os.path.exists(VHCI):
        pytest.skip("this kernel has no hci_vhci")
    with open(VHCI, "r+b", buffering=0) as device:
        device.write(b"\xff\x00")  # a vendor packet: make a primary controller
        answer = device.read(4)
        yield device, answer[2]


@pytest.fixture
def hci(net, make, controller):
    sock = make("AF_BLUETOOTH", "SOCK_RAW", "BTPROTO_HCI")
    sock.bind((controller[1],))
    return sock


def test_hci_names(net, hci, controller):
    # A tuple until 3.13 and for channels; a number from 3.14 on.
    assert hci.getsockname() in (controller[1], (controller[1],))


def test_hci_filter(net, hci):
    wanted = struct.pack("=IQH2x", 1 << 4, 1 << 14, 0)
    hci.setsockopt(net.SOL_HCI, net.HCI_FILTER, wanted)
    assert hci.getsockopt(net.SOL_HCI, net.HCI_FILTER, 16)[:12] == wanted[:12]


def test_hci_no_such_device(make, controller):
    with pytest.raises(OSError, match="No such device"):
        make("AF_BLUETOOTH", "SOCK_RAW", "BTPROTO_HCI").bind((99,))


def test_l2cap_names(make, controller):
    sock = make("AF_BLUETOOTH", "SOCK_SEQPACKET", "BTPROTO_L2CAP")
    sock.bind((ANY, 0x1001))
    assert sock.getsockname() == (ANY, 0x1001)
    sock.listen()


def test_l2cap_low_energy(net, make, controller):
    sock = make("AF_BLUETOOTH", "SOCK_SEQPACKET", "BTPROTO_L2CAP")
    if not hasattr(net, "BDADDR_LE_PUBLIC"):
        pytest.skip("this version of Python has no BDADDR_LE_PUBLIC")
    sock.bind((ANY, 0, 4, net.BDADDR_LE_PUBLIC))
    assert sock.getsockname() == (ANY, 0, 4, net.BDADDR_LE_PUBLIC)


@pytest.mark.parametrize("psm", [0x1002, 2])  # a service's number is odd
def test_l2cap_bad_service(make, controller, psm):
    with pytest.raises(OSError, match="Invalid argument"):
        make("AF_BLUETOOTH", "SOCK_SEQPACKET", "BTPROTO_L2CAP").bind((ANY, psm))


def test_rfcomm_names(make, controller):
    sock = make("AF_BLUETOOTH", "SOCK_STREAM", "BTPROTO_RFCOMM")
    sock.bind((ANY, 7))
    assert sock.getsockname() == (ANY, 7)
    sock.listen()


def test_rfcomm_channel_is_taken(make, controller):
    first, second = (make("AF_BLUETOOTH", "SOCK_STREAM", "BTPROTO_RFCOMM") for _ in range(2))
    first.bind((ANY, 8))
    first.listen()
    with pytest.raises(OSError, match="in use"):
        second.bind((ANY, 8))


@pytest.mark.parametrize("address", [ANY, ANY.encode()])
def test_sco_names(make, controller, address):
    sock = make("AF_BLUETOOTH", "SOCK_SEQPACKET", "BTPROTO_SCO")
    sock.bind(address)
    assert sock.getsockname() == ANY


def test_nobody_is_there(make, controller):
    # The controller is not up, so that no route leads anywhere.
    sock = make("AF_BLUETOOTH", "SOCK_STREAM", "BTPROTO_RFCOMM")
    with pytest.raises(OSError, match=r"No route to host|Host is down"):
        sock.connect(("11:22:33:44:55:66", 3))
