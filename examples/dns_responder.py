"""A DNS server (RFC 1035) for the A records of a dictionary: python examples/dns_responder.py [PORT]

It takes a batch of questions at a time; the answers leave in one call, from the address that was asked.
"""

from __future__ import annotations

import sys

import cffisock as socket
from cffisock import ancillary, datagram

NAMES = {b"one.example": "192.0.2.1", b"two.example": "192.0.2.2"}
A, IN = b"\x00\x01", b"\x00\x01"
TTL = (60).to_bytes(4, "big")


def question(query: bytes) -> tuple[bytes, bytes]:
    """``(name, the whole question)`` of a query; ValueError for what is none."""
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]])
        at += 1 + query[at]
    if at + 5 > len(query) or query[4:6] != b"\x00\x01" or query[2] & 0xF8:
        raise ValueError("not one standard question")
    return b".".join(labels).lower(), query[12 : at + 5]


def answer(query: bytes, names: dict[bytes, str]) -> bytes:
    """The reply to one query."""
    name, asked = question(query)
    known, records = name in names, b""
    if known and asked[-4:] == A + IN:
        records = b"\xc0\x0c" + A + IN + TTL + b"\x00\x04" + socket.inet_aton(names[name])
    flags = bytes([0x84 | (query[2] & 1), 0 if known else 3])
    counts = b"\x00\x01" + (b"\x00\x01" if records else b"\x00\x00") + bytes(4)
    return query[:2] + flags + counts + asked + records


def serve(sock: socket.socket, names: dict[bytes, str] = NAMES) -> None:
    """Answer until the socket is closed."""
    ancillary.enable(sock, "packet_info")
    batch = datagram.Batch(64, 512, ancillary.space())
    while datagram.recv_batch(sock, batch):
        replies = []
        for row, (query, address) in enumerate(batch):
            try:
                reply = answer(query, names)
            except ValueError:
                continue
            source = ancillary.build(address, source=batch.ancillary(row).destination)
            replies.append((reply, address, source))
        try:
            datagram.send_batch(sock, replies)
        except datagram.BatchError:
            pass  # to port 0, for one, no answer can go; the others have theirs


if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 5353))
        print("listening on", server.getsockname(), flush=True)
        serve(server)
