"""The exception classes of the socket module. Rooms raise them, cffisock re-exports them.

They are the interpreter's own: a library that says ``except socket.gaierror`` must catch what
cffisock raises, also when the program around it replaced `socket` only later, or not at all.
"""

from __future__ import annotations

try:
    from _socket import gaierror, herror, timeout
except ImportError:  # an interpreter that was built without the socket module

    class herror(OSError):  # type: ignore[no-redef]  # noqa: N801 -- socket's name
        """An address look-up failed: ``(h_errno, text)``."""

        __module__ = "socket"

    class gaierror(OSError):  # type: ignore[no-redef]  # noqa: N801 -- socket's name
        """A name look-up failed: ``(EAI_* code, text)``."""

        __module__ = "socket"

    timeout = TimeoutError  # type: ignore[misc]

__all__ = ["gaierror", "herror", "timeout"]
