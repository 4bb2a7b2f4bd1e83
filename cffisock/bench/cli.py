"""The command line of the bench."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable

from cffisock.bench import counts, report
from cffisock.bench.case import SIDES, Case, load_all
from cffisock.bench.plot import plot
from cffisock.bench.runner import QUICK, Plan, Result, run_apart


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cffisock bench",
        description="Measure cffisock beside the interpreter's own socket, in alternating rounds.",
    )
    add = parser.add_argument
    add("--list", action="store_true", help="name the cases and stop")
    add("--only", action="append", metavar="TEXT", help="cases whose name begins with TEXT")
    add("--quick", action="store_true", help="show that every case works; the figures mean little")
    add("--seconds", type=float, metavar="S", help="time to spend on each case (4)")
    add("--json", metavar="FILE", help="write all figures")
    add("--plot", metavar="FILE", help="draw the ratios as .svg or .png (needs matplotlib)")
    add("--baseline", metavar="FILE", help="show the ratios of an earlier --json run beside")
    add("--no-calls", action="store_true", help="do not count system calls (by strace)")
    add("--instructions", action="store_true", help="count instructions by valgrind: minutes")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the bench; 0 when every chosen case ran or could not run here."""
    parser = _parser()
    options = parser.parse_args(argv)
    cases = _choose(options.only)
    if not cases:
        print(f"no case begins with {' or '.join(options.only)}: see --list", file=sys.stderr)
        return 2
    if options.list:
        for case in cases:
            print(f"{case.name:20} {case.title}")
        return 0
    _refuse_what_fails_later(parser, options)
    baseline = _baseline(parser, options.baseline)
    results = _run_all(cases, options)
    report.print_table(results, baseline)
    if options.json:
        report.save(results, options.json)
    if options.plot:
        plot(results, options.plot)
    return 0


def _refuse_what_fails_later(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Measuring takes minutes; what would end it without a result is to be said before."""
    for path in filter(None, (options.json, options.plot)):
        if not Path(path).parent.is_dir():
            parser.error(f"there is no folder for {path}")
    if options.plot and not find_spec("matplotlib"):
        parser.error("--plot needs matplotlib: pip install 'cffisock[bench]'")


def _baseline(parser: argparse.ArgumentParser, path: str | None) -> dict[str, float]:
    try:
        return report.load_ratios(path) if path else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{path} is no file of an earlier --json run: {error!r}")


def _choose(only: Sequence[str] | None) -> list[Case]:
    every = load_all().values()
    return [case for case in every if not only or case.name.startswith(tuple(only))]


def _run_all(cases: Sequence[Case], options: argparse.Namespace) -> list[Result]:
    plan = QUICK if options.quick else Plan()
    if options.seconds:
        plan = Plan(seconds=options.seconds, rounds=10**6)
    with_calls = not options.no_calls and counts.can_count_calls()
    with_instructions = options.instructions and counts.can_count_instructions()
    results = []
    with _progress(len(cases)) as show:
        for case in cases:
            show(case.title)
            result = run_apart(case, plan)
            if case.counted and not result.skipped:
                if with_calls:
                    loops = 1 if case.loops else 20
                    result.calls = {s: counts.count_calls(case.name, s, loops) for s in SIDES}
                if with_instructions and not case.loops:
                    result.instructions = {
                        s: counts.count_instructions(case.name, s) for s in SIDES
                    }
            results.append(result)
    return results


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], Any]]:
    """A progress bar by rich on a terminal, else a line for each case, on stderr."""
    progress: Any = None
    if sys.stderr.isatty():
        try:
            from rich.console import Console  # noqa: PLC0415 -- optional
            from rich.progress import Progress  # noqa: PLC0415 -- optional

            progress = Progress(console=Console(stderr=True), transient=True)
        except ImportError:
            pass  # the extra `bench` is not installed
    if progress is None:
        yield lambda title: print(title, file=sys.stderr)
        return
    with progress:
        task = progress.add_task("", total=total)
        yield lambda title: progress.update(task, description=title, advance=1)
