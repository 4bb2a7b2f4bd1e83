"""What holds for every test: it leaves no descriptor open, and a run is no pass if it ran nothing.

Warnings are errors and a hung test is ended: see [tool.pytest.ini_options] in pyproject.toml.
"""

from __future__ import annotations

import gc
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Its servers and the users that they run as are POSIX'.
collect_ignore = ["programs"] if os.name == "nt" else []

# On PyPy an example costs several times what it does elsewhere.
if platform.python_implementation() == "PyPy":
    settings.register_profile("pypy", max_examples=40)
    settings.load_profile("pypy")

# Windows has no list of descriptors to read; there, an unclosed socket still warns and so fails.
DESCRIPTORS = next((p for p in map(Path, ["/proc/self/fd", "/dev/fd"]) if p.is_dir()), None)

# Made once and kept by the interpreter or its C library, whichever test comes first.
KEPT = ("/dev/urandom", "/dev/random", "/dev/null", "anon_inode:[pidfd]")


def _open_descriptors() -> dict[int, str]:
    """Each open descriptor with what it is, as far as the system says."""
    if DESCRIPTORS is None:
        return {}
    found = {}
    for name in os.listdir(DESCRIPTORS):
        try:
            found[int(name)] = os.readlink(DESCRIPTORS / name)
        except OSError:  # the listing's own descriptor is closed by now; BSD has no links
            try:
                os.fstat(int(name))
                found[int(name)] = "?"
            except OSError:
                continue
    return found


def _leaked(before: dict[int, str]) -> dict[int, str]:
    now = _open_descriptors()
    return {fd: what for fd, what in now.items() if before.get(fd) != what and what not in KEPT}


@pytest.fixture(autouse=True)
def no_descriptor_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves more descriptors open than it found."""
    before = _open_descriptors()
    yield
    # Collecting on every test would double the time of the suite; only PyPy's sockets, and those
    # in reference cycles, need it, and a cycle is not a leak.
    for _ in range(3):
        if not _leaked(before):
            return
        gc.collect()
    leaked = _leaked(before)
    if leaked:
        pytest.fail(f"{request.node.nodeid} left descriptors open: {leaked}", pytrace=False)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder for names of AF_UNIX, which hold a hundred characters: tmp_path is longer on macOS."""
    with tempfile.TemporaryDirectory(prefix="d") as folder:
        yield Path(folder)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--at-least",
        type=int,
        default=0,
        metavar="N",
        help="fail if fewer than N tests passed: a run that skipped all is not a pass",
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    wanted = session.config.getoption("at_least")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        exitstatus != pytest.ExitCode.OK
        or reporter is None
        or hasattr(session.config, "workerinput")
    ):
        return
    passed = len(reporter.stats.get("passed", []))
    if passed < wanted:
        reporter.write_line(f"only {passed} tests passed; --at-least {wanted}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
