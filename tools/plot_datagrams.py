"""Draw what tools/bench_datagrams.py measured.

python tools/plot_datagrams.py OUT.svg LABEL=FILE.json...
"""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Any

COLOURS = ("#3572A5", "#B5651D", "#4B8B3B")
LEFT, WIDTH, BAR, GAP, TOP = 390, 420, 11, 12, 56


def text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="#222">{escape(words)}</text>'
    )


def bar(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'


def draw(runs: dict[str, list[dict[str, Any]]]) -> str:
    cases = [(row["case"], row["size"]) for row in next(iter(runs.values()))]
    found = {
        label: {(row["case"], row["size"]): row["ratio"] for row in rows}
        for label, rows in runs.items()
    }
    height = TOP + len(cases) * (BAR * len(runs) + GAP) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{height}">',
        '<rect width="100%" height="100%" fill="white"/><g font-family="sans-serif">',
        text(
            10,
            20,
            "Time per datagram, as part of the standard library's loop (less is better)",
            size=14,
        ),
    ]
    for number, label in enumerate(runs):
        parts.append(bar(LEFT + number * 150, 32, 20, COLOURS[number]))
        parts.append(text(LEFT + number * 150 + 26, 42, label))
    y = TOP
    for case in cases:
        name = f"{case[0]}, {case[1]} B"
        parts.append(text(LEFT - 8, y + BAR * len(runs) / 2 + 4, name, "end"))
        for number, label in enumerate(runs):
            ratio = found[label][case]
            width = min(ratio, 1.15) * WIDTH
            parts.append(bar(LEFT, y + number * BAR, width, COLOURS[number]))
            parts.append(text(LEFT + width + 4, y + number * BAR + 9, f"{ratio:.2f}", size=10))
        y += BAR * len(runs) + GAP
    parts.append(
        f'<line x1="{LEFT + WIDTH}" y1="{TOP - 6}" x2="{LEFT + WIDTH}" y2="{y}" '
        'stroke="#222" stroke-dasharray="3 3"/></g></svg>'
    )
    return "\n".join(parts) + "\n"


def main() -> None:
    out, *runs = sys.argv[1:]
    measured = {
        label: json.loads(Path(file).read_text(encoding="utf-8"))
        for label, _, file in (run.partition("=") for run in runs)
    }
    Path(out).write_text(draw(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
