"""The shape of the house, read from the source: who imports whom, who asks for the platform, how big things are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# A module imports from lower floors, and from its own. Longest match wins; a package names all in it.
FLOORS = {
    "cffisock._ffi": 0,
    "cffisock.backends": 1,
    "cffisock._backend": 2,
    "cffisock._room": 2,
    "cffisock._memory": 2,
    "cffisock._buffers": 3,
    "cffisock._constants": 3,
    "cffisock._descriptor": 3,
    "cffisock._address": 4,
    "cffisock._message": 5,
    "cffisock._transfer": 5,
    "cffisock._names": 5,
    "cffisock._core": 6,
    "cffisock._socket": 7,
    "cffisock._stream": 8,
    "cffisock._api": 9,
    "cffisock._helpers": 10,
    "cffisock._tls": 10,
    "cffisock._reduction": 10,
    "cffisock.ancillary": 11,
    "cffisock.datagram": 12,
    "cffisock._run": 11,
    "cffisock": 12,
    # Above the floors: programs, which use the public API.
    "cffisock.__main__": 13,
    "cffisock._program": 13,
    "cffisock._selfcheck": 13,
    "cffisock.bench": 13,
}

# What looks up, and why it may: names taken at the moment of a call, so that a program that replaces
# `cffisock.socket`, as programs replace `socket.socket`, is heard.
LOOKS_UP = {("cffisock._api", "cffisock"), ("cffisock._helpers", "cffisock")}

# The two that ask which system this is: one to compile a room, one to import it.
ASK_FOR_THE_SYSTEM = {"build_ffi.py", "cffisock/_backend.py"}
SYSTEM = {("sys", "platform"), ("os", "name")}

MAX_FILE, MAX_FUNCTION = 600, 60


def sources(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes
    )


LIBRARY = sources("cffisock", "backends")
PYTHON = [*LIBRARY, *sources("tests", "tools"), *ROOT.glob("*.py")]
ROOMS_C = sources("backends", suffixes=(".c", ".h"))


def name_of(path: Path) -> str:
    """The installed name of a file: backends/ becomes cffisock.backends."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[0] == "backends":
        parts.insert(0, "cffisock")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor(module: str) -> int | None:
    """The floor of a module or of the package it is in; the top package speaks for itself alone."""
    if module == "cffisock":
        return FLOORS[module]
    while module != "cffisock":
        if module in FLOORS:
            return FLOORS[module]
        module = module.rpartition(".")[0]
    return None


MODULES = {name_of(path): path for path in LIBRARY}


def imported(module: str, tree: ast.AST) -> Iterator[str]:
    """Modules of this package that `module` imports, wherever in its text."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("cffisock"))
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            if base.split(".")[0] == "cffisock":
                for alias in node.names:
                    full = f"{base}.{alias.name}"
                    yield full if full in MODULES or full == "cffisock._ffi" else base


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    here = floor(module)
    assert here is not None, f"{module} stands on no floor: add it to FLOORS"
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    up = {
        other
        for other in imported(module, tree)
        if (floor(other) or 0) > here and (module, other) not in LOOKS_UP
    }
    assert not up, f"{module} (floor {here}) imports from above: {sorted(up)}"


@pytest.mark.parametrize("path", LIBRARY + list(ROOT.glob("*.py")), ids=lambda p: p.name)
def test_only_two_ask_for_the_system(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    asked = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in SYSTEM
    ]
    if relative in ASK_FOR_THE_SYSTEM:
        assert asked, f"{relative} no longer asks; take it out of this test"
    else:
        assert not asked, f"{relative}: lines {asked} ask for the system"


@pytest.mark.parametrize("path", PYTHON + ROOMS_C, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE


def python_functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def c_functions(path: Path) -> Iterator[tuple[str, int]]:
    """Function bodies by the house's style: both braces at the margin."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(
        r"^(\w[^\n;{}]*)\n(?:[^\n;{}]+\n)?\{\n.*?^\}", text, re.MULTILINE | re.DOTALL
    ):
        yield match[1], match[0].count("\n") + 1


@pytest.mark.parametrize("path", PYTHON + ROOMS_C, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_functions_are_short(path: Path) -> None:
    functions = python_functions(path) if path.suffix == ".py" else c_functions(path)
    long = {name: size for name, size in functions if size > MAX_FUNCTION}
    assert not long


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_modules_say_what_lives_here(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert len(docstring.splitlines()) <= 10
