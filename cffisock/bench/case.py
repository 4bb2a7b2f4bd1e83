"""What a case is, and the register of all cases. How cases are timed is in `runner`."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable

Net = Any  # a module with socket's names: the standard library's or cffisock
Run = Callable[[int], Any]  # does an operation so many times; a measuring case answers a figure

SIDES = ("socket", "cffisock")


class Unavailable(Exception):
    """What a case needs and this interpreter or system lacks."""


@dataclass(frozen=True)
class Case:
    """One row of the table.

    `make(net)` is a context manager that sets up and gives a `Run`. With `measures` that answers
    the figure itself (in `unit`); otherwise its time is taken. `loops` fixes the operations of a
    sample where calibration makes no sense, `quick_loops` the same for --quick.
    """

    name: str
    title: str
    make: Callable[[Net], Iterator[Run]]
    goal: tuple[float, float] | None = None  # ratio to reach on CPython, on PyPy
    loops: int = 0
    unit: str = "s"
    measures: bool = False
    counted: bool = True  # system calls per operation mean something

    @property
    def wanted(self) -> float | None:
        """The ratio to reach on this interpreter."""
        return self.goal and self.goal[sys.implementation.name == "pypy"]

    @contextmanager
    def open(self, side: str) -> Iterator[Run]:
        """Set the case up on one side."""
        net = importlib.import_module(side)
        with contextmanager(self.make)(net) as run:
            yield private_copy(run)


CASES: dict[str, Case] = {}


def case(name: str, title: str, **options: Any) -> Callable[[Any], Any]:
    """Register a setup generator as a case."""

    def register(make: Callable[[Net], Iterator[Run]]) -> Callable[[Net], Iterator[Run]]:
        CASES[name] = Case(name, title, make, **options)
        return make

    return register


def private_copy(function: Any) -> Any:
    """The same function with code objects of its own.

    Interpreters specialise per code object (inline caches on CPython, traces on PyPy): two sides
    that shared one would each spoil what was learnt from the other.
    """
    return types.FunctionType(
        _copy_code(function.__code__),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _copy_code(code: types.CodeType) -> types.CodeType:
    inner = tuple(_copy_code(c) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    return code.replace(co_consts=inner)


def load_all() -> dict[str, Case]:
    """Import every group of cases, in the order of the table."""
    for group in ("data", "bulk", "datagram", "life", "programs", "process", "scaling"):
        importlib.import_module(f"cffisock.bench.{group}")
    return CASES
