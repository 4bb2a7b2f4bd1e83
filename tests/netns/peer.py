"""One end of a test in a namespace: sends numbered datagrams, or receives and reports as JSON.

peer.py receive WAY          until "end" arrives on standard input; first prints its port
peer.py send WAY HOST PORT COUNT SIZE
peer.py trace HOST
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cffisock
from cffisock import ancillary, datagram

BURST = 50
SO_RCVBUFFORCE = 33


def udp_counters() -> dict[str, int]:
    """The kernel's own account in this namespace."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines()]
    names, values = (row[1:] for row in rows if row[0] == "Udp:")
    return dict(zip(names, map(int, values)))


def receive(way: str) -> dict[str, Any]:
    with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
        sock.setsockopt(cffisock.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        sock.bind(("0.0.0.0", 0))
        sock.settimeout(0.3)
        batch = datagram.Batch(64, 65535, ancillary.space())
        if way == "offload":
            assert datagram.enable_coalescing(sock, batch)
        ended = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
        print(sock.getsockname()[1], flush=True)
        numbers: list[int] = []
        while True:
            try:
                datagram.recv_batch(sock, batch)
            except cffisock.timeout:
                if ended.is_set():
                    break
                continue
            for row in range(len(batch)):
                numbers += [int.from_bytes(data[:8], "big") for data in batch.segments(row)]
    return {"numbers": numbers, "udp": udp_counters()}


def send(way: str, host: str, port: str, count: str, size: str) -> dict[str, Any]:
    length = int(size)
    data = [number.to_bytes(8, "big").ljust(length, b".") for number in range(int(count))]
    address = host, int(port)
    # A refused connection: now both ways know their neighbours, and no queue waits for them.
    with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_STREAM) as probe:
        probe.settimeout(20)
        probe.connect_ex((host, 9))
    with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
        sock.settimeout(20)
        for start in range(0, len(data), BURST):
            burst = data[start : start + BURST]
            if way == "offload":
                assert datagram.send_segmented(sock, b"".join(burst), length, address) == sum(
                    map(len, burst)
                )
            else:
                assert datagram.send_batch(sock, burst, address, offload=False) == len(burst)
            time.sleep(0.001)  # as fast as a netem queue of a thousand can take
        segments = datagram.capabilities(sock).segmentation
    return {"udp": udp_counters(), "segmentation": segments}


def trace(host: str) -> list[list[Any]]:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
    from traceroute import trace as hops

    return [[hop.limit, hop.host, hop.last] for hop in hops(host, hops=5)]


if __name__ == "__main__":
    print(
        json.dumps({"receive": receive, "send": send, "trace": trace}[sys.argv[1]](*sys.argv[2:]))
    )
