"""What a sender hears of a full queue: not every system lets it wait."""

from __future__ import annotations

import cffisock
from cffisock._backend import room


def has_unix_datagrams() -> bool:
    return hasattr(cffisock, "AF_UNIX") and room.HAS_SOCKETPAIR


def waits_when_full() -> bool:
    """Whether a full queue of Unix datagrams is waited for; BSD says ENOBUFS at once."""
    if not has_unix_datagrams():
        return False
    left, right = cffisock.socketpair(cffisock.AF_UNIX, cffisock.SOCK_DGRAM)
    with left, right:
        left.setblocking(False)
        try:
            while True:
                left.send(b"x")
        except BlockingIOError:
            return True
        except OSError:
            return False
