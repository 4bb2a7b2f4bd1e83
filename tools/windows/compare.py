"""Judge two records of record.py by the rules of the conformance runner.

    compare.py INTERPRETER STDLIB_RECORD CFFISOCK_RECORD

Exit status 1 when a test differs for the worse and neither exceptions.txt (what Wine lacks) nor that of the
conformance runner (what no CFFI class can be) gives the reason. INTERPRETER is cpython-X.Y-wine.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RUNNER = HERE.parents[1] / "tests" / "conformance"
sys.path.insert(0, str(RUNNER))

from comparison import (  # noqa: E402 -- the runner is a folder of plain scripts
    Results,
    differences,
    outcomes_of,
    parse_rules,
    rule_for,
    stale,
)


def lines_of(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def results_of(path: str) -> Results:
    """The outcomes; a test at which the record was resumed hung."""
    lines, results = lines_of(path), {}
    ended = {line["stop"] for line in lines if "stop" in line}
    results.update(outcomes_of(lines, "hung"))
    for line in lines:
        if "start" in line and line["start"] not in ended:
            results.update(outcomes_of([line], "hung"))
    return results


def show(side: str, results: Results) -> None:
    counts = Counter(outcome.status for outcome in results.values())
    print(
        f"{side}: {len(results)} tests,", ", ".join(f"{n} {s}" for s, n in sorted(counts.items()))
    )


def main() -> int:
    interpreter, *paths = sys.argv[1:]
    rules = parse_rules((HERE / "exceptions.txt").read_text("utf-8"))
    general = parse_rules((RUNNER / "exceptions.txt").read_text("utf-8"))
    there, here = map(results_of, paths)
    show("stdlib", there)
    show("cffisock", here)
    unexplained = 0
    differing = differences(there, here)
    for each in differing:
        rule = rule_for(rules, interpreter, each.test) or rule_for(
            general, interpreter.removesuffix("-wine"), each.test
        )
        unexplained += rule is None
        last = (each.detail.strip().splitlines() or [""])[-1]
        print(f"  {each.kind}: {each.test}: {rule.reason if rule else 'UNEXPLAINED ' + last}")
    gained = sum(
        here[t].status == "passed" and there[t].status == "skipped" for t in there if t in here
    )
    outdated = stale(
        rules, [(interpreter, t) for t in here], [(interpreter, d.test) for d in differing]
    )
    for rule in outdated:
        print(f"stale exception: {rule.interpreter} | {rule.test} no longer differs")
    source = next((line["source"] for line in lines_of(paths[1]) if "source" in line), "")
    if "cffisock" not in source:
        print(f"the second run was not on cffisock but on {source or 'nothing: it did not end'}")
        return 1
    print(f"{gained} tests pass that the stdlib skips, {unexplained} unexplained differences")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
