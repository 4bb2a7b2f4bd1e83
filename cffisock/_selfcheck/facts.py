"""Facts about the build, the interpreter and the system: read, never tried."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import _cffi_backend

from cffisock import _ffi
from cffisock._backend import ffi, lib, room


def facts() -> dict[str, str]:
    """What a bug report should begin with."""
    file = os.path.basename(_ffi.__file__)
    return {
        "cffisock": _version("cffisock"),
        "backend": room.NAME,
        "compiled module": f"{file} ({'abi3' if '.abi3.' in file else 'for this interpreter only'})",
        "compiler": ffi.string(lib.cs_compiler).decode(),
        "C library": ffi.string(lib.cs_libc).decode(),
        "cffi": _cffi_backend.__version__,
        "interpreter": f"{platform.python_implementation()} {_interpreter_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed as a package"


def _interpreter_version() -> str:
    if platform.python_implementation() == "PyPy":
        pypy = ".".join(map(str, sys.pypy_version_info[:3]))  # type: ignore[attr-defined]
        return f"{pypy} (Python {platform.python_version()})"
    return platform.python_version()
