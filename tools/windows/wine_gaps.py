"""A pytest plugin: skips, under Wine, the tests that ``wine_gaps.txt`` names, each with its reason.

What Wine cannot do is told in one place, and the tests speak of Windows. A row that names a whole file keeps
it from being imported. A row that matches nothing in a run of everything is an error: gaps that closed must go.
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


FILES = {pattern: reason for pattern, reason in ROWS if "::" not in pattern}


def pytest_report_header() -> list[str]:
    return [f"not imported under Wine: {file}: {reason}" for file, reason in FILES.items()]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    inside = collection_path.is_relative_to(config.rootpath)
    name = collection_path.relative_to(config.rootpath).as_posix() if inside else ""
    return True if name in FILES and under_wine() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not under_wine():
        return
    used = set()
    for item in items:
        for row, (pattern, reason) in enumerate(ROWS):
            if fnmatchcase(item.nodeid, pattern):
                used.add(row)
                item.add_marker(pytest.mark.skip(reason=f"Wine: {reason}"))
    unused = [p for row, (p, _) in enumerate(ROWS) if row not in used and p not in FILES]
    if unused and config.args == [str(config.rootpath / "tests")]:
        raise pytest.UsageError(f"wine_gaps.txt names what is not there: {unused}")
