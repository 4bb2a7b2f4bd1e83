"""Python ints to C ints, with the socket module's rules: some are checked, some wrap around.

Anything with ``__index__`` is an int; a float or a str is a TypeError. Only numbers live here.
"""

from __future__ import annotations

import os
import sys
import warnings
from operator import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

INT_MAX = 0x7FFFFFFF
SSIZE_MAX = sys.maxsize
_LOSS_WARNS = sys.version_info >= (3, 15)


def an_int(value: Any) -> int:
    """A plain int, of an enum member its number.

    What is no int is refused with the words of CPython's argument parsing, old and new.
    """
    try:
        return int(index(value))
    except TypeError as refusal:
        kind = type(value).__name__
        old = "integer argument expected" if kind == "float" else "an integer is required"
        raise TypeError(f"{old}, got {kind}: {refusal}") from None


def c_int(value: Any) -> int:
    """Check that value fits a C int."""
    number = an_int(value)
    if number > INT_MAX:
        raise OverflowError("signed integer is greater than maximum")
    if number < -INT_MAX - 1:
        raise OverflowError("signed integer is less than minimum")
    return number


def c_ssize(value: Any) -> int:
    """Check that value fits a C ssize_t: a number of bytes."""
    number = an_int(value)
    if not -SSIZE_MAX - 1 <= number <= SSIZE_MAX:
        raise OverflowError("cannot fit 'int' into an index-sized integer")
    return number


def c_octet(value: Any) -> int:
    """Check that value fits an unsigned char."""
    number = an_int(value)
    if number > 0xFF:
        raise OverflowError("unsigned byte integer is greater than maximum")
    if number < 0:
        raise OverflowError("unsigned byte integer is less than minimum")
    return number


def _warn_of_loss() -> None:
    # It is told of the caller's line: whoever it is, no file of this package.
    folders = [*sys.modules["cffisock"].__path__, os.path.dirname(__file__)]
    text = "integer value out of range"
    ours = tuple(os.path.join(folder, "") for folder in folders)
    warnings.warn(text, DeprecationWarning, skip_file_prefixes=ours)  # type: ignore[call-overload]


def _wrapping(bits: int) -> Callable[[Any], int]:
    """A function to the low bits of a number; from Python 3.15 on, losing others warns."""
    lowest, end = -1 << bits - 1, 1 << bits

    def wrap(value: Any) -> int:
        number = index(value)
        if _LOSS_WARNS and not lowest <= number < end:
            _warn_of_loss()
        return number & end - 1

    return wrap


wrap8 = _wrapping(8)
wrap16 = _wrapping(16)
wrap32 = _wrapping(32)
wrap64 = _wrapping(64)
