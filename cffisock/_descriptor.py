"""What every call on a socket stands on: the descriptor it owns, its time-out, and the one wait.

A shim function tries once. When it answers minus a code, `_again` decides: retry after a signal
(Python has run the handlers by then), wait and retry when it would have blocked, else raise.
"""

from __future__ import annotations

import sys
from math import ceil, isnan
from operator import index
from time import monotonic

from cffisock._backend import lib, room
from cffisock._memory import remember
from cffisock.backends.errors import timeout as TimeoutExpired  # noqa: N812 -- its name shadows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

READ, WRITE, CONNECT = 1, 2, 4
INT_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1

# Below it, seconds in nanoseconds are whole numbers of a float, and every system can wait so long.
_EXACT = min(2**53 / 1e9, room.TIMEOUT_MAX / 1e3)
_timeouts: dict[float, float] = {}  # what was parsed before
known_timeout = _timeouts.get

_INTERRUPTED = room.INTERRUPTED
_WOULD_BLOCK = room.WOULD_BLOCK
_wait = lib.cs_wait
_error = room.error


def parse_timeout(value: Any) -> float | None:
    """Seconds, rounded up to whole nanoseconds; None for "for ever"."""
    if value is None:
        return None
    # The usual, without the questions below: settimeout(2.5) took 1.8 times as long with them.
    if type(value) is float and 0.0 <= value < _EXACT:
        remembered: float = remember(_timeouts, value, ceil(value * 1e9) / 1e9)
        return remembered
    if isinstance(value, float):
        if isnan(value):
            raise ValueError("Invalid value NaN (not a number)")
        seconds: Any = value
    else:
        try:
            seconds = index(value)
        except TypeError:
            if isinstance(value, (str, bytes, bytearray)) or not hasattr(value, "__float__"):
                raise TypeError(
                    f"timeout must be a real number or None, not {type(value).__name__}"
                ) from None
            return parse_timeout(float(value))
    if not -INT64_MAX <= seconds * 1e9 <= INT64_MAX:
        raise OverflowError("timeout is too large: at most 2**63 nanoseconds")
    if seconds < 0:
        raise ValueError("Timeout value out of range")
    nanoseconds = seconds * 10**9 if isinstance(seconds, int) else ceil(seconds * 1e9)
    if nanoseconds > room.TIMEOUT_MAX * 10**6:
        raise OverflowError("timeout doesn't fit into C timeval")
    whole, part = divmod(nanoseconds, 10**9)
    return nanoseconds / 1e9 if part else float(whole)  # whole seconds stay whole


def to_milliseconds(seconds: float | None) -> int:
    """Seconds as the system's waits take them, rounded up; -1 for "for ever"."""
    return -1 if seconds is None else min(ceil(seconds * 1000), INT_MAX)


# (family, type, proto) of every socket, once: three slots more would make an idle socket a sixth larger.
_NO_KIND = (0, 0, 0)
_kinds: dict[tuple[int, int, int], tuple[int, int, int]] = {}
known_kind = _kinds.get

_new = object.__new__
_WITHOUT_GIL = not getattr(sys, "_is_gil_enabled", lambda: True)()


class Ownership:
    """The attribute `_owned` where threads run at once (PEP 703).

    There, to delete a slot is to look and then to clear it, and two threads may both have looked;
    to pop from a list is one step.
    """

    __slots__ = ()

    def __set__(self, sock: Any, value: bool) -> None:
        sock._owners = [value]

    def __delete__(self, sock: Any) -> None:
        try:
            sock._owners.pop()
        except (AttributeError, IndexError):  # never owned, owned no more
            raise AttributeError("_owned") from None


class Descriptor:
    """A descriptor with one owner, and the time-out of the calls made on it."""

    __slots__ = (
        "_fd",
        "_kind",
        "_owners" if _WITHOUT_GIL else "_owned",
        "_timeout",
        *room.EXTRA_SLOTS,
    )

    _fd: int
    if TYPE_CHECKING:
        _owned: bool
    elif _WITHOUT_GIL:
        _owned = Ownership()
    _kind: tuple[int, int, int]
    _timeout: float | None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = _new(cls)
        self._fd = -1
        self._kind = _NO_KIND
        self._timeout = None
        return self

    @property
    def _family(self) -> int:
        return self._kind[0]

    @property
    def _type(self) -> int:
        return self._kind[1]

    @property
    def _proto(self) -> int:
        return self._kind[2]

    def _own(self, fd: int, family: int, type: int, proto: int, timeout: float | None) -> None:
        kind = (family, type, proto)
        self._kind = known_kind(kind) or remember(_kinds, kind, kind)
        self._timeout = timeout
        self._fd = fd
        self._owned = True

    def _disown(self) -> int:
        """Give the descriptor up, to one caller only, and return it; -1 when it is gone.

        Deleting the attribute is one step, reading and then writing is not: of two threads that
        close at once, one gets the number and the other -1.
        """
        try:
            del self._owned
        except AttributeError:
            return -1
        fd = self._fd
        self._fd = -1
        return fd

    def _deadline(self) -> float | None:
        return None if self._timeout is None else monotonic() + self._timeout

    def _ready(self, event: int, deadline: float | None) -> bool:
        """Wait for the event; False when the deadline passes first."""
        while True:
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                return False
            fd = self._fd
            if fd == -1:  # closed by a signal handler or a thread: the call itself says so
                return True
            answer = _wait(fd, event, to_milliseconds(left))
            if answer > 0:
                return True
            if answer < 0 and -answer != _INTERRUPTED:
                raise _error(-answer)

    def _pause(self, code: int, event: int, deadline: float | None) -> None:
        """Wait until a call that answered minus `code` is worth another try, or raise."""
        if code in _WOULD_BLOCK and self._timeout:
            if not self._ready(event, deadline):
                raise TimeoutExpired("timed out")
        elif code != _INTERRUPTED:
            raise _error(code)

    def _again(self, answer: int, event: int, call: Callable[..., int], *args: Any) -> int:
        """Carry on after `call` answered minus a code, until it succeeds or must raise."""
        deadline = self._deadline()
        while answer < 0:
            self._pause(-answer, event, deadline)
            answer = call(self._fd, *args)
        return answer
