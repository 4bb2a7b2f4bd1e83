"""The judgement: two sets of results, an exception list, and what differs between them.

Pure functions over plain data; nothing here starts a process or reads the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

PASSED = "passed"
SKIPPED = "skipped"
BAD = ("failed", "error", "hung", "crashed")
SEVERITY = {SKIPPED: 0, PASSED: 1, "failed": 2, "error": 3, "hung": 4, "crashed": 5}


@dataclass(frozen=True)
class Outcome:
    """What became of one test id; `detail` is the skip reason or the traceback."""

    status: str
    detail: str = ""

    @property
    def ran(self) -> bool:
        return self.status != SKIPPED


Results = Mapping[str, Outcome]


@dataclass(frozen=True)
class Difference:
    test: str
    kind: str
    there: str
    here: str
    detail: str


@dataclass(frozen=True)
class Rule:
    """An exception: on interpreters matching the one glob, ids matching the other may differ."""

    interpreter: str
    test: str
    reason: str

    def covers(self, interpreter: str, test: str) -> bool:
        return fnmatchcase(interpreter, self.interpreter) and fnmatchcase(test, self.test)


def worse(old: Outcome | None, new: Outcome) -> Outcome:
    """A test with several reports (sub-tests, tearDown) counts by its worst one."""
    if old is None or SEVERITY[new.status] > SEVERITY[old.status]:
        return new
    return old


def outcomes_of(
    lines: Iterable[Mapping[str, object]], unfinished: str = "crashed"
) -> dict[str, Outcome]:
    """Read the lines of one record; a test that began and never ended is `unfinished`."""
    results: dict[str, Outcome] = {}
    running: str | None = None
    for line in lines:
        if "start" in line:
            running = str(line["start"])
        elif "stop" in line:
            running = None
        elif "id" in line:
            test = str(line["id"])
            results[test] = worse(
                results.get(test), Outcome(str(line["status"]), str(line["detail"]))
            )
    if running is not None:
        results[running] = Outcome(unfinished)
    return results


def difference(test: str, there: Outcome, here: Outcome | None) -> Difference | None:
    """What passed there must pass here, what ran there must run here, what is new must pass."""
    if here is None:
        kind = "missing here" if there.ran else None
    elif there.ran and not here.ran:
        kind = "skipped here"
    elif here.status in BAD and there.status not in BAD:
        kind = "fails here" if there.ran else "skipped there, fails here"
    else:
        kind = None
    if kind is None:
        return None
    return Difference(
        test, kind, there.status, here.status if here else "", here.detail if here else ""
    )


def differences(there: Results, here: Results) -> list[Difference]:
    found = [difference(test, outcome, here.get(test)) for test, outcome in there.items()]
    extra = [
        Difference(test, "only here, and fails", "", outcome.status, outcome.detail)
        for test, outcome in here.items()
        if test not in there and outcome.status in BAD
    ]
    return [item for item in found if item] + extra


def parse_rules(text: str) -> list[Rule]:
    """Read the exception table: `interpreter | test id | reason` a line, `#` begins a comment."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|", 2)]
        if len(cells) != 3 or not all(cells):
            raise ValueError(f"line {number}: expected 'interpreter | test id | reason'")
        rules.append(Rule(*cells))
    return rules


def rule_for(rules: Iterable[Rule], interpreter: str, test: str) -> Rule | None:
    return next((rule for rule in rules if rule.covers(interpreter, test)), None)


def stale(
    rules: Sequence[Rule], seen: Sequence[tuple[str, str]], differing: Sequence[tuple[str, str]]
) -> list[Rule]:
    """Rules that had a test to excuse among the (interpreter, test) pairs seen, and did not."""
    return [
        rule
        for rule in rules
        if any(rule.covers(*pair) for pair in seen)
        and not any(rule.covers(*pair) for pair in differing)
    ]


def tally(results: Results) -> tuple[int, int]:
    """(ran, passed)"""
    ran = sum(outcome.ran for outcome in results.values())
    return ran, sum(outcome.status == PASSED for outcome in results.values())
