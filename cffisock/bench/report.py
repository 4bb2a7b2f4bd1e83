"""Results as a table, as JSON, and beside an earlier run. rich draws the table where it is."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cffisock
from cffisock.bench.runner import Result

_SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")),
    "B": ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B")),
}
_VERDICTS = {True: "met", False: "over", None: ""}


def facts() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "build": sys.version,
        "system": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "cffisock": str(Path(cffisock.__file__).parent),
    }


def amount(value: float, unit: str) -> str:
    """Three digits and a unit."""
    scales = _SCALES[unit]
    scale, name = next((s for s in scales if value >= s[0]), scales[-1])
    return f"{value / scale:.3g} {name}"


def _calls(counts: dict[str, float]) -> str:
    parts = [name if n == 1 else f"{n:.3g} {name}" for name, n in counts.items() if n >= 0.1]
    return ", ".join(parts)


def rows(results: Sequence[Result], baseline: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Column heads and the cells under them; columns that no case fills are left out."""
    heads = ["case", "socket", "cffisock", "ratio", "quartiles", "goal", ""]
    heads += ["before", "system calls", "instructions"]
    cells = [_cells(result, baseline) for result in results]
    used = [n for n in range(len(heads)) if n < 4 or any(row[n] for row in cells)]
    return [heads[n] for n in used], [[row[n] for n in used] for row in cells]


def _cells(result: Result, baseline: dict[str, Any]) -> list[str]:
    if result.skipped:
        return [result.title, "", "", "-", f"skipped: {result.skipped}", "", "", "", "", ""]
    before = baseline.get(result.name)
    counts = [_calls(result.calls[side]) for side in result.calls]
    return [
        result.title,
        amount(result.socket, result.unit),
        amount(result.cffisock, result.unit),
        f"{result.ratio:.2f}",
        f"{result.low:.2f}-{result.high:.2f}",
        f"{result.goal:.2f}" if result.goal else "",
        _VERDICTS[result.met],
        f"{before:.2f}" if before else "",
        " -> ".join(counts) if len(set(counts)) > 1 else "".join(counts[:1]),
        " -> ".join(map(str, result.instructions.values())),
    ]


def print_table(results: Sequence[Result], baseline: dict[str, Any]) -> None:
    """Print the table: boxes by rich on a terminal, Markdown everywhere else."""
    heads, cells = rows(results, baseline)
    if sys.stdout.isatty():
        try:
            _print_rich(heads, cells)
            return
        except ImportError:
            pass  # the extra `bench` is not installed
    print(as_markdown(heads, cells))


def _print_rich(heads: list[str], cells: list[list[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 -- optional
    from rich.table import Table  # noqa: PLC0415 -- optional

    table = Table(*heads, title=facts()["python"])
    for row in cells:
        table.add_row(*row, style="red" if "over" in row else None)
    Console().print(table)


def as_markdown(heads: list[str], cells: list[list[str]]) -> str:
    """A table that reads well as plain text and as Markdown."""
    widths = [max(map(len, column)) for column in zip(heads, *cells)]
    lines = [heads, ["-" * width for width in widths], *cells]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
        for line in lines
    )


def save(results: Sequence[Result], path: str) -> None:
    """Write facts and results as JSON."""
    data = {"facts": facts(), "results": [result.as_dict() for result in results]}
    Path(path).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def load_ratios(path: str) -> dict[str, float]:
    """The ratios of an earlier run, by case."""
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    return {row["name"]: row["ratio"] for row in data["results"] if not row["skipped"]}
