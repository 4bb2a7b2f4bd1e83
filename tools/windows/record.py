"""Runs one module of CPython's test package in this interpreter, one line of JSON per event.

    record.py stdlib|cffisock MODULE RECORD [DONE...]

Plain unittest: regrtest does not start under Wine. The lines are those of the conformance runner, so
its comparison reads them. Tests named in DONE are left out: after a hang the rest is run again.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TEST_SECONDS = 30


class Recorder(unittest.TextTestResult):
    """Appends a line when a test starts, ends, or says what became of it."""

    record: Path

    def _write(self, **line: Any) -> None:
        with self.record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _note(self, test: Any, status: str, detail: str = "") -> None:
        self._write(id=test.id(), status=status, detail=detail[-4000:])

    def startTest(self, test: Any) -> None:
        self._write(start=test.id())
        faulthandler.dump_traceback_later(TEST_SECONDS, exit=True)
        super().startTest(test)

    def stopTest(self, test: Any) -> None:
        faulthandler.cancel_dump_traceback_later()
        self._write(stop=test.id())
        super().stopTest(test)

    def addSuccess(self, test: Any) -> None:
        self._note(test, "passed")
        super().addSuccess(test)

    def addSkip(self, test: Any, reason: str) -> None:
        self._note(test, "skipped", reason)
        super().addSkip(test, reason)

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._note(test, "failed", self.failures[-1][1])

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._note(test, "error", self.errors[-1][1])

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, "failed", str(subtest))


def tests_in(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_in(item)
        else:
            yield item


def main() -> None:
    side, name, record, *done = sys.argv[1:]
    if side == "cffisock":
        import cffisock

        cffisock.install()
    module = importlib.import_module(f"test.{name}")
    wanted = [
        test
        for test in tests_in(unittest.defaultTestLoader.loadTestsFromModule(module))
        if test.id() not in done
    ]
    Recorder.record = Path(record)
    unittest.TextTestRunner(resultclass=Recorder, verbosity=0).run(unittest.TestSuite(wanted))
    source = sys.modules["socket"].socket.recv
    with Recorder.record.open("a", encoding="utf-8") as file:
        where = getattr(getattr(source, "__code__", None), "co_filename", "<built-in>")
        file.write(json.dumps({"end": 0, "source": where}) + "\n")


if __name__ == "__main__":
    main()
