"""What the build reads is what is there: packages, inputs, versions, and words where it cannot be built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cffisock

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
INPUTS = [
    "backends",
    "build_ffi.py",
    "cffisock",
    "setup.py",
    "pyproject.toml",
    "LICENSE",
    "README.md",
]
CPYTHON = sys.implementation.name == "cpython"


def listed(key: str) -> list[str]:
    """A list of strings in pyproject.toml; Python 3.9 has no tomllib."""
    found = re.search(rf"^{key} = \[(.*?)\]", PYPROJECT, re.MULTILINE | re.DOTALL)
    assert found
    return re.findall(r'"([^"]+)"', found[1])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for name in INPUTS:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("_ffi.*.so", "_ffi.*.pyd", "__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def setup(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "setup.py", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_every_package_is_listed() -> None:
    there = {
        "cffisock." + ".".join(init.parent.relative_to(ROOT).parts)
        for init in (ROOT / "backends").rglob("__init__.py")
    } | {
        ".".join(init.parent.relative_to(ROOT).parts)
        for init in (ROOT / "cffisock").rglob("__init__.py")
        if "backends" not in init.parts
    }
    assert sorted(listed("packages")) == sorted(there)


def test_the_version_is_in_the_changelog() -> None:
    version = re.search(r'^version = "(.*)"', PYPROJECT, re.MULTILINE)
    assert version
    assert f"## {version[1]}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_cffi_is_the_only_requirement() -> None:
    [requirement] = listed("dependencies")
    assert requirement.startswith("cffi>=1.15;")
    assert "!= 'PyPy'" in requirement


def test_types_are_announced() -> None:
    assert (Path(cffisock.__file__).parent / "py.typed").is_file()


def test_every_input_makes_a_new_build(tmp_path: Path) -> None:
    probe = (
        "import build_ffi; _, _, _, options = build_ffi.ffibuilder._assigned_source;"
        "print(*options['depends'], sep='\\n')"
    )
    run = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    inputs = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "backends").rglob("*")
        if path.suffix in {".h", ".c", ".txt"}
    }
    assert {Path(line).as_posix() for line in run.stdout.splitlines()} >= inputs


def test_no_compiler_ends_in_what_to_install(copy: Path, tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("MSVC is not chosen by CC")
    run = setup(copy, "build", "-b", str(tmp_path), CC="/nonexistent/cc")
    assert run.returncode != 0
    assert "could not be compiled" in run.stderr
    assert "apt install gcc" in run.stderr
    assert "Traceback" not in run.stderr


def test_no_header_ends_in_what_to_install(copy: Path, tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("CFLAGS are not MSVC's")
    run = setup(copy, "build", "-b", str(tmp_path), CFLAGS="-nostdinc")
    assert run.returncode != 0
    assert ("pypy3-dev" if not CPYTHON else "python3-dev") in run.stderr
