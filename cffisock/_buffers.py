"""Memory for calls: scratch to receive into, and other people's buffers as C pointers.

A scratch buffer is taken for one call and given back after it, so two calls in flight never share
one, and only what arrived is ever copied out of it. deque.pop and deque.append are atomic.
"""

from __future__ import annotations

from _collections import deque  # type: ignore[import-not-found]  # collections imports more

from cffisock._backend import ffi
from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# recv(262144) is what asyncio asks for each time. Pages that no message reached cost nothing.
SCRATCH_SIZE = 262144
_KEPT = 16

_scratch: deque[tuple[Any, Any]] = deque(maxlen=_KEPT)
_addresses: deque[tuple[Any, Any, Any]] = deque(maxlen=_KEPT)

# With it in the flags TCP counts bytes and writes none: such a call must not have scratch memory,
# which holds what an earlier call received, but its own, zeroed.
MSG_TRUNC = CONSTANTS.get("MSG_TRUNC", 0)
_uninitialised = ffi.new_allocator(should_clear_after_alloc=False)
_CHARS = ffi.typeof("char[]")
_from_buffer = ffi.from_buffer
_cast = ffi.cast
release = ffi.release
unpack = ffi.unpack

take_scratch = _scratch.pop  # IndexError when there is none: call new_scratch()
give_scratch = _scratch.append
take_address = _addresses.pop  # IndexError when there is none: call new_address()
give_address = _addresses.append


# A slice of an ffi.buffer() is bytes, for two thirds of what ffi.unpack() costs (CPython 3.11: 840
# and 1 360 instructions), so each piece of memory has its buffer beside it.


def new_scratch() -> tuple[Any, Any]:
    """Make a ``char[SCRATCH_SIZE]`` and its buffer."""
    memory = ffi.new("char[]", SCRATCH_SIZE)
    return memory, ffi.buffer(memory)


def new_address() -> tuple[Any, Any, Any]:
    """Make a ``struct cs_address *``, a ``char *`` to its first byte, and its buffer."""
    address = ffi.new("struct cs_address *")
    return address, _cast("char *", address), ffi.buffer(address)


def allocate(size: int, flags: int = 0) -> Any:
    """Make a ``char[size]`` to receive into; MemoryError when there is not that much."""
    return ffi.new(_CHARS, size) if flags & MSG_TRUNC else _uninitialised(_CHARS, size)


def truncated(buf: Any, size: int, length: int) -> bytes:
    """What is in ``char[size]`` of a datagram that was longer, filled with zeros to its length.

    With MSG_TRUNC in the flags, Linux answers the datagram's length; callers measure it by len().
    """
    kept: bytes = ffi.unpack(buf, size)
    return kept.ljust(length, b"\0")


def readable(data: object) -> Any:
    """Lock a bytes-like object and return it as ``char[]``; `release` it after the call."""
    try:
        return _from_buffer(_CHARS, data)
    except TypeError:
        # cffi's refusal speaks of cffi; say what CPython says.
        kind = type(data).__name__
        raise TypeError(f"a bytes-like object is required, not {kind!r}") from None


def copied(data: object) -> bytes:
    """The bytes of a bytes-like object, which must be in one piece."""
    buf = readable(data)
    try:
        return bytes(ffi.buffer(buf))
    finally:
        release(buf)


def writable(buffer: object, where: str) -> Any:
    """Lock a writable buffer and return it as ``char[]``; `release` it after the call."""
    try:
        return _from_buffer(_CHARS, buffer, True)
    except (TypeError, BufferError, ValueError):  # ValueError: a view that was released
        raise TypeError(
            f"{where} must be read-write bytes-like object, not {type(buffer).__name__}"
        ) from None
