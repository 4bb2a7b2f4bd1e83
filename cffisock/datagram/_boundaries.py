"""Where coalesced datagrams end. Arithmetic only, so that it can be tested for every system."""

from __future__ import annotations

from cffisock.ancillary import _room

# Linux says the size whenever it coalesced. Windows may not, with some adapters; there, what is
# longer than an Ethernet frame carries and has no size may be one datagram or several.
LARGEST_SINGLE = None if _room.COALESCING_IS_REPORTED else 1472


class BoundariesUnknown(ValueError):
    """Datagrams came as one buffer and the kernel did not say where each ends."""


def boundaries(
    length: int,
    segment_size: int | None,
    truncated: int,
    largest_single: int | None = LARGEST_SINGLE,
) -> int:
    """The step at which to cut a buffer of `length` bytes; at least 1.

    `truncated` says that control messages were lost, and the size may have been among them.
    """
    if segment_size:
        return segment_size
    if truncated or (largest_single is not None and length > largest_single):
        raise BoundariesUnknown(f"{length} bytes came without the size of their segments")
    return max(length, 1)
