"""How a table of calls is written down: a row is an id and a callable that takes a `Side`.

`calls()` makes one row of each argument list; `each()` one row of each named value. Values here are shared by
both sides of a comparison, so mutable ones (buffers) are made inside the callable.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

if TYPE_CHECKING:
    from observation import Side


class Row(NamedTuple):
    id: str
    call: Callable[[Side], Any]


class A:
    """The arguments of one call, shown in the row's id as they would be typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        positional = [short(value) for value in self.args]
        return ", ".join(positional + [f"{k}={short(v)}" for k, v in self.kwargs.items()])


def short(value: Any) -> str:
    """A value as an id shows it: integers and strings of one letter by their size, no addresses."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _power(int(value))
    if isinstance(value, (str, bytes)) and len(value) > 24 and len(set(value)) == 1:
        return f"{value[:1]!r}*{len(value)}"
    if isinstance(value, tuple):
        return f"({', '.join(map(short, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list) and len(value) > 9 and len(set(value)) == 1:
        return f"[{short(value[0])}]*{len(value)}"
    if isinstance(value, list):
        return f"[{', '.join(map(short, value))}]"
    if isinstance(value, memoryview):
        return f"view({value.tobytes()!r}, {value.format}, {value.strides})"
    return repr(value).encode("ascii", "backslashreplace").decode()


def _power(number: int) -> str:
    for bits in (8, 16, 20, 31, 32, 63, 64, 70):
        for offset in (-1, 0, 1):
            if abs(number) == 2**bits + offset:
                sign = "-" if number < 0 else ""
                return f"{sign}2**{bits}{offset or '':+}" if offset else f"{sign}2**{bits}"
    return str(number) if abs(number) < 10**12 else f"{float(number):.0e}"


def calls(name: str, target: Callable[[Side], Callable[..., Any]], *inputs: A) -> list[Row]:
    """One row of each argument list for the callable that `target` takes from the side."""

    def bind(given: A) -> Callable[[Side], Any]:
        return lambda side: target(side)(*given.args, **given.kwargs)

    return [Row(f"{name}({given!r})", bind(given)) for given in inputs]


def each(name: str, inputs: Iterable[Any], call: Callable[[Side, Any], Any]) -> list[Row]:
    """One row of each value: `call(side, value)`."""

    def bind(given: Any) -> Callable[[Side], Any]:
        return lambda side: call(side, given)

    return [Row(f"{name} {short(given)}", bind(given)) for given in inputs]


def table(*groups: list[Row]) -> list[Row]:
    """All rows of a file, refused if two share an id or an id would differ between two processes."""
    rows = [row for group in groups for row in group]
    if sys.platform == "win32":  # two options may have one number there
        rows = list({row.id: row for row in rows}.values())
    seen: set[str] = set()
    for row in rows:
        if row.id in seen or re.search(r" at 0x[0-9a-f]+", row.id):
            raise ValueError(f"row id not unique or not stable: {row.id}")
        seen.add(row.id)
    return rows


class Index:
    """An object that is an integer by `__index__` alone."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"Index({short(self.value)})"


class Unindexable:
    """An object whose conversion to an integer fails in the caller's own code."""

    def __index__(self) -> int:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        return "Unindexable()"


class Truthless:
    """An object whose truth value cannot be had."""

    def __bool__(self) -> bool:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        return "Truthless()"
