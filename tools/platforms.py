"""Write docs/platforms.md: what ran where, from the results of a run, and which name is on which system.

    python tools/platforms.py .tox/results    where toxfile.py and pytest leave what tox ran

A constant is where the headers of a system have it: they are asked, with zig's copies of them, so
the Python that runs this needs cffi, setuptools and ziglang. A function or method is where
tests/contract/names.json has it; the BSDs have what macOS has, both being the POSIX room.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True

from junit import of_environment, passed_by_name  # noqa: E402

from build_ffi import constant_rows, constant_table  # noqa: E402 -- it lies one folder up

BACKENDS = ROOT / "backends"
PAGE = ROOT / "docs" / "platforms.md"

# System -> the target of zig whose headers speak for it, and its column in names.json.
SYSTEMS = {
    "Linux": ("x86_64-linux-gnu", "linux"),
    "macOS": ("aarch64-macos", "darwin"),
    "FreeBSD": ("x86_64-freebsd", "darwin"),
    "NetBSD": ("x86_64-netbsd", "darwin"),
    "OpenBSD": ("x86_64-openbsd", "darwin"),
    "Windows": ("x86_64-windows-gnu", "win32"),
}

# Winsock can; Python's own module does not ask it to.
OF_WINDOWS_TOO = {"CMSG_LEN", "CMSG_SPACE", "recvmsg", "recvmsg_into", "sendmsg"}
# C extensions' table of C pointers: there is no C object behind these sockets.
NOT_HERE = {"CAPI"}

HEAD = """# Platforms

Written by `tools/platforms.py` from the results of a run.
"""
WHERE_HEAD = """
## What ran

Each environment is `tox -e NAME`; seconds are of its commands. All are of one run of `tox`, but those
that say "by hand", which are of the last time they ran. Those without figures run no tests of
pytest: `conformance` has its own page, [conformance.md](conformance.md), and `cross` compiles both rooms
without a warning for 28 targets: Linux on other processors and musl, macOS, FreeBSD, NetBSD, OpenBSD,
Windows x86 and arm64. What is only compiled was not run.

Wine is not Windows: it has no `AF_UNIX`, and some errors come in another shape. A test that allows
for that says so.

An unknown system ends in an `ImportError` that says what to add: a room in `backends/`, with what
`cffisock/_room.py` lists.
"""
NAMES_HEAD = """
## Which name is where

Constants as the headers have them: glibc's, macOS 15's, FreeBSD 14's, NetBSD 10's, OpenBSD 7's and
mingw-w64's. An older system may have fewer. musl has what glibc has but `NI_IDN`.
"""


def table(head: Iterable[str], rows: Iterable[Iterable[object]], right: str = "") -> str:
    """A table of Markdown; the columns named in `right` hold numbers."""
    head = list(head)
    rule = ["--:" if name in right.split() else "---" for name in head]
    lines = [head, rule, *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def descriptions() -> dict[str, str]:
    """Environment -> what tox.ini says about it, in tox' order."""
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    general = tox["testenv"]["description"]
    found: dict[str, str] = {}
    for name in tox["tox"]["env_list"].split() + [s.partition(":")[2] for s in tox.sections()]:
        section = f"testenv:{name}"
        text = tox[section]["description"] if section in tox else general
        found.setdefault(name, text.replace("{envname}", name))
    return found


def environments(results: Path) -> str:
    """A row for each environment, or for each part of it that left figures of its own: trixie.pypy3."""
    rows = []
    for name, text in descriptions().items():
        parts = of_environment(results, name)
        record = results / f"{name}.json"
        if record.exists():
            _, outcome, *_, seconds = json.loads(record.read_text(encoding="utf-8"))
        elif parts:  # its script was run, without tox
            outcome, seconds = "failed" if any(part.failed for part in parts) else "ok", 0
        else:
            continue
        for part in parts:
            because = "; ".join(f"{n}: {why}" for why, n in part.reasons.most_common() if why)
            figures = part.passed, part.failed, part.skipped, round(part.seconds), because
            rows.append([f"`{part.name}`", text, outcome, *figures])
        if not parts:
            rows.append([f"`{name}`", text, outcome, "", "", "", round(seconds), ""])
    head = ["environment", "what", "outcome", "passed", "failed", "skipped", "seconds"]
    return table([*head, "skipped because"], rows, "passed failed skipped seconds")


def there_too(results: Path, model: str = "py311") -> str:
    """How much of what runs on Linux runs on Windows: by the names of the tests."""
    if not (results / f"{model}.xml").exists():
        return ""
    wanted = passed_by_name(results / f"{model}.xml")
    lines = []
    for file in sorted(results.glob("windows*.xml")):
        common = len(wanted & passed_by_name(file))
        share = f"{common} of the {len(wanted)} tests that pass on `{model}`"
        lines.append(
            f"`{file.stem}` passes {share}, {common / len(wanted):.1%}, and those of its own.\n"
        )
    return "\n" + "".join(lines) if lines else ""


def constants(target: str) -> set[str]:
    """The names that the headers of a system define, or that our table adds."""
    rows = constant_rows((BACKENDS / "constants.txt").read_text(encoding="utf-8"))
    room = "windows" if "windows" in target else "posix"
    source = f'#include "{room}/headers.h"\nTABLE_BEGINS\n{constant_table("constant", rows)}'
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "table.c")
        file.write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-E", "-P"]
        macro = ["-D__APPLE_USE_RFC_3542=1"] if "macos" in target else []
        run = subprocess.run(
            [*command, *macro, "-I", str(BACKENDS), str(file)],
            check=True,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=300,
        )
    names, _, _ = run.stdout.partition("TABLE_BEGINS")[2].partition("cs_constant_values")
    return set(re.findall(r'"(\w+) "', names))


def matrix() -> str:
    """Constants, then functions, then methods, each with a mark for each system that has it."""
    contract = json.loads((ROOT / "tests" / "contract" / "names.json").read_text(encoding="utf-8"))
    there = {system: constants(target) for system, (target, _) in SYSTEMS.items()}
    parts = []
    names = sorted(set().union(*there.values()))
    rows = [[f"`{n}`", *("x" if n in there[s] else "" for s in SYSTEMS)] for n in names]
    parts.append(f"\n### Constants: {len(rows)}\n\n" + table(["name", *SYSTEMS], rows))
    for owner, title in (("module", "Functions, classes, exceptions"), ("socket", "socket")):
        rows = []
        for name, entry in sorted(contract[owner].items()):
            if name.startswith("_") or name in NOT_HERE:
                continue
            on = set(entry["systems"]) | ({"win32"} if name in OF_WINDOWS_TOO else set())
            marks = ("x" if column in on else "" for _, column in SYSTEMS.values())
            rows.append([f"`{name}`", *marks])
        parts.append(f"\n### {title}: {len(rows)}\n\n" + table(["name", *SYSTEMS], rows))
    return "".join(parts)


def main(results: Path) -> None:
    page = (
        HEAD
        + WHERE_HEAD
        + "\n"
        + environments(results)
        + there_too(results)
        + NAMES_HEAD
        + matrix()
    )
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
