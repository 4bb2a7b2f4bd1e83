"""At the prompt: rows in which two modules differ, or the observations of one of them as JSON.

    python compare.py                    stdlib against cffisock
    python compare.py --subject socket   stdlib against itself: are the rows repeatable?
    python compare.py --dump FILE        the stdlib's observations, for recording
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

from listed import expectation
from observation import Side, agree, leaked, observe, open_descriptors
from tables import ROWS

LOW = {"socket": "_socket", "cffisock": "cffisock._socket"}


def side(name: str, tmp: str) -> Side:
    return Side(importlib.import_module(name), importlib.import_module(LOW[name]), tmp)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subject", default="cffisock", choices=LOW)
    parser.add_argument("--dump", type=Path)
    parser.add_argument("only", nargs="?", default="")
    options = parser.parse_args()
    rows = [row for row in ROWS if options.only in row.id]
    found = 0
    with tempfile.TemporaryDirectory(prefix="d") as tmp:
        oracle = side("socket", tmp)
        if options.dump:
            seen = {row.id: observe(oracle, row) for row in rows}
            options.dump.write_text(json.dumps(seen, indent=0), encoding="utf-8")
            return 0
        subject = side(options.subject, tmp)
        for row in rows:
            expected = expectation(row.id, observe(oracle, row))
            before = open_descriptors()
            actual = observe(subject, row)
            lost = leaked(before)
            if lost or not agree(expected, actual):
                found += 1
                print(f"{row.id}\n  - " + expected.replace("\n", "\n    "))
                print("  + " + actual.replace("\n", "\n    "), f"\n  leaked {lost}" if lost else "")
    print(f"{found} of {len(rows)} rows differ", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(main())
