"""At the prompt: rows in which two modules differ, or the observations of one of them as JSON.

python compare.py                    stdlib against cffisock
python compare.py --subject socket   stdlib against itself: are the rows repeatable?
python compare.py --dump FILE        the stdlib's observations (from CPython 3.9)
pypy3 compare.py --record FILE       record those of FILE in which PyPy's own differ
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

from listed import PYPY, RECORDED, as_expected
from observation import Side, leaked, observe, open_descriptors
from rows import Row
from tables import ROWS

# They end PyPy: 7.3.11 the first, 8.0.1 the others.
FATAL = {
    "recv MSG_TRUNC",
    "setsockopt()",
    "setsockopt(1)",
    "setsockopt(level=1, optname=9, value=1)",
}
LOW = {"socket": "_socket", "cffisock": "cffisock._socket"}


def side(name: str, tmp: str) -> Side:
    return Side(importlib.import_module(name), importlib.import_module(LOW[name]), tmp)


def dump(path: Path, observations: dict[str, str]) -> None:
    path.write_text(json.dumps(observations, indent=0) + "\n", encoding="utf-8")


def record(oracle: Side, rows: list[Row], source: Path) -> None:
    truth = json.loads(source.read_text(encoding="utf-8"))
    own = {row.id: observe(oracle, row) for row in rows if row.id not in FATAL}
    dump(RECORDED, {row: seen for row, seen in truth.items() if row in FATAL or seen != own[row]})


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subject", default="cffisock", choices=LOW)
    parser.add_argument("--dump", type=Path)
    parser.add_argument("--record", type=Path)
    parser.add_argument("only", nargs="?", default="")
    options = parser.parse_args()
    rows = [row for row in ROWS if options.only in row.id]
    found = 0
    with tempfile.TemporaryDirectory(prefix="d") as tmp:
        oracle = side("socket", tmp)
        if options.dump:
            dump(options.dump, {row.id: observe(oracle, row) for row in rows})
            return 0
        if options.record:
            record(oracle, rows, options.record)
            return 0
        subject = side(options.subject, tmp)
        for row in rows:
            expected = PYPY.get(row.id) or observe(oracle, row)
            before = open_descriptors()
            actual = observe(subject, row)
            lost = leaked(before)
            if lost or not as_expected(row.id, expected, actual):
                found += 1
                print(f"{row.id}\n  - " + expected.replace("\n", "\n    "))
                print("  + " + actual.replace("\n", "\n    "), f"\n  leaked {lost}" if lost else "")
    print(f"{found} of {len(rows)} rows differ", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(main())
