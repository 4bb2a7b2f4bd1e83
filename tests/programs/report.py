"""Write docs/programs.md: run the exchanges, take the suites' results, and say what differs.

    python tests/programs/report.py SUITES.json [--exchanges JUNIT.xml]

SUITES.json is what ``suites/run.py --json`` wrote. Without a JUnit file of test_programs.py and
test_handover.py they are run now.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from child import HERE, SIDES

sys.path.insert(0, str(HERE / "suites"))
from table import SUITES as TABLE

PAGE = HERE.parents[1] / "docs" / "programs.md"
HEAD = """# Real programs

Other people's packages on cffisock, unchanged, started as `python -m cffisock run ...`, beside the
same on the interpreter's own `socket`. `tox -e programs` runs the exchanges and
`tox -e programs-suites` the packages' own suites; `tests/programs/setup.sh` installs what they
need, at the versions of `requirements.txt`. This page is written by `tests/programs/report.py`.
Made with {python}.

## Exchanges with real servers

Each is a real exchange on loopback: what is said, by whom, with which server. *Proven* means that
an audit hook in every process of the program saw each socket object made: on the left only the
standard library's, on the right only cffisock's. (`_ssl` of CPython reads a descriptor from the C
struct of the interpreter's socket; for that, a connected TLS socket of ours has a twin that owns
nothing. The hook knows it by its class.)

| exchange | what | version | on stdlib | on cffisock |
| --- | --- | --- | --- | --- |
"""
LOOPS = """
## Sockets handed to event loops

Sockets made with cffisock directly, without `install()`, in a program whose `socket` is the
standard library's. Under `run` there is nothing to hand over: the loops' own sockets are ours.

| loop | takes a socket of ours | else |
| --- | --- | --- |
| asyncio (selector loops) | yes: `sock=` everywhere, `sock_*`, readers, writers, sendfile, TLS | |
| uvloop | yes: `sock=` everywhere, `sock_*` (what it accepts is ours too) | |
| trio | no: `TypeError`; waits for one (`wait_readable`) | `trio.socket.from_stdlib_socket(socket.socket(fileno=ours.detach()))` |
| anyio | waits for one; streams by descriptor | `await SocketStream.from_socket(ours.detach())` |
| gevent | waits for one; its servers want its own class | `gevent.socket.socket(fileno=ours.detach())` |

After `ours.detach()` the descriptor has one owner, the other object; the time-out does not go
along. `tests/programs/test_handover.py` and `tests/test_asyncio_loop.py` test each line.
"""
SUITES = """
## The packages' own suites

Each suite run twice, without a change, and compared test by test: what passed on the left must
pass on the right, and nothing may be skipped that ran. They run in a network of their own with
nothing outside. *Unsteady*: came out differently once, and the same on both when run again alone.
Tests that fail on both sides fail for reasons of their own (listed below the table).

| package | what is run | passed on stdlib | passed on cffisock | skipped | failed on both | unsteady | differing |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
PACKAGES = {  # exchange -> distribution, where the name does not say it
    "wsgi_servers": "waitress",
    "mqtt_paho": "paho-mqtt",
    "gunicorn-threads": "gunicorn",
}


def distribution(name: str) -> str:
    name = PACKAGES.get(name, name)
    for guess in (name, name.partition("_")[2], name.partition("-")[0]):
        try:
            return f"{guess} {version(guess)}"
        except (PackageNotFoundError, ValueError):
            continue
    return ""


def what_it_says(name: str) -> str:
    """The first line of an exchange's docstring, without the package's name."""
    path = HERE / "exchanges" / f"{name}.py"
    if not path.exists():
        return "its server on the command line, asked three times"
    text = path.read_text().split('"""')[1].strip().partition("\n")[0]
    return text.partition(": ")[2] or text


def outcomes(junit: Path) -> Iterator[tuple[str, str, str]]:
    """(exchange, side, outcome) of each test of two sides."""
    for case in ET.parse(junit).iter("testcase"):
        found = re.search(r"\[(.+)-(stdlib|cffisock)\]", case.get("name", ""))
        if found:
            bad = next(
                (child.tag for child in case if child.tag in ("failure", "error", "skipped")), ""
            )
            yield found[1], found[2], bad or "passed, proven"


def exchange_rows(junit: Path) -> Iterable[str]:
    table: dict[str, dict[str, str]] = {}
    for name, side, outcome in outcomes(junit):
        table.setdefault(name, {})[side] = outcome
    for name, sides in table.items():
        cells = [sides.get(side, "not run") for side in SIDES]
        yield f"| {name} | {what_it_says(name)} | {distribution(name)} | {' | '.join(cells)} |"


def suite_rows(suites: dict[str, Any]) -> Iterable[str]:
    for found in suites.values():
        there, here = (found["counts"][side] for side in SIDES)
        yield (
            f"| {found['package']} {found['version']} | {found['what']} | {there.get('passed', 0)} "
            f"| {here.get('passed', 0)} | {here.get('skipped', 0)} | {len(found['failed on both'])} "
            f"| {len(found['unsteady'])} | {len(found['differences'])} |"
        )


def notes(suites: dict[str, Any]) -> Iterable[str]:
    for found in suites.values():
        for test in found["unsteady"]:
            yield f"- {found['package']}, unsteady: `{test}`"
        for test, item in found["differences"].items():
            there, here = (item[side] for side in SIDES)
            yield f"- {found['package']}, differing: `{test}`: {there}, {here}. {item['why']}"
    for found in suites.values():
        if found["failed on both"]:
            tests = ", ".join(f"`{test.rpartition('/')[2]}`" for test in found["failed on both"])
            why = next(suite.fails for suite in TABLE if suite.package == found["package"])
            yield f"- {found['package']}, failed on both ({why}): {tests}"


def run_exchanges(junit: Path) -> None:
    tests = [str(HERE / name) for name in ("test_programs.py", "test_handover.py")]
    subprocess.run([sys.executable, "-m", "pytest", "-q", f"--junitxml={junit}", *tests])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("suites", type=Path)
    parser.add_argument("--exchanges", type=Path)
    options = parser.parse_args()
    suites = json.loads(options.suites.read_text())
    with tempfile.TemporaryDirectory() as folder:
        junit = options.exchanges or Path(folder) / "junit.xml"
        if not options.exchanges:
            run_exchanges(junit)
        rows = list(exchange_rows(junit))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    text = [
        HEAD.format(python=python) + "\n".join(rows),
        LOOPS,
        SUITES + "\n".join(suite_rows(suites)),
    ]
    PAGE.write_text("\n".join([*text, "", *notes(suites)]) + "\n")


if __name__ == "__main__":
    main()
