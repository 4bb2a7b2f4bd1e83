"""Find interpreters, say what they are, and give each one an environment that has cffisock."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# Some builds of 3.11 and 3.12 install the tests of multiprocessing, but not what starts them. Ours
# have other names: regrtest takes the missing ones for folders.
FRONTS = Path(__file__).resolve().parent / "driver" / "fronts"
FRONT_OF = {
    "test_multiprocessing_fork": "test_started_by_fork",
    "test_multiprocessing_spawn": "test_started_by_spawn",
}
WANTED = ("python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "pypy3")
NOT_COPIED = (".*", "build", "dist", "*.egg-info", "__pycache__", "*.so")
DESCRIBE = """
import json, platform, sys, importlib.util as u
name = platform.python_implementation()
version = platform.python_version()
print(json.dumps({
    "key": "%s-%d.%d" % (name.lower(), *sys.version_info[:2]),
    "label": name + " " + version,
    "suite": u.find_spec("test.libregrtest") is not None,
    "cffisock": u.find_spec("cffisock._ffi") is not None if u.find_spec("cffisock") else False,
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """`key` ("cpython-3.11") is what exception rules match; `label` is what people read."""

    python: str
    key: str
    label: str
    suite: bool
    cffisock: bool


def describe(name: str) -> Interpreter:
    """Ask the interpreter; a relative path is made whole, suites run in folders of their own."""
    python = os.path.abspath(shutil.which(name) or sys.exit(f"no interpreter {name}"))
    done = subprocess.run(
        [python, "-c", DESCRIBE], cwd=os.sep, capture_output=True, text=True, timeout=60, check=True
    )
    return Interpreter(python, **json.loads(done.stdout))


@functools.cache
def has_module(python: str, module: str) -> bool:
    """Whether this version still ships the test module."""
    code = f"import importlib.util as u, sys; sys.exit(u.find_spec('test.{module}') is None)"
    return subprocess.run([python, "-c", code], cwd=os.sep, capture_output=True).returncode == 0


def needs_front(python: str, module: str) -> bool:
    """Whether only the file that starts the module's tests is missing, and we have one."""
    return (
        module in FRONT_OF
        and not has_module(python, module)
        and has_module(python, "_test_multiprocessing")
    )


def pyenv_pythons() -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob("versions/*/bin/python"))


def found() -> list[str]:
    """The wanted interpreters on PATH or under pyenv, one of each version."""
    by_name = {
        f"python{path.parents[1].name.rsplit('.', 1)[0]}": str(path) for path in pyenv_pythons()
    }
    candidates = {name: by_name.get(name) or shutil.which(name) for name in WANTED}
    missing = ", ".join(name for name, python in candidates.items() if not python)
    if missing and os.environ.get("TOX_SKIP_MISSING_INTERPRETERS") == "false":
        sys.exit(f"not on this machine, and not to be skipped: {missing}")
    if missing:
        print(f"not on this machine, and so skipped: {missing}", flush=True)
    return [python for python in candidates.values() if python]


def copy_of_project(work: Path) -> Path:
    """Builds leave files behind; they go into a copy."""
    copy = work / "source"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return copy


def with_cffisock(interpreter: Interpreter, source: Path, work: Path) -> Interpreter:
    """The same interpreter in a virtual environment where cffisock was just built and installed."""
    environment = work / interpreter.key
    python = str(environment / "bin" / "python")
    for command in (
        [interpreter.python, "-m", "venv", "--clear", str(environment)],
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", str(source)],
    ):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.exit(f"{interpreter.label}: {' '.join(command)} failed\n{done.stdout}")
    return describe(python)
