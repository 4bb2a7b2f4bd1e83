"""Write what `python -m cffisock bench --json` measured into the tables of docs/bench.md and README.md.

python tools/bench_tables.py FILE.json...    one file an interpreter, in the order of the columns
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- figures: tools/bench_tables.py -->", "<!-- end of figures -->"

# What README shows of it.
CHOSEN = [
    "unix.timed",
    "tcp.timed",
    "unix.blocking",
    "tcp.nonblocking",
    "recv.262144",
    "message.64k",
    "sendall.64M",
    "udp.blocking",
    "udp.timed",
    "msg",
    "create_connection",
    "socket",
    "getsockopt",
    "getaddrinfo",
    "asyncio.64",
    "asyncio.64k",
    "http",
    "aiohttp",
    "import",
]

Row = dict[str, Any]


def heading(run: dict[str, Any]) -> str:
    """'CPython 3.11', 'PyPy 3.9'."""
    return str(run["facts"]["python"]).rpartition(".")[0]


def by_case(run: dict[str, Any]) -> dict[str, Row]:
    return {row["name"]: row for row in run["results"]}


def met(row: Row) -> bool:
    """Whether the goal is reached, by the ratio as it is shown."""
    return bool(round(row["ratio"], 2) <= row["goal"])


def shown(row: Row | None, spread: bool) -> str:
    if row is None or row["skipped"]:
        return "-"
    ratio = f"{row['ratio']:.2f}"
    if row["goal"] and not met(row):
        ratio = f"**{ratio}**"
    return f"{ratio} ({row['low']:.2f}-{row['high']:.2f})" if spread else ratio


def goals(rows: list[Row | None]) -> str:
    """The goal, or where PyPy has its own both: 0.8 / 0.6."""
    found = [f"{row['goal']:g}" for row in rows if row and row["goal"]]
    return " / ".join(dict.fromkeys(found))


def table(runs: list[dict[str, Any]], names: list[str], spread: bool) -> str:
    """The rows of `names`: with quartiles and goals, or the ratios alone."""
    cases = [by_case(run) for run in runs]
    heads = ["case", *(["goal"] if spread else []), *map(heading, runs)]
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)]]
    for name in names:
        rows = [case.get(name) for case in cases]
        title = next(row["title"] for row in rows if row)
        wanted = [goals(rows)] if spread else []
        lines.append([title, *wanted, *(shown(row, spread) for row in rows)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def reached(run: dict[str, Any]) -> str:
    """How many goals an interpreter reaches."""
    judged = [row for row in run["results"] if row["goal"] and not row["skipped"]]
    count = sum(map(met, judged))
    load = run["facts"]["load"]
    return f"{heading(run)}: {count} of {len(judged)} (load {load:.1f})"


def replace(page: Path, text: str) -> None:
    """Put `text` between the marks of a page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page.name} has no marks: {BEGIN} ... {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main(paths: list[str]) -> None:
    runs = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    if not runs:
        raise SystemExit(__doc__)
    every = [row["name"] for row in runs[0]["results"]]
    summary = "Goals reached: " + "; ".join(map(reached, runs)) + "."
    replace(ROOT / "docs" / "bench.md", f"{summary}\n\n{table(runs, every, spread=True)}")
    replace(ROOT / "README.md", table(runs, [n for n in CHOSEN if n in every], spread=False))
    print(summary)


if __name__ == "__main__":
    main(sys.argv[1:])
