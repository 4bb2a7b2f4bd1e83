"""Run the interpreters' own test suites on the stdlib and on cffisock; compare test by test.

Exit status: 0 no unexplained difference, 1 at least one (or an interpreter that cannot be used, or
a module that is missing or of which nothing ran), 2 bad usage. A test that differs is run again
alone, on both sides; only a difference that stays is counted, one that goes away is recorded as
unsteady.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from comparison import SKIPPED, Outcome, Rule, differences, parse_rules, stale
from interpreters import (
    Interpreter,
    copy_of_project,
    describe,
    found,
    has_module,
    needs_front,
    with_cffisock,
)
from kernels import MACHINES, in_kernel
from modules import ALTERNATIVES, LONG, MAY_BE_MISSING, MAY_RUN_NOTHING, QUICK, selected
from report import RULES, Absent, Comparison, as_json, as_markdown, from_json, summary
from suites import Run, run_suite

RERUNS = 2
Cache = dict[tuple[str, str], Run]
Job = tuple[Interpreter, str]


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"quick: {' '.join(QUICK)}\n\nlong: {' '.join(LONG)}",
    )
    parser.add_argument(
        "--python",
        action="append",
        metavar="EXE",
        default=[],
        help="an interpreter, repeatable; one that can import cffisock is used as it is, any "
        "other gets a virtual environment with a fresh build (default: CPython 3.9 to 3.13 and "
        "pypy3, those found)",
    )
    parser.add_argument(
        "--modules",
        nargs="+",
        metavar="NAME",
        default=["quick"],
        help="'quick' (default), 'long', or names of test modules",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=3,
        metavar="N",
        help="suites run at a time (default: 3; they sleep more than they compute)",
    )
    parser.add_argument(
        "--match", action="append", default=[], metavar="ID", help="only these test ids, * allowed"
    )
    parser.add_argument(
        "--where", default="", metavar="TEXT", help="added to the interpreter's name in the tables"
    )
    parser.add_argument(
        "--kernel",
        choices=MACHINES,
        help="in a kernel with VSOCK loopback, CAN, TIPC, SCTP and AF_ALG: User-Mode Linux, or a "
        "virtual machine, slower, which has ISOTP, QIPCRTR, RDS and Bluetooth too",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole record")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables")
    parser.add_argument(
        "--reuse",
        type=Path,
        metavar="FILE",
        help="take the stdlib half from an earlier --json where it is there (for work on "
        "cffisock, not for a verdict)",
    )
    parser.add_argument(
        "--stdlib-only",
        action="store_true",
        help="run that half only, to fill a --json for --reuse",
    )
    return parser.parse_args(argv)


def say(text: str) -> None:
    print(text, flush=True)


def prepared(pythons: Sequence[str], stdlib_only: bool, work: Path) -> list[Interpreter]:
    """Describe the interpreters; give those without cffisock an environment with it in `work`."""
    interpreters = [describe(python) for python in pythons or found()]
    for interpreter in interpreters:
        if not interpreter.suite:
            sys.exit(
                f"{interpreter.label} ({interpreter.python}) is installed without its test package"
            )
    if stdlib_only or all(interpreter.cffisock for interpreter in interpreters):
        return interpreters
    source = copy_of_project(work)
    ready = []
    for interpreter in interpreters:
        if not interpreter.cffisock:
            say(f"building for {interpreter.label}")
            interpreter = with_cffisock(interpreter, source, work)
        ready.append(interpreter)
    return ready


def stdlib_halves(path: Path | None) -> Cache:
    if path is None:
        return {}
    comparisons = from_json(json.loads(path.read_text("utf-8")))
    return {(item.key, item.module): item.there for item in comparisons}


def run_both(job: Job, match: Sequence[str], cache: Cache, stdlib_only: bool) -> Comparison:
    """Both halves of one job, one right after the other."""
    interpreter, module = job
    cached = None if match else cache.get((interpreter.key, module))
    there = cached or run_suite(interpreter.python, "stdlib", module, match)
    here = Run() if stdlib_only else run_suite(interpreter.python, "cffisock", module, match)
    item = Comparison(interpreter.key, interpreter.label, module, there, here)
    item.differing = [] if stdlib_only else differences(there.results, here.results)
    return item


def recheck(python: str, item: Comparison) -> None:
    """Run what differs again, alone; keep in `differing` only what differs every time."""
    for _ in range(RERUNS):
        again = [difference.test for difference in item.differing]
        if not again:
            return
        there = run_suite(python, "stdlib", item.module, again).results
        here = run_suite(python, "cffisock", item.module, again).results
        agreeing = {*there, *here} - {difference.test for difference in differences(there, here)}
        item.unsteady += [each for each in item.differing if each.test in agreeing]
        item.differing = [each for each in item.differing if each.test not in agreeing]


def run_all(
    args: argparse.Namespace, jobs: Sequence[Job], rules: Sequence[Rule]
) -> list[Comparison]:
    """Run the jobs side by side, then what differs once more with nothing beside it."""
    cache = stdlib_halves(args.reuse)
    with ThreadPoolExecutor(args.jobs) as pool:
        pending = {
            pool.submit(run_both, job, args.match, cache, args.stdlib_only): job for job in jobs
        }
        for number, future in enumerate(as_completed(pending), 1):
            item = future.result()
            say(f"[{number}/{len(jobs)}] {item.label} {item.module}: {summary(item)}")
    done = [(job[0], future.result()) for future, job in pending.items()]
    for interpreter, item in done:
        if item.differing:
            say(f"{item.label} {item.module}: {len(item.differing)} tests again, alone")
            recheck(interpreter.python, item)
            item.explain(rules)
            tell_differences(item)
    return [item for _, item in done]


def tell_differences(item: Comparison) -> None:
    for difference in item.differing:
        rule = item.explained.get(difference.test)
        mark = f"explained: {rule.reason}" if rule else "UNEXPLAINED"
        lines = difference.detail.strip().splitlines()
        say(f"    {difference.kind}: {difference.test} ({mark}) {lines[-1] if lines else ''}")
    for difference in item.unsteady:
        say(f"    unsteady: {difference.test} ({difference.kind} in the first run only)")


def used_cffisock(item: Comparison) -> bool:
    """The proof that the second half did run on our class, and the first did not."""
    return not item.here.source or (
        "cffisock" in item.here.source and "cffisock" not in item.there.source
    )


def compare(
    args: argparse.Namespace, interpreters: Sequence[Interpreter], rules: Sequence[Rule]
) -> int:
    jobs: list[Job] = []
    absent: dict[str, list[str]] = {}
    for each in interpreters:
        for module in selected(args.modules):
            if has_module(each.python, module) or needs_front(each.python, module):
                jobs.append((each, module))
            elif module not in ALTERNATIVES:
                absent.setdefault(each.label, []).append(module)
    return conclude(args, run_all(args, jobs, rules), rules, absent)


def never_ran(item: Comparison) -> bool:
    """Whether the module as a whole is broken or skipped: equal on both sides, a proof of nothing."""
    if any(outcome.status not in {"crashed", SKIPPED} for outcome in item.there.results.values()):
        return False
    skips_itself = item.there.results.get(f"test.{item.module}", Outcome("")).status == SKIPPED
    return not (skips_itself and item.module in MAY_RUN_NOTHING)


def gaps(comparisons: Sequence[Comparison], absent: Absent) -> list[str]:
    """What was to be compared, and was not."""
    missing = [
        f"{label} is installed without {module}"
        for label, modules in absent.items()
        for module in modules
        if module not in MAY_BE_MISSING
    ]
    foreign = [
        f"{item.label} {item.module}: ran on {item.here.source}, not on cffisock"
        for item in comparisons
        if not used_cffisock(item)
    ]
    broken = [
        f"{item.label} {item.module}: ran no test on the interpreter's own socket"
        for item in comparisons
        if never_ran(item)
    ]
    nothing = [] if comparisons else ["nothing was compared"]
    return missing + foreign + broken + nothing


def main() -> int:
    args = options()
    rules = parse_rules(RULES.read_text("utf-8"))
    # Ignored in a job that a shell put into the background, and so in its children, whose tests send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A folder of each run's own: two runs on one machine do not meet.
    with tempfile.TemporaryDirectory(prefix="cffisock-conformance-") as work:
        interpreters = prepared(args.python, args.stdlib_only, Path(work))
        if args.kernel:
            return in_kernel(args, interpreters, Path(work))
        where = f" {args.where}" if args.where else ""
        labelled = [replace(each, label=each.label + where) for each in interpreters]
        return compare(args, labelled, rules)


def conclude(
    args: argparse.Namespace,
    comparisons: Sequence[Comparison],
    rules: Sequence[Rule],
    absent: Absent,
) -> int:
    seen = [
        (item.key, test)
        for item in comparisons
        for test in {**item.there.results, **item.here.results}
    ]
    differing = [
        (item.key, difference.test)
        for item in comparisons
        for difference in (*item.differing, *item.unsteady)
    ]
    outdated = [] if args.stdlib_only else stale(rules, seen, differing)
    for rule in outdated:
        say(f"stale exception: {rule.interpreter} | {rule.test} no longer differs")
    if args.json:
        args.json.write_text(json.dumps(as_json(comparisons, outdated, absent), indent=1))
    if args.markdown:
        args.markdown.write_text(as_markdown(comparisons, rules, absent))
    found_gaps = gaps(comparisons, absent)
    for gap in found_gaps:
        say(gap)
    unexplained = sum(len(item.unexplained) for item in comparisons)
    say(f"{len(comparisons)} comparisons, {unexplained} unexplained differences")
    return 1 if unexplained or found_gaps else 0


if __name__ == "__main__":
    sys.exit(main())
