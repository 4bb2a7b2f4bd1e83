"""Every row of the tables on the interpreter's own module and on cffisock: nothing a caller sees may differ.

A row that may differ is in `listed.py`, with what is expected instead. `compare.py` shows differences at the
prompt.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import _socket
import pytest
from listed import EXPECTED, PYPY, as_expected
from observation import Side, agree, leaked, observe, open_descriptors
from rows import Row
from tables import ROWS

import cffisock
from cffisock import _socket as cffisock_socket

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the rows are calls on POSIX sockets")

IDS = [row.id.encode("ascii", "backslashreplace").decode() for row in ROWS]


@pytest.fixture(scope="module")
def tmp() -> Iterator[str]:
    """A folder with a short name: it becomes part of AF_UNIX paths."""
    with tempfile.TemporaryDirectory(prefix="d") as folder:
        yield folder


@pytest.fixture(scope="module", autouse=True)
def impatient_resolver() -> None:
    """Names that do not exist must not be waited for where no server answers."""
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_same(row: Row, tmp: str) -> None:
    oracle = observe(Side(socket, _socket, tmp), row)
    before = open_descriptors()
    actual = observe(Side(cffisock, cffisock_socket, tmp), row)
    assert not leaked(before)
    if not as_expected(row.id, oracle, actual):
        assert actual == PYPY.get(row.id, oracle)


def test_what_is_listed_stands_in_a_table() -> None:
    known = {row.id for row in ROWS}
    assert not (EXPECTED.keys() | PYPY.keys()) - known


def _doctored(**changes: Any) -> Any:
    """The interpreter's module with something in it changed."""
    return SimpleNamespace(**{**vars(socket), **changes})


class _Chatty(socket.socket):
    def bind(self, address: Any) -> None:
        super().bind(("127.0.0.1", 0))
        super().bind(address)

    def settimeout(self, value: Any) -> None:
        super().settimeout(value)
        os.set_blocking(self.fileno(), True)


@pytest.mark.parametrize(
    ("changes", "call"),
    [
        ({"htons": lambda number: float(number)}, lambda s: s.module.htons(0)),
        ({"inet_aton": lambda _: (_ for _ in ()).throw(ValueError)}, lambda s: s.module.inet_aton("x")),
        ({"socket": _Chatty}, lambda s: s.udp().bind(("127.0.0.1", 0))),
        ({"socket": _Chatty}, lambda s: s.udp().settimeout(5)),
    ],
    ids=["type of a result", "class of an exception", "audit events", "state of a descriptor"],
)
def test_differences_are_seen(changes: dict[str, Any], call: Any, tmp: str) -> None:
    row = Row("doctored", call)
    truth = observe(Side(socket, _socket, tmp), row)
    assert agree(truth, observe(Side(socket, _socket, tmp), row))
    assert not agree(truth, observe(Side(_doctored(**changes), _socket, tmp), row))


def test_leaks_are_seen(tmp: str) -> None:
    lost: list[int] = []
    before = open_descriptors()
    observe(Side(socket, _socket, tmp), Row("leaks", lambda s: lost.append(os.dup(s.udp().fileno()))))
    try:
        assert leaked(before) == 1
    finally:
        os.close(lost[0])
