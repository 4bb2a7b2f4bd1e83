"""Python ints to C ints, with the socket module's rules: some are checked, some wrap around.

Anything with ``__index__`` is an int; a float or a str is a TypeError. Only numbers live here.
"""

from __future__ import annotations

import sys
from operator import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INT_MAX = 0x7FFFFFFF
SSIZE_MAX = sys.maxsize


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


def wrap8(value: Any) -> int:
    return index(value) & 0xFF


def wrap16(value: Any) -> int:
    return index(value) & 0xFFFF


def wrap32(value: Any) -> int:
    return index(value) & 0xFFFFFFFF


def wrap64(value: Any) -> int:
    return index(value) & 0xFFFFFFFFFFFFFFFF
