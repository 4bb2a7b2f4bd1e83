"""Every example of the documentation runs: Python fences as programs, `$ python -m cffisock` lines as commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# What these commands do is the reader's to name, or lasts; the right side is what is tried instead.
TRIED_AS = {
    "run -m http.server 8000": "run -m http.server --help",
    "run -m http.server": "run -m http.server --help",
    "run program.py arguments": "run -c 'import socket'",
    "run program.py --its options": "run -c 'import socket' --its options",
}
# What only a release of the documentation itself may run: it installs, or is the whole matrix.
NOT_TRIED = re.compile(r"python -m (pip|tox)|pytest|bench (?!--list)|tools/")


def fences(language: str) -> list[object]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            where = f"{page.name}:{text.count(chr(10), 0, match.start()) + 2}"
            found.append(pytest.param(match[1], id=where))
    return found


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT / "tests",  # the project's folder would hide the installed package
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
    )


@pytest.mark.parametrize("example", fences("python"))
def test_examples_run(example: str) -> None:
    if "import ssl" in example:
        pytest.importorskip("ssl", reason="this Python was built without ssl")
    run = python("-c", example)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("example", fences("console"))
def test_commands_run(example: str) -> None:
    for line in example.splitlines():
        if not line.startswith("$ ") or NOT_TRIED.search(line):
            continue
        program, _, rest = line[2:].partition("cffisock ")
        assert program == "python -m ", f"what is {line!r}?"
        run = python("-m", "cffisock", *shlex.split(TRIED_AS.get(rest, rest)))
        assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target


def test_the_readme_leads_to_every_page_and_example() -> None:
    linked, found = {ROOT / "README.md"}, set()
    while linked - found:
        page = (linked - found).pop()
        found.add(page)
        if page.suffix == ".md":
            targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
            linked |= {(page.parent / target).resolve() for target in targets}
    assert found >= {*PAGES, *(ROOT / "examples").glob("*.py")}


def test_the_readme_has_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Use")[0]
    assert re.findall(r"^\$ (.*)", text, re.MULTILINE) == [
        "python -m pip install . && python -m cffisock",
        "python -m pip install tox && python -m tox",
    ]
