"""A pytest plugin: skips, under Wine, the tests that ``wine_gaps.txt`` names, each with its reason.

What Wine cannot do is told in one place, and the tests speak of Windows. A row that matches nothing in a
run of everything is an error: gaps that closed must go.
"""

from __future__ import annotations

import ctypes
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROWS = [
    [cell.strip() for cell in line.split("|", 1)]
    for line in Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


def under_wine() -> bool:
    load: Any = getattr(ctypes, "WinDLL", None)
    return load is not None and hasattr(load("ntdll"), "wine_get_version")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not under_wine():
        return
    used = set()
    for item in items:
        for row, (pattern, reason) in enumerate(ROWS):
            if fnmatchcase(item.nodeid, pattern):
                used.add(row)
                item.add_marker(pytest.mark.skip(reason=f"Wine: {reason}"))
    unused = [ROWS[row][0] for row in range(len(ROWS)) if row not in used]
    if unused and config.args == [str(config.rootpath / "tests")]:
        raise pytest.UsageError(f"wine_gaps.txt names what is not there: {unused}")
