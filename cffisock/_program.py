"""``python -m cffisock run``: run a program as the interpreter itself would, on our sockets.

The program gets a `__main__`, sys.argv, sys.path[0], exit status and tracebacks of its own; a test
compares them with the interpreter's. Before it runs, nothing is imported that ``python -m`` has not.
"""

from __future__ import annotations

import builtins
import io
import os
import pkgutil
import runpy
import sys
from importlib.machinery import BuiltinImporter, SourceFileLoader, SourcelessFileLoader
from typing import Any, Callable

from cffisock._backend import room
from cffisock._run import ModuleType, install

_WINDOWS = room.NAME == "windows"
_kept: list[Any] = []  # the module this program was started as: it must outlive its own call
HELP = """\
usage: python -m cffisock run [-h] PROGRAM [ARG...]
       python -m cffisock run [-h] -m MODULE [ARG...]
       python -m cffisock run [-h] -c CODE [ARG...]

Run an unchanged Python program with cffisock in the place of socket and _socket, from its first
import on. Everything after PROGRAM, MODULE or CODE belongs to the program.

  PROGRAM    a script, a directory or zip file with a __main__.py, or - for standard input
  -m MODULE  a module or package, as with python -m
  -c CODE    source text, as with python -c
  -h         show this text

Options of the interpreter go before: python -W error -m cffisock run PROGRAM. Children started by
multiprocessing use cffisock too; other interpreters that the program starts do not.

examples:
  python -m cffisock run -m http.server 8000
  python -m cffisock run server.py --port 0
"""


def main(argv: list[str]) -> int:
    """Run the program that `argv` names; its SystemExit and exceptions pass through."""
    if argv and argv[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0
    how, what, args = _parse(argv)
    if how is None:
        print(HELP, end="", file=sys.stderr)
        print(f"\npython -m cffisock run: {what}", file=sys.stderr)
        return 2
    install(patch=True)
    try:
        return how(what, args) or 0
    except SystemExit:
        raise
    except BaseException:
        # The interpreter shows it and sets the exit status; our frames are not the program's.
        sys.excepthook = _without_our_frames(sys.excepthook)
        raise


def _parse(argv: list[str]) -> tuple[Callable[[str, list[str]], int | None] | None, str, list[str]]:
    """(how to run, what, arguments); nothing to run with says why in `what`."""
    if not argv:
        return None, "nothing to run", []
    first, rest = argv[0], argv[1:]
    for option, how in (("-m", _run_module), ("-c", _run_code)):
        if first.startswith(option):
            what = [first[2:], *rest] if first[2:] else rest
            return (how, what[0], what[1:]) if what else (None, f"{option} needs an argument", [])
    if first == "-":
        return _run_stdin, first, rest
    if first.startswith("-"):
        return None, f"unknown option {first}", []
    return _run_path, first, rest


def _fresh_main(**names: Any) -> dict[str, Any]:
    """A new `__main__`, as the interpreter makes it; returns its namespace."""
    module = ModuleType("__main__")
    vars(module).update(names, __builtins__=builtins)
    if sys.version_info < (3, 14):
        vars(module)["__annotations__"] = {}
    _kept.append(sys.modules["__main__"])
    sys.modules["__main__"] = module
    return vars(module)


def _names_of_file(filename: str) -> dict[str, Any]:
    return {"__file__": filename, **({"__cached__": None} if sys.version_info < (3, 15) else {})}


def _set_path0(path: str) -> bool:
    """Put `path` where ``python -m`` had put the current directory, unless it was told not to."""
    if sys.flags.isolated or getattr(sys.flags, "safe_path", False):
        return False
    sys.path[0] = path
    return True


def _absolute(path: str, folder: bool = False) -> str:
    """Absolute in the way of the interpreter: Windows and PyPy tidy it up, from 3.11 on PyPy folders
    only; CPython does not."""
    pypy = sys.implementation.name == "pypy" and (folder or sys.version_info < (3, 11))
    return os.path.abspath(path) if pypy or _WINDOWS else os.path.join(os.getcwd(), path)


def _folder_of(path: str) -> str:
    """Where a script's imports are looked for first; on Windows no link is followed."""
    return os.path.dirname(os.path.abspath(path) if _WINDOWS else os.path.realpath(path))


def _run_module(name: str, args: list[str]) -> None:
    _fresh_main()
    sys.argv[:] = ["-m", *args]
    # What ``python -m`` itself calls: run_module() would keep __main__ and argv[0] to itself.
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def _run_code(
    source: str, args: list[str], name: str = "<string>", argv0: str = "-c", **names: Any
) -> None:
    sys.argv[:] = [argv0, *args]
    # Windows' interpreter takes the - of standard input for a script's name.
    _set_path0(_folder_of(argv0) if argv0 == "-" and _WINDOWS else "")
    namespace = _fresh_main(__loader__=BuiltinImporter, **names)
    exec(compile(source, name, "exec", dont_inherit=True), namespace)  # noqa: S102 -- its purpose


def _run_stdin(_: str, args: list[str]) -> None:
    _run_code(sys.stdin.read(), args, "<stdin>", "-", **_names_of_file("<stdin>"))


def _run_path(path: str, args: list[str]) -> int | None:
    sys.argv[:] = [path, *args]
    if pkgutil.get_importer(path) is not None:  # a directory or a zip file
        # The interpreter puts it before sys.path also where it leaves out a script's directory.
        where = _absolute(path, folder=True)
        if not _set_path0(where):
            sys.path.insert(0, where)
        _fresh_main()
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]
        return 0
    return _run_file(path)


def _run_file(path: str) -> int | None:
    filename = _absolute(path)
    try:
        code, compiled = _code_of(path, filename)
    except OSError as error:
        text = f"[Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: can't open file {filename!r}: {text}", file=sys.stderr)
        return 2
    _set_path0(_folder_of(path))
    loader = SourcelessFileLoader if compiled else SourceFileLoader
    names = _fresh_main(__loader__=loader("__main__", filename), **_names_of_file(filename))
    exec(code, names)  # noqa: S102 -- its purpose
    return 0


def _code_of(path: str, filename: str) -> tuple[Any, bool]:
    """A script's code object, and whether it was compiled before."""
    with io.open_code(path) as file:
        code = pkgutil.read_code(file)
        if code is not None:
            return code, True
        file.seek(0)
        return compile(file.read(), filename, "exec", dont_inherit=True), False


def _without_our_frames(hook: Any) -> Any:
    def excepthook(kind: Any, error: BaseException, traceback: Any) -> None:
        trimmed = frame = traceback
        while frame is not None:
            if frame.tb_frame.f_code.co_filename == __file__:
                trimmed = frame.tb_next
            frame = frame.tb_next
        hook(kind, error.with_traceback(trimmed), trimmed)

    return excepthook
