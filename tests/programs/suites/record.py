"""Record each test of somebody's suite as one line of JSON: its name and what became of it.

For pytest as a plugin (``-p record``); for Twisted's trial and for unittest as a program
(``-m record trial twisted.internet.test`` or ``-m record unittest package.module``). The file is
named by the environment. A test of several parts (set-up, subtests) counts as its worst part.
"""

from __future__ import annotations

import json
import os
import sys
import unittest
from typing import Any

ORDER = ("passed", "xfailed", "skipped", "xpassed", "failed")
RECORD = os.environ["CFFISOCK_RECORD"]
PROCESS = os.getpid()
_worst: dict[str, str] = {}


def note(name: str, outcome: str, detail: str = "") -> None:
    """Write what became of a test, unless a worse part of it is written already."""
    if os.getpid() != PROCESS:
        return  # a test that forked
    before = _worst.get(name, "passed")
    _worst[name] = outcome = max(before, outcome, key=ORDER.index)
    with open(RECORD, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(json.dumps({"test": name, "outcome": outcome, "detail": detail[-3000:]}) + "\n")


# -- pytest


def pytest_runtest_logreport(report: Any) -> None:
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if report.outcome == "skipped" else "xpassed"
    if report.when == "call" or outcome != "passed":
        note(report.nodeid, outcome, "" if outcome == "passed" else report.longreprtext)


def pytest_collectreport(report: Any) -> None:
    if report.failed or report.skipped:
        note(report.nodeid, report.outcome, str(report.longrepr))


# -- unittest and trial


def recording(base: type) -> Any:
    class Recording(base):  # type: ignore[misc, valid-type]
        pass

    def add(method: str, outcome: str) -> None:
        original = getattr(base, method, None)
        if original is None:
            return

        def wrapper(self: Any, test: Any, *args: Any) -> Any:
            note(test.id(), outcome, " ".join(map(str, args)))
            return original(self, test, *args)

        setattr(Recording, method, wrapper)

    add("addSuccess", "passed")
    add("addFailure", "failed")
    add("addError", "failed")
    add("addSkip", "skipped")
    add("addExpectedFailure", "xfailed")
    add("addUnexpectedSuccess", "xpassed")
    return Recording


def run_trial(names: list[str]) -> bool:
    from twisted.trial import reporter, runner

    tests = runner.TestLoader().loadByNames(names, recurse=True)
    trial = runner.TrialRunner(recording(reporter.MinimalReporter), workingDirectory="_trial_temp")
    return bool(trial.run(tests).wasSuccessful())


def run_unittest(names: list[str]) -> bool:
    tests = unittest.defaultTestLoader.loadTestsFromNames(names)
    return (
        unittest.TextTestRunner(resultclass=recording(unittest.TextTestResult))
        .run(tests)
        .wasSuccessful()
    )


if __name__ == "__main__":
    how = {"trial": run_trial, "unittest": run_unittest}[sys.argv[1]]
    sys.exit(not how(sys.argv[2:]))
