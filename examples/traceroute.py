"""Traceroute without privileges: the routers on the way, read from the error queue (Linux).

    python examples/traceroute.py HOST [--hops 30]

Each probe is a datagram to a port nobody listens on, with its own hop limit; whoever drops it says so
by ICMP, and the kernel keeps that, with the name of the host that said it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import cffisock as socket
from cffisock import ancillary, datagram
from cffisock.ancillary import build, enable, space

PORT = 33434


class Hop(NamedTuple):
    """One answer: the probe's hop limit, who answered, how long it took, and whether it is the end."""

    limit: int
    host: str | None
    seconds: float
    last: bool


def trace(host: str, hops: int = 30, patience: float = 1.0) -> Iterator[Hop]:
    """Probe with growing hop limits until the host itself answers."""
    family, _, _, _, address = socket.getaddrinfo(host, PORT, type=socket.SOCK_DGRAM)[0]
    for limit in range(1, hops + 1):
        hop = probe(family, (address[0], PORT + limit, *address[2:]), limit, patience)
        yield hop
        if hop.last:
            return


def probe(family: int, to: Any, limit: int, patience: float) -> Hop:
    """Send one, on a socket of its own: a late answer to another cannot be taken for this one's."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        if "errors" not in enable(sock, "errors"):
            raise OSError("this system has no error queue")
        sock.settimeout(patience)
        batch = datagram.Batch(1, 512, space())
        start = time.perf_counter()
        datagram.send_batch(sock, [(b"probe", to, build(to, hop_limit=limit))])
        try:
            datagram.recv_batch(sock, batch, socket.MSG_ERRQUEUE)
        except socket.timeout:
            return Hop(limit, None, time.perf_counter() - start, False)
        error = batch.ancillary(0).error
        assert error is not None
        local = error.origin == ancillary.SO_EE_ORIGIN_LOCAL
        last = local or (error.type, error.code) in ((3, 3), (1, 4))  # port unreachable
        return Hop(limit, error.offender, time.perf_counter() - start, last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("host")
    parser.add_argument("--hops", type=int, default=30)
    options = parser.parse_args()
    for hop in trace(options.host, options.hops):
        print(f"{hop.limit:3}  {hop.host or '*':40} {hop.seconds * 1000:8.3f} ms", flush=True)


if __name__ == "__main__":
    main()
