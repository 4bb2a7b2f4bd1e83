"""Write what tools/bench_datagrams.py measured: docs/datagrams.svg, and the table of docs/datagrams.md.

python tools/plot_datagrams.py FILE.json...
"""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN, END = "<!-- figures: tools/plot_datagrams.py -->", "<!-- end of figures -->"

COLOURS = ("#3572A5", "#B5651D", "#4B8B3B", "#8E4585")
LEFT, WIDTH, BAR, GAP, TOP = 400, 420, 10, 12, 56

Run = dict[str, Any]


def found(run: Run, case: str, size: int) -> dict[str, Any]:
    return next(row for row in run["rows"] if (row["case"], row["size"]) == (case, size))


def cases(runs: list[Run]) -> list[tuple[str, int]]:
    return [(row["case"], row["size"]) for row in runs[0]["rows"]]


def text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="#222">{escape(words)}</text>'
    )


def bar(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'


def draw(runs: list[Run]) -> str:
    height = TOP + len(cases(runs)) * (BAR * len(runs) + GAP) + 20
    title = "Time per datagram, as part of the standard library's loop (less is better)"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{height}">',
        '<rect width="100%" height="100%" fill="white"/><g font-family="sans-serif">',
        text(10, 20, title, size=14),
    ]
    for number, run in enumerate(runs):
        parts.append(bar(LEFT + number * 110, 32, 20, COLOURS[number]))
        parts.append(text(LEFT + number * 110 + 26, 42, run["python"]))
    y = TOP
    for case, size in cases(runs):
        middle = y + BAR * len(runs) / 2 + 4
        parts.append(text(LEFT - 8, middle, f"{case}, {size} B", "end"))
        for number, run in enumerate(runs):
            ratio = found(run, case, size)["ratio"]
            width = min(ratio, 1.15) * WIDTH
            parts.append(bar(LEFT, y + number * BAR, width, COLOURS[number]))
            parts.append(text(LEFT + width + 4, y + number * BAR + 9, f"{ratio:.2f}", size=10))
        y += BAR * len(runs) + GAP
    parts.append(
        f'<line x1="{LEFT + WIDTH}" y1="{TOP - 6}" x2="{LEFT + WIDTH}" y2="{y}" '
        'stroke="#222" stroke-dasharray="3 3"/></g></svg>'
    )
    return "\n".join(parts) + "\n"


def cell(row: dict[str, Any]) -> str:
    """Our ratio, and in brackets that of the system call alone."""
    return f"{row['ratio']:.2f}" + (f" ({row['floor']:.2f})" if "floor" in row else "")


def table(runs: list[Run]) -> str:
    sizes = list(dict.fromkeys(size for _, size in cases(runs)))
    heads = [f"{run['python']}, {size} B" for run in runs for size in sizes]
    lines = [
        f"{runs[0]['system']}, loopback, {runs[0]['count']} datagrams a batch:",
        "",
        "| per datagram, ours / the standard library's | " + " | ".join(heads) + " |",
        "| --- |" + " --- |" * len(heads),
    ]
    for case in dict.fromkeys(case for case, _ in cases(runs)):
        cells = [cell(found(run, case, size)) for run in runs for size in sizes]
        lines.append(f"| {case} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    runs = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    (DOCS / "datagrams.svg").write_text(draw(runs), encoding="utf-8")
    page = DOCS / "datagrams.md"
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page.name} has lost the marks around its figures")
    page.write_text(f"{before}{BEGIN}\n\n{table(runs)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
