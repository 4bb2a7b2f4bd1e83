"""Run one module of an interpreter's test package, bounded in time, and read what became of it.

The suite is the interpreter's own, run by its own regrtest; a hang or a crash costs the one test it
happened in: the rest is run again without it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from comparison import Outcome, outcomes_of
from interpreters import FRONT_OF, FRONTS, needs_front
from modules import MODULE_IGNORED, NEEDS_UTS_NAMESPACE, NEEDS_VSOCK_LOOPBACK, resources

DRIVER = Path(__file__).resolve().parent / "driver"
DRIVER_MODULE = "conformance_record"
SIDES: dict[str, tuple[str, ...]] = {"stdlib": (), "cffisock": ("-m", "cffisock", "run")}
# The kernel's module for VSOCK within one machine; User-Mode Linux has it (tools/uml.sh).
VSOCK_LOOPBACK = Path("/sys/module/vsock_loopback")
TEST_SECONDS = 120
MODULE_SECONDS = 900  # a whole module
RESTARTS = 5
GRACE = 10


@dataclass
class Run:
    """One side's results for one module."""

    results: dict[str, Outcome] = field(default_factory=dict)
    seconds: float = 0.0
    source: str = ""


@functools.cache
def uts_prefix() -> tuple[str, ...]:
    """A UTS namespace of its own for the tests that rename the machine, where that is allowed."""
    command = ("unshare", "--uts")
    if (
        shutil.which("unshare")
        and not subprocess.run([*command, "true"], capture_output=True).returncode
    ):
        return command
    return ()


def ignored(module: str) -> tuple[str, ...]:
    return (
        *MODULE_IGNORED.get(module, ()),
        *(() if VSOCK_LOOPBACK.exists() else NEEDS_VSOCK_LOOPBACK),
        *(() if uts_prefix() else NEEDS_UTS_NAMESPACE),
    )


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A short path (Unix socket names are limited) that may hold what tests made undeletable."""
    folder = Path(tempfile.mkdtemp(prefix="conf-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def driver_path(python: str) -> str:
    """Where the driver is and, for a PyPy that cannot import it, the `_testcapi` of ours."""
    code = "import sys; sys.implementation.name == 'pypy' and __import__('_testcapi')"
    broken = subprocess.run([python, "-c", code], cwd=os.sep, capture_output=True).returncode
    # The fronts too: children of multiprocessing import them by name.
    return os.pathsep.join(map(str, (DRIVER, FRONTS, *([DRIVER / "pypy"] if broken else []))))


def clean_environment(python: str, folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "TOX"))
    }
    return {
        **kept,
        "PYTHONPATH": driver_path(python),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "CONFORMANCE_RECORD": str(folder / "record"),
        "CONFORMANCE_TEST_SECONDS": str(TEST_SECONDS),
    }


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask for a traceback of every thread (SIGABRT with faulthandler on), then end what is left."""
    for number in (signal.SIGABRT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)


def execute(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float
) -> str:
    """Run `command`; answer what it printed, with a last line if it died or had to be ended."""
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(seconds)
            ending = f"\ndied of {signal.Signals(-status).name}" if status < 0 else ""
        except subprocess.TimeoutExpired:
            ending = f"\nended after {seconds:.0f} s"
        finally:
            end_group(process)
    return (folder / "output").read_text("utf-8", "replace") + ending


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            yield json.loads(line)


def regrtest_pattern(test: str) -> str:
    """The id regrtest matches; a failed class fixture stands for its class."""
    fixture = re.fullmatch(r"\w+ \((.+)\)", test)
    return f"{fixture[1]}.*" if fixture else test


def fronted(python: str, module: str, args: list[str]) -> list[str]:
    """The arguments, with our module in place of one that is not among the installed tests."""
    if not needs_front(python, module):
        return args
    return [FRONT_OF[module], *args[1:], f"--testdir={FRONTS}"]


def arguments(module: str, only: Sequence[str], done: Iterable[str], folder: Path) -> list[str]:
    """What regrtest is told. Newer ones go by the last filter that matches, so `only` comes first."""
    args = [module, "-u", resources(module)]
    for option, tests in (("--matchfile", only), ("--ignorefile", [*ignored(module), *done])):
        if tests:
            names = sorted({regrtest_pattern(test) for test in tests})
            (folder / option.strip("-")).write_text("\n".join(names) + "\n")
            args += [option, str(folder / option.strip("-"))]
    return args


def whole_module(module: str, output: str) -> Outcome:
    """What became of a module none of whose tests was reached: skipped whole, or broken."""
    skipped = re.search(rf"^(?:test\.)?{module} skipped -- (.*)$", output, re.MULTILINE)
    return Outcome("skipped", skipped[1]) if skipped else Outcome("crashed", output[-6000:])


def attempt(python: str, side: str, module: str, only: Sequence[str], run: Run) -> bool:
    """One start of the suite; adds to `run` and says whether the suite got to its end."""
    with scratch_folder() as folder:
        args = arguments(module, only, run.results, folder)
        command = [
            *uts_prefix(),
            python,
            "-X",
            "faulthandler",
            *SIDES[side],
            "-m",
            DRIVER_MODULE,
            *fronted(python, module, args),
        ]
        begun = time.monotonic()
        output = execute(command, clean_environment(python, folder), folder, MODULE_SECONDS)
        run.seconds += time.monotonic() - begun
        lines = list(read_lines(folder / "record"))
    hung = "Timeout (" in output or "\nended after " in output
    found = outcomes_of(lines, "hung" if hung else "crashed")
    for test, outcome in found.items():
        tail = output[-6000:] if outcome.status in ("hung", "crashed") else outcome.detail
        run.results[test] = Outcome(outcome.status, tail)
    ends = [line for line in lines if "end" in line]
    if ends:
        run.source = str(ends[-1]["source"])
    blamed = any(outcome.status in ("hung", "crashed") for outcome in found.values())
    if (not ends or "\ndied of " in output) and not blamed:
        run.results[f"test.{module} outside of a test"] = Outcome("crashed", output[-6000:])
    elif not run.results:
        run.results[f"test.{module}"] = whole_module(module, output)
    return bool(ends) or not found


def run_suite(python: str, side: str, module: str, only: Sequence[str] = ()) -> Run:
    """Run `module` (or the tests `only`) on one side, starting again after each hang or crash."""
    run = Run()
    for _ in range(RESTARTS):
        if attempt(python, side, module, only, run):
            break
    return run
