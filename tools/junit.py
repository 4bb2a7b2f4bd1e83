"""What pytest's JUnit files say of an environment: NAME.xml, or NAME.PART.xml for each part."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET


class Result(NamedTuple):
    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    reasons: Counter[str]


def read(file: Path) -> Result:
    suite = next(ET.parse(file).getroot().iter("testsuite"))
    tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    reasons = Counter(element.get("message", "") for element in suite.iter("skipped"))
    passed = tests - skipped - failed
    return Result(file.stem, passed, failed, skipped, float(suite.get("time", 0)), reasons)


def passed_by_name(file: Path) -> set[tuple[str, str]]:
    """The tests that ran and passed: module, and name with its parameters."""
    return {
        # Where the tests are a package, as a root sees them, their modules have its name before.
        (case.get("classname", "").removeprefix("tests."), case.get("name", ""))
        for case in ET.parse(file).iter("testcase")
        if not {"skipped", "failure", "error"} & {result.tag for result in case}
    }


def of_environment(folder: Path, name: str) -> list[Result]:
    """The parts of an environment, in the order of their names."""
    return [
        read(file) for file in sorted({*folder.glob(f"{name}.xml"), *folder.glob(f"{name}.*.xml")})
    ]
