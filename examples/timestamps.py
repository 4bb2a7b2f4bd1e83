"""When did it really arrive? Prints the kernel's time of each datagram and how long Python took to see it.

python examples/timestamps.py [--port 9999] [--count N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import cffisock as socket
from cffisock import ancillary, datagram


def stamped(sock: socket.socket, count: int) -> Iterator[tuple[Any, int, int, ancillary.Info]]:
    """``(sender, arrival, delay, all that is known)``, times in nanoseconds, of `count` datagrams."""
    wanted = ("timestamp", "packet_info", "hop_limit", "drops")
    if "timestamp" not in ancillary.enable(sock, *wanted):
        raise OSError("this system stamps no datagrams")
    batch = datagram.Batch(32, 2048, ancillary.space())
    while count > 0:
        datagram.recv_batch(sock, batch)
        now = time.time_ns()
        for row in range(min(len(batch), count)):
            info = batch.ancillary(row)
            assert info.timestamp_ns is not None
            yield batch.address(row), info.timestamp_ns, now - info.timestamp_ns, info
            count -= 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=9999)
    parser.add_argument("--count", type=int, default=1 << 30)
    options = parser.parse_args()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", options.port))
        print("listening on", sock.getsockname(), flush=True)
        for sender, arrived, delay, info in stamped(sock, options.count):
            print(
                f"{arrived / 1e9:.9f}  {delay / 1000:9.1f} us  {sender[0]}:{sender[1]} -> "
                f"{info.destination} hop limit {info.hop_limit} dropped {info.drops or 0}",
                flush=True,
            )


if __name__ == "__main__":
    main()
