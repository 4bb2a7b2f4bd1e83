"""Run regrtest in this interpreter and write one line of JSON per test as it goes.

Started as ``-m conformance_record`` and the arguments of ``-m test``, with or without
``cffisock run`` in front. It imports nothing of the runner and nothing that imports ``socket``
before regrtest does.

A line is appended at the start of each test and at its end, each with its own open and write, so
the record survives a crash, a hang and a test that closes every descriptor.
"""

from __future__ import annotations

import faulthandler
import json
import os
import runpy
import sys
import time
import unittest
from typing import Any

RECORD = os.environ["CONFORMANCE_RECORD"]
TEST_SECONDS = float(os.environ.get("CONFORMANCE_TEST_SECONDS", "120"))
MAIN_PROCESS = os.getpid()
STDERR = 2

Result = unittest.TestResult


def write(
    _open: Any = os.open, _write: Any = os.write, _close: Any = os.close, **line: Any
) -> None:
    """Append one line; a forked child of a test has nothing to say."""
    if os.getpid() != MAIN_PROCESS:
        return
    fd = _open(RECORD, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    _write(fd, (json.dumps(line) + "\n").encode())
    _close(fd)


def is_outermost(result: Result) -> bool:
    """Tests of unittest-like code make results of their own; only regrtest's counts."""
    return any(cls.__name__ == "RegressionTestResult" for cls in type(result).__mro__)


def note(result: Result, test: Any, status: str, detail: str = "") -> None:
    if is_outermost(result):
        write(id=test.id(), status=status, detail=detail[-4000:])


def traceback_text(result: Any, test: Any, err: Any) -> str:
    return str(result._exc_info_to_string(err, test))


def recording(method: str, report: Any) -> None:
    """Make ``TestResult.method`` call ``report(result, test, *args)`` first."""
    original = getattr(Result, method)

    def wrapper(self: Result, test: Any, *args: Any) -> Any:
        report(self, test, *args)
        return original(self, test, *args)

    setattr(Result, method, wrapper)


def started(result: Result, test: Any) -> None:
    if is_outermost(result):
        write(start=test.id(), at=time.time())
        faulthandler.dump_traceback_later(TEST_SECONDS, exit=True, file=STDERR)


def stopped(result: Result, test: Any) -> None:
    if is_outermost(result):
        faulthandler.cancel_dump_traceback_later()
        write(stop=test.id(), at=time.time())


def subtest_ended(result: Result, test: Any, subtest: Any, err: Any) -> None:
    if err is not None:
        note(result, test, "failed", f"{subtest}\n{traceback_text(result, test, err)}")


def install_recorders() -> None:
    recording("startTest", started)
    recording("stopTest", stopped)
    recording("addSuccess", lambda r, t: note(r, t, "passed"))
    recording("addExpectedFailure", lambda r, t, e: note(r, t, "passed", "expected failure"))
    recording("addUnexpectedSuccess", lambda r, t: note(r, t, "failed", "unexpected success"))
    recording("addSkip", lambda r, t, reason: note(r, t, "skipped", reason))
    recording("addFailure", lambda r, t, e: note(r, t, "failed", traceback_text(r, t, e)))
    recording("addError", lambda r, t, e: note(r, t, "error", traceback_text(r, t, e)))
    recording("addSubTest", subtest_ended)


def recv_source() -> str:
    """The file ``socket.recv`` is written in: the proof of which implementation was tested."""
    recv = getattr(getattr(sys.modules.get("socket"), "socket", None), "recv", None)
    if recv is None:
        return ""
    return str(getattr(getattr(recv, "__code__", None), "co_filename", "<built-in>"))


def main() -> None:
    install_recorders()
    code: object = 1
    try:
        runpy.run_module("test", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as stop:
        code = stop.code
        raise
    finally:
        write(end=code, source=recv_source())


if __name__ == "__main__":
    main()
