"""The report as text for people and as JSON for machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from cffisock._selfcheck.results import ABSENT, FAILED, OK, Result

Sections = Mapping[str, Sequence[Result]]

COLOURS = {OK: "32", ABSENT: "33", FAILED: "31;1"}
MARKS = {OK: "ok", ABSENT: "-", FAILED: "FAILED"}
MARK_WIDTH = max(map(len, MARKS.values()))


def wants_colour(stream: TextIO | None) -> bool:
    """A terminal that was not told otherwise: https://no-color.org."""
    dumb = os.environ.get("TERM") == "dumb"
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR") and not dumb


def as_text(facts: Mapping[str, str], sections: Sections, colour: bool) -> str:
    """Aligned tables, one a section, and a last line that says how it went."""
    rows = [row for results in sections.values() for row in results]
    width = max(map(len, [*facts, *(row.name for row in rows)]))
    lines = [f"  {name:<{width}}  {value}" for name, value in facts.items()]
    for title, results in sections.items():
        lines += ["", _paint(title, "1", colour)]
        lines += [_line(row, width, colour) for row in results]
    return "\n".join([*lines, "", _verdict(sections, colour), ""])


def _line(row: Result, width: int, colour: bool) -> str:
    mark = _paint(f"{MARKS[row.status]:<{MARK_WIDTH}}", COLOURS[row.status], colour)
    took = "" if row.seconds is None else f"{row.seconds * 1000:8.1f} ms  "
    return f"  {row.name:<{width}}  {mark}  {took}{row.detail}".rstrip()


def _verdict(sections: Sections, colour: bool) -> str:
    checks = sections["checks"]
    counts = {status: sum(row.status == status for row in checks) for status in MARKS}
    failed = counts[FAILED]
    parts = [f"{counts[OK]} checks passed"]
    if counts[ABSENT]:
        parts.append(f"{counts[ABSENT]} not possible on this machine")
    parts.append(f"{failed} failed" if failed else "none failed")
    return _paint(", ".join(parts), COLOURS[FAILED if failed else OK], colour)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def as_json(facts: Mapping[str, str], sections: Sections) -> dict[str, Any]:
    return {
        "ok": passed(sections),
        "facts": dict(facts),
        **{title: [row.as_json() for row in rows] for title, rows in sections.items()},
    }


def passed(sections: Sections) -> bool:
    return all(row.status != FAILED for rows in sections.values() for row in rows)


def write(text: str, stream: TextIO | None = None) -> None:
    """Print, also where the terminal's encoding lacks a character."""
    stream = stream or sys.stdout
    if stream is None:  # the program was started with it closed
        return
    encoding = stream.encoding or "ascii"
    stream.write(text.encode(encoding, "replace").decode(encoding))
