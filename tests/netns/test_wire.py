"""Over a wire that loses, delays and is narrow: what is missing was lost by the wire, not by us."""

from __future__ import annotations

import json
from typing import Any

import pytest

COUNT = 2000
TARGET = "10.2.0.1"


def transfer(wire: Any, way: str, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What sender and receiver report of COUNT numbered datagrams."""
    with wire.peer("b", "receive", way) as receiver:
        port = int(receiver.stdout.readline())
        with wire.peer("a", "send", way, TARGET, port, COUNT, size) as sender:
            sent = json.loads(sender.communicate(timeout=40)[0])
        received = json.loads(receiver.communicate("end\n", timeout=40)[0])
    return sent, received


@pytest.mark.parametrize("way", ["batch", "offload"])
def test_delay_loses_nothing(wire: Any, way: str) -> None:
    wire.impair("delay", "20ms", "limit", "100000")
    _, received = transfer(wire, way, 1000)
    assert received["numbers"] == list(range(COUNT))


@pytest.mark.parametrize("way", ["batch", "offload"])
def test_what_is_lost_is_lost_by_the_wire(wire: Any, way: str) -> None:
    wire.impair("loss", "10%", "delay", "5ms", "limit", "100000")
    sent, received = transfer(wire, way, 1000)
    numbers = received["numbers"]
    assert numbers == sorted(set(numbers)), "doubled, or out of order"
    assert COUNT * 0.3 < len(numbers) < COUNT
    if way == "batch":  # segments the kernel counts by the bundle
        assert sent["udp"]["OutDatagrams"] == COUNT
        assert received["udp"]["InDatagrams"] == len(numbers)
        assert received["udp"]["RcvbufErrors"] == 0


@pytest.mark.parametrize("way", ["batch", "offload"])
@pytest.mark.parametrize("size", [1200, 1400])
def test_a_narrow_link(wire: Any, way: str, size: int) -> None:
    """1400 bytes do not fit: the route refuses segments, and plain datagrams go as fragments."""
    wire.narrow(1280)
    sent, received = transfer(wire, way, size)
    assert received["numbers"] == list(range(COUNT))
    if size == 1200:
        assert sent["segmentation"]


def test_a_route_that_becomes_narrow_on_the_way(wire: Any) -> None:
    with wire.peer("b", "receive", "batch") as receiver:
        port = int(receiver.stdout.readline())
        with wire.peer("a", "send", "offload", TARGET, port, 20 * COUNT, 1400) as sender:
            wire.narrow(1280)
            sender.communicate(timeout=40)
            assert sender.returncode == 0
        received = json.loads(receiver.communicate("end\n", timeout=40)[0])
    numbers = received["numbers"]
    assert numbers == sorted(set(numbers))
    # What was between two sizes of the link when it changed is the wire's; all else arrives.
    assert len(numbers) > 20 * COUNT * 0.98


def test_traceroute_names_the_router(wire: Any) -> None:
    with wire.peer("a", "trace", TARGET) as tracer:
        hops = json.loads(tracer.communicate(timeout=40)[0])
    assert hops == [[1, "10.1.0.2", False], [2, TARGET, True]]
