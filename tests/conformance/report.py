"""The record as JSON for machines and as Markdown for the docs.

``python tests/conformance/report.py RECORD... > docs/conformance.md`` joins several records, later
ones over earlier ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comparison import Difference, Outcome, Rule, parse_rules, rule_for, tally
from modules import LONG, QUICK
from suites import Run

Absent = Mapping[str, Sequence[str]]  # label -> modules asked for that it is installed without
RULES = Path(__file__).with_name("exceptions.txt")

HEAD = """# Conformance

Each interpreter's own test suite, unmodified and from its own installation, run twice on one
machine: on the interpreter's `socket` and on cffisock (`python -m cffisock run -m test ...`), and
compared test by test. What passed there must pass here, what ran there must run here.

`tox -e conformance` runs the quick modules and fails on a difference that no line of
`tests/conformance/exceptions.txt` explains, and on a module that is missing or of which nothing
ran: 13 minutes for six interpreters on two processors. This page is written from the records of
`tests/conformance/run.py --json` by `tests/conformance/report.py`.

*differing* counts the tests that differ, *explained* those among them the exception list covers.
*unsteady* counts the tests that differed in the first run and not when run again alone, on both
sides. Left out: what needs the Internet, and `*VSOCK*` where the kernel has no VSOCK loopback: the
peer of a virtual machine is outside the machine. An interpreter that a test starts as a program of
its own uses its own `socket`, except the children of multiprocessing: so what test_eintr starts is
also run directly, as `_test_eintr` (`eintrdata.eintr_tester` before 3.10). The installations of
3.11 and 3.12 have the tests of multiprocessing, but lack the files of a few lines that start them
under fork and spawn; `tests/conformance/driver/fronts` stands in. Their
`WithThreadsTestPool.test_terminate`, threads and queues without a socket, fails now and then on
either side: a pool of threads may go on with what it was to drop.

`tox -e conformance-long` runs the long modules; `tox -e conformance -- --kernel uml --modules
test_socket` runs in User-Mode Linux, whose kernel has VSOCK loopback, CAN, TIPC, SCTP and AF_ALG,
`--kernel vm` in a virtual machine, which has ISOTP, QIPCRTR, RDS and Bluetooth too;
`tests/conformance/debian.sh trixie` (or `sid`) runs on another Debian's CPython and PyPy, and
`tools/windows/conformance.sh` in the Windows Python under Wine 8: of the 731 tests of 3.13's
test_socket 230 pass on its socket and 344 on cffisock, of the 711 of 3.10's 218 and 333; what cffisock
runs and the other does not, tests sendmsg, recvmsg and control messages. One differs, explained below.
"""
COLUMNS = (
    "module",
    "ran on stdlib",
    "passed",
    "ran on cffisock",
    "passed",
    "differing",
    "explained",
    "unsteady",
)


@dataclass
class Comparison:
    """One module on one interpreter, both sides, and the verdict."""

    key: str
    label: str
    module: str
    there: Run
    here: Run
    differing: list[Difference] = field(default_factory=list)
    explained: dict[str, Rule] = field(default_factory=dict)
    unsteady: list[Difference] = field(default_factory=list)

    @property
    def unexplained(self) -> list[Difference]:
        return [item for item in self.differing if item.test not in self.explained]

    def explain(self, rules: Sequence[Rule]) -> None:
        found = ((item.test, rule_for(rules, self.key, item.test)) for item in self.differing)
        self.explained = {test: rule for test, rule in found if rule}


def run_as_json(run: Run) -> dict[str, object]:
    return {
        "seconds": round(run.seconds, 1),
        "source": run.source,
        "results": {
            test: [outcome.status, outcome.detail] for test, outcome in run.results.items()
        },
    }


def as_json(
    comparisons: Iterable[Comparison], outdated: Sequence[Rule], absent: Absent
) -> dict[str, object]:
    return {
        "absent": dict(absent),
        "comparisons": [
            {
                "interpreter": item.key,
                "label": item.label,
                "module": item.module,
                "stdlib": run_as_json(item.there),
                "cffisock": run_as_json(item.here),
                "differing": [vars(difference) for difference in item.differing],
                "explained": {test: rule.reason for test, rule in item.explained.items()},
                "unsteady": [vars(difference) for difference in item.unsteady],
            }
            for item in comparisons
        ],
        "stale": [vars(rule) for rule in outdated],
    }


def run_from_json(record: Mapping[str, Any]) -> Run:
    outcomes = {test: Outcome(*outcome) for test, outcome in record["results"].items()}
    return Run(outcomes, record["seconds"], record["source"])


def from_json(record: Mapping[str, Any]) -> list[Comparison]:
    """What `as_json` wrote; which rules explain it is asked anew."""
    return [
        Comparison(
            item["interpreter"],
            item["label"],
            item["module"],
            run_from_json(item["stdlib"]),
            run_from_json(item["cffisock"]),
            [Difference(**each) for each in item["differing"]],
            unsteady=[Difference(**each) for each in item["unsteady"]],
        )
        for item in record["comparisons"]
    ]


def row(item: Comparison) -> str:
    cells = [
        item.module,
        *tally(item.there.results),
        *tally(item.here.results),
        len(item.differing),
        len(item.explained),
        len(item.unsteady),
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def table(label: str, items: Sequence[Comparison], absent: Sequence[str]) -> str:
    notes = [f"Not in this installation: {', '.join(absent)}.", ""] if absent else []
    for item in items:
        whole = item.there.results.get(f"test.{item.module}")
        if whole and not whole.ran:
            notes += [f"{item.module} skips itself as a whole: {whole.detail}", ""]
    return "\n".join(
        [
            f"## {label}\n",
            f"| {' | '.join(COLUMNS)} |",
            f"| --- {'| --: ' * (len(COLUMNS) - 1)}|",
            *map(row, items),
            "",
            *notes,
        ]
    )


def exceptions(rules: Sequence[Rule]) -> str:
    lines = [f"| `{rule.interpreter}` | `{rule.test}` | {rule.reason} |" for rule in rules]
    return "\n".join(
        ["## Exceptions\n", "| interpreter | test | reason |", "| --- | --- | --- |", *lines, ""]
    )


def totals(comparisons: Sequence[Comparison]) -> str:
    there = sum(tally(item.there.results)[0] for item in comparisons)
    here = sum(tally(item.here.results)[0] for item in comparisons)
    differing = sum(len(item.differing) for item in comparisons)
    unexplained = sum(len(item.unexplained) for item in comparisons)
    return (
        f"In all: {len(comparisons)} comparisons; {there:,} tests ran on the interpreters' own socket, "
        f"{here:,} on cffisock; {differing} differ, {unexplained} of them unexplained.\n"
    )


def as_markdown(comparisons: Sequence[Comparison], rules: Sequence[Rule], absent: Absent) -> str:
    tables = []
    for label in dict.fromkeys(item.label for item in comparisons):
        items = [item for item in comparisons if item.label == label]
        tables.append(table(label, items, absent.get(label, ())))
    return "\n".join([HEAD, totals(comparisons), *tables, exceptions(rules)])


def summary(item: Comparison) -> str:
    """One progress line."""
    (ran, passed), (here_ran, here_passed) = tally(item.there.results), tally(item.here.results)
    return (
        f"stdlib {passed}/{ran} passed/ran in {item.there.seconds:.0f} s; "
        f"cffisock {here_passed}/{here_ran} in {item.here.seconds:.0f} s; "
        f"differing {len(item.differing)}, explained {len(item.explained)}, "
        f"unsteady {len(item.unsteady)}"
    )


def main(paths: Sequence[str]) -> None:
    rules = parse_rules(RULES.read_text("utf-8"))
    records = [json.loads(Path(path).read_text("utf-8")) for path in paths]
    joined = {(item.label, item.module): item for record in records for item in from_json(record)}
    absent: dict[str, list[str]] = {}
    for record in records:
        for label, names in record["absent"].items():
            missing = (name for name in names if (label, name) not in joined)
            absent[label] = list(dict.fromkeys([*absent.get(label, ()), *missing]))
    for item in joined.values():
        item.explain(rules)
    labels = list(dict.fromkeys(label for label, _ in joined))
    order = dict.fromkeys([*QUICK, *LONG, *(module for _, module in joined)])
    ordered = [
        joined[label, module] for label in labels for module in order if (label, module) in joined
    ]
    print(as_markdown(ordered, rules, absent), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
