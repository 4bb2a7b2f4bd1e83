"""Datagrams in batches, with segmentation offload, in blocking programs and in asyncio.

``recv_batch(sock, batch)``, ``send_batch(sock, items)``, ``send_segmented(sock, data, size)``,
``enable_coalescing(sock, batch)``, ``capabilities(sock)``, ``Endpoint``. Everything works on every
system; where a kernel lacks a call, plain ones do its work. docs/datagrams.md has figures.
"""

from __future__ import annotations

from cffisock.ancillary import _number_of
from cffisock.datagram._batch import Batch, recv_batch
from cffisock.datagram._boundaries import BoundariesUnknown
from cffisock.datagram._endpoint import Endpoint
from cffisock.datagram._offload import (
    COALESCED_SIZE,
    MAX_SEGMENTS,
    Capabilities,
    capabilities,
    enable_coalescing,
    send_segmented,
)
from cffisock.datagram._rows import BatchError
from cffisock.datagram._send import send_batch

__all__ = [
    "COALESCED_SIZE",
    "MAX_SEGMENTS",
    "Batch",
    "BatchError",
    "BoundariesUnknown",
    "Capabilities",
    "Endpoint",
    "capabilities",
    "enable_coalescing",
    "recv_batch",
    "send_batch",
    "send_segmented",
]


def __getattr__(name: str) -> int:
    """UDP_SEGMENT, UDP_GRO and their like, where this system has them."""
    return _number_of(name, __name__)
