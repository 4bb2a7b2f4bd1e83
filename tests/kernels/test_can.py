"""AF_CAN over vcan0: raw frames, the broadcast manager, J1939."""

from __future__ import annotations

import errno
import struct

import pytest

SOL_CAN_J1939 = 107
FRAME = struct.Struct("=IB3x8s")


@pytest.fixture
def raw(make):
    def open_raw(interface="vcan0"):
        sock = make("AF_CAN", "SOCK_RAW", "CAN_RAW")
        sock.bind((interface,))
        return sock

    return open_raw


def test_raw_frame_and_address(raw):
    sender, receiver = raw(), raw()
    assert receiver.getsockname() == ("vcan0",)
    frame = FRAME.pack(0x123, 3, b"abc")
    assert sender.send(frame) == FRAME.size
    assert receiver.recvfrom(64) == (frame, ("vcan0",))


def test_every_interface(raw):
    sender, receiver = raw(""), raw("")
    assert receiver.getsockname() == ("",)
    frame = FRAME.pack(0x55, 1, b"x")
    assert sender.sendto(frame, ("vcan0",)) == FRAME.size
    data, _, _, addr = receiver.recvmsg(64)
    assert (data, addr) == (frame, ("vcan0",))


def test_filter(net, raw):
    sender, receiver = raw(), raw()
    wanted = struct.pack("=II", 0x200, 0x7FF)
    receiver.setsockopt(net.SOL_CAN_RAW, net.CAN_RAW_FILTER, wanted)
    assert receiver.getsockopt(net.SOL_CAN_RAW, net.CAN_RAW_FILTER, 8) == wanted
    for number in (0x100, 0x200):
        sender.send(FRAME.pack(number, 0, b""))
    assert FRAME.unpack(receiver.recv(64))[0] == 0x200


def test_fd_frames(net, raw):
    sender, receiver = raw(), raw()
    for sock in (sender, receiver):
        sock.setsockopt(net.SOL_CAN_RAW, net.CAN_RAW_FD_FRAMES, 1)
    frame = struct.pack("=IBB2x64s", 0x321, 48, 0, bytes(range(48)))
    sender.send(frame)
    got = receiver.recv(128)
    assert (got[:5], got[8:56]) == (frame[:5], frame[8:56])  # between them are the kernel's flags


@pytest.mark.parametrize("name", ["nosuch0", "x" * 15])
def test_no_such_interface(make, name):
    with pytest.raises(OSError, match="No such device") as caught:
        make("AF_CAN", "SOCK_RAW", "CAN_RAW").bind((name,))
    assert caught.value.errno == errno.ENODEV


def test_broadcast_manager_sends(net, make, raw):
    receiver, manager = raw(), make("AF_CAN", "SOCK_DGRAM", "CAN_BCM")
    manager.connect(("vcan0",))
    frame = FRAME.pack(0x400, 2, b"hi")
    # struct bcm_msg_head: opcode, flags, count, two intervals, id, number of frames
    order = struct.pack("@IIIllllII0q", net.CAN_BCM_TX_SEND, 0, 0, 0, 0, 0, 0, 0, 1)
    assert manager.send(order + frame) == len(order) + FRAME.size
    assert receiver.recv(64) == frame


def test_broadcast_manager_reports_changes(net, make, raw):
    sender, manager = raw(), make("AF_CAN", "SOCK_DGRAM", "CAN_BCM")
    manager.connect(("vcan0",))
    order = struct.pack(
        "@IIIllllII0q", net.CAN_BCM_RX_SETUP, net.CAN_BCM_RX_FILTER_ID, 0, 0, 0, 0, 0, 0x401, 0
    )
    manager.send(order)
    frame = FRAME.pack(0x401, 2, b"yo")
    sender.send(frame)
    data, addr = manager.recvfrom(128)
    assert struct.unpack_from("@I", data)[0] == net.CAN_BCM_RX_CHANGED
    assert data[len(order) :] == frame
    assert addr == ("vcan0",)


@pytest.fixture
def j1939(net, make):
    def open_j1939(addr):
        sock = make("AF_CAN", "SOCK_DGRAM", "CAN_J1939")
        sock.bind(("vcan0", net.J1939_NO_NAME, net.J1939_NO_PGN, addr))
        return sock

    return open_j1939


# Up to 8 bytes are one frame; more goes through the kernel's transport protocol.
@pytest.mark.parametrize("size", [1, 8, 100, 1785])
def test_j1939(net, j1939, size):
    sender, receiver = j1939(0x20), j1939(0x40)
    expected = ("vcan0", net.J1939_NO_NAME, net.J1939_NO_PGN, 0x20)
    assert sender.getsockname() == expected
    payload = bytes(i & 0xFF for i in range(size))
    assert sender.sendto(payload, ("vcan0", net.J1939_NO_NAME, 0x12300, 0x40)) == size
    data, addr = receiver.recvfrom(4096)
    # The transport protocol does not tell the interface.
    interface = "vcan0" if size <= 8 else ""
    assert (data, addr) == (payload, (interface, net.J1939_NO_NAME, 0x12300, 0x20))


def test_j1939_ancillary_data(net, j1939):
    sender, receiver = j1939(0x21), j1939(0x41)
    sender.sendto(b"x", ("vcan0", net.J1939_NO_NAME, 0x12300, 0x41))
    data, ancillary, _, _ = receiver.recvmsg(64, 256)
    assert data == b"x"
    assert (SOL_CAN_J1939, net.SCM_J1939_DEST_ADDR, b"\x41") in ancillary


def test_isotp(net, make):
    try:
        first, second = (make("AF_CAN", "SOCK_DGRAM", "CAN_ISOTP") for _ in range(2))
    except OSError as error:
        if error.errno != errno.EPROTONOSUPPORT:
            raise
        pytest.skip("this kernel has no CAN_ISOTP")
    first.bind(("vcan0", 0x123, 0x456))
    second.bind(("vcan0", 0x456, 0x123))
    assert first.getsockname() == ("vcan0", 0x123, 0x456)
    first.send(b"x" * 100)
    assert second.recv(4096) == b"x" * 100
