"""The exception classes of the socket module. Rooms raise them, cffisock re-exports them."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 10):
    timeout = TimeoutError
else:

    class timeout(OSError):  # noqa: N801 -- the name is the standard library's
        """A time-out of a socket operation; from Python 3.10 on this is TimeoutError itself."""

        __module__ = "socket"


class herror(OSError):  # noqa: N801 -- the name is the standard library's
    """An address look-up failed: ``(h_errno, text)``."""

    __module__ = "socket"


class gaierror(OSError):  # noqa: N801 -- the name is the standard library's
    """A name look-up failed: ``(EAI_* code, text)``."""

    __module__ = "socket"
