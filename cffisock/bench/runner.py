"""Times one case on both sides, in alternating rounds, and sums the rounds up."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

from cffisock.bench.case import SIDES, Case, Run, Unavailable

# A round is A B B A, so that whatever drifts (clock frequency, caches) meets both sides alike.
_ROUND = (0, 1, 1, 0)
_LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Plan:
    """How long to measure: a sample is one timed stretch, a round is four of them."""

    sample: float = 0.002
    seconds: float = 4.0
    rounds: int = 500
    quick: bool = False


QUICK = Plan(sample=0.001, seconds=0.1, rounds=3, quick=True)


@dataclass
class Result:
    """A row of the report. Figures per operation are medians, in `unit`."""

    name: str
    title: str
    unit: str
    goal: float | None
    skipped: str = ""
    ratio: float = 0.0
    low: float = 0.0  # quartiles of the rounds' ratios
    high: float = 0.0
    rounds: int = 0
    loops: int = 0
    socket: float = 0.0
    cffisock: float = 0.0
    calls: dict[str, dict[str, float]] = field(default_factory=dict)
    instructions: dict[str, int] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached, by the ratio as it is shown; None without a goal."""
        return None if self.goal is None or self.skipped else round(self.ratio, 2) <= self.goal

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_apart(case: Case, plan: Plan) -> Result:
    """Measure a case in a fresh interpreter, see `child`."""
    command = [sys.executable, "-m", "cffisock.bench.child", "time", case.name]
    done = subprocess.run(
        [*command, json.dumps(asdict(plan))], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    return Result(**json.loads(done.stdout.splitlines()[-1]))


def run_case(case: Case, plan: Plan) -> Result:
    """Measure a case in this interpreter."""
    result = Result(case.name, case.title, case.unit, case.wanted)
    try:
        with ExitStack() as stack:
            runs = [stack.enter_context(case.open(side)) for side in SIDES]
            _measure(case, runs, plan, result)
    except Unavailable as reason:
        result.skipped = str(reason)
    return result


def _sample(case: Case, run: Run, loops: int) -> float:
    if case.measures:
        return float(run(loops))
    start = perf_counter()
    run(loops)
    return (perf_counter() - start) / loops


def _calibrate(case: Case, runs: Sequence[Run], plan: Plan) -> int:
    """Warm both sides up, and find how many operations make a sample."""
    if case.loops:
        loops = min(case.loops, 500) if plan.quick else case.loops
        for run in runs:
            run(loops)
        return loops
    loops = 1
    while True:
        # The shorter of two tries: another process may have had the CPU during one.
        longest = max(min(_sample(case, run, loops) for _ in "12") for run in runs) * loops
        if longest >= plan.sample:
            return loops
        loops *= 2


def _measure(case: Case, runs: Sequence[Run], plan: Plan, result: Result) -> None:
    loops = _calibrate(case, runs, plan)
    ratios: list[float] = []
    figures: tuple[list[float], list[float]] = ([], [])
    end = perf_counter() + plan.seconds
    while len(ratios) < _LEAST_ROUNDS or (len(ratios) < plan.rounds and perf_counter() < end):
        samples: tuple[list[float], list[float]] = ([], [])
        for side in _ROUND:
            samples[side].append(_sample(case, runs[side], loops))
        # The faster of two: what interrupts a sample on a busy machine is not the library's.
        best = [min(taken) for taken in samples]
        ratios.append(best[1] / best[0])
        for side in (0, 1):
            figures[side].append(best[side])
    result.low, result.ratio, result.high = statistics.quantiles(ratios, n=4)
    result.socket, result.cffisock = (statistics.median(figures[side]) for side in (0, 1))
    result.rounds, result.loops = len(ratios), loops
