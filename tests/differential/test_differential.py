"""Every row of the tables on the interpreter's own module and on cffisock: nothing a caller sees may differ.

A row that may differ is in `listed.py`, with what is expected instead. `compare.py` shows differences at the
prompt.
"""

from __future__ import annotations

import _socket
import difflib
import gc
import os
import re
import socket
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from listed import EXPECTED, PYPY, as_expected
from observation import Side, agree, leaked, observe, open_descriptors
from rows import Row
from tables import ROWS

import cffisock
from cffisock import _socket as cffisock_socket

WINDOWS = sys.platform == "win32"

# One test of each first word: a test of each row would cost more than the rows.
GROUPS: dict[str, list[Row]] = defaultdict(list)
for _row in ROWS:
    GROUPS[re.split(r"[ (]", _row.id)[0]].append(_row)


@pytest.fixture(scope="module")
def tmp() -> Iterator[str]:
    """A folder with a short name: it becomes part of AF_UNIX paths."""
    with tempfile.TemporaryDirectory(prefix="d") as folder:
        yield folder


def difference(row: Row, tmp: str) -> str:
    """What is wrong in a row, '' if nothing is."""
    oracle = PYPY.get(row.id) or observe(Side(socket, _socket, tmp), row)
    before = open_descriptors()
    actual = observe(Side(cffisock, cffisock_socket, tmp), row)
    lost = leaked(before)
    if lost:
        return f"{row.id}: {lost} descriptors leaked\n"
    if as_expected(row.id, oracle, actual):
        return ""
    lines = difflib.ndiff(oracle.splitlines(), actual.splitlines())
    return "\n  ".join([f"{row.id}:", *lines]) + "\n"


@pytest.mark.parametrize("word", GROUPS)
def test_same(word: str, tmp: str) -> None:
    with warnings.catch_warnings():
        # Some rows leave a socket to the finaliser, as the model does.
        warnings.simplefilter("ignore", ResourceWarning)
        found = "".join(difference(row, tmp) for row in GROUPS[word])
        gc.collect()  # PyPy's finaliser comes with it
    assert not found, f"- the interpreter's, + ours\n{found}"


@pytest.mark.skipif(WINDOWS, reason="some rows have one name there")
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
        (
            {"inet_aton": lambda _: (_ for _ in ()).throw(ValueError)},
            lambda s: s.module.inet_aton("x"),
        ),
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


@pytest.mark.skipif(WINDOWS, reason="this system has no list of descriptors")
def test_leaks_are_seen(tmp: str) -> None:
    lost: list[int] = []
    before = open_descriptors()
    observe(
        Side(socket, _socket, tmp), Row("leaks", lambda s: lost.append(os.dup(s.udp().fileno())))
    )
    try:
        assert leaked(before) == 1
    finally:
        os.close(lost[0])
