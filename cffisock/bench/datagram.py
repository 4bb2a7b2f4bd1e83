"""Cases: datagrams, plain and with control messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cffisock.bench.case import Net, Run, Unavailable, case
from cffisock.bench.data import SMALL


def _udp_pair(net: Net) -> tuple[Any, Any]:
    left = net.socket(net.AF_INET, net.SOCK_DGRAM)
    right = net.socket(net.AF_INET, net.SOCK_DGRAM)
    for end in (left, right):
        end.bind(("127.0.0.1", 0))
    return left, right


def _udp(net: Net, timeout: float | None) -> Iterator[Run]:
    left, right = _udp_pair(net)
    address = right.getsockname()

    def run(loops: int) -> None:
        for _ in range(loops):
            left.sendto(SMALL, address)
            right.recvfrom(2048)

    with left, right:
        left.settimeout(timeout)
        right.settimeout(timeout)
        yield run


@case("udp.blocking", "UDP sendto+recvfrom 64 B, blocking", goal=(1.10, 0.90))
def udp_blocking(net: Net) -> Iterator[Run]:
    return _udp(net, None)


@case("udp.timed", "UDP sendto+recvfrom 64 B, timed", goal=(0.95, 0.90))
def udp_timed(net: Net) -> Iterator[Run]:
    return _udp(net, 30.0)


@case("msg", "sendmsg+recvmsg, 4 buffers and a control message", goal=(1.15, 0.80))
def messages(net: Net) -> Iterator[Run]:
    left, right = _udp_pair(net)
    buffers = [b"head", b"x" * 64, bytearray(b"y" * 64), b"tail"]
    space = 32
    with left, right:
        if not hasattr(right, "recvmsg"):
            raise Unavailable("this system has no recvmsg()")
        right.setsockopt(net.IPPROTO_IP, getattr(net, "IP_RECVTTL", 12), 1)
        left.connect(right.getsockname())
        ancdata = [(net.IPPROTO_IP, net.IP_TTL, (64).to_bytes(4, "little"))]

        def run(loops: int) -> None:
            for _ in range(loops):
                left.sendmsg(buffers, ancdata)
                right.recvmsg(2048, space)

        yield run
