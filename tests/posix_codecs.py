"""The POSIX room's address codecs on a system that has the other room.

They promise to pack on every machine: so their layouts are read here by a cffi of their own, with the
numbers that Linux has. No kernel behind them: interfaces are not found.
"""

from __future__ import annotations

import errno
import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import cffi

import cffisock
from cffisock.backends import table

HERE = Path(__file__).resolve().parent
LAYOUTS = """
typedef uint16_t sa_family_t;
struct sockaddr_storage { sa_family_t ss_family; uint64_t words[15]; };
struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; };
"""
LINUX = {
    name: row["linux"]
    for name, row in json.loads((HERE / "contract" / "names.json").read_text("utf-8"))[
        "constants"
    ].items()
    if isinstance(row.get("linux"), int)
}


class NoKernel:
    """Answers every question about interfaces with ENODEV."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args: -errno.ENODEV


def no_ioctl(*args: Any) -> None:
    raise OSError(errno.ENODEV, "no kernel")


def load() -> SimpleNamespace:
    """The codecs' modules and their ffi."""
    ffi = cffi.FFI()
    ffi.cdef(LAYOUTS + (HERE.parent / "backends" / "posix" / "sockaddrs.h").read_text("utf-8"))
    folder = Path(cffisock.__file__).parent / "backends" / "posix"
    package = ModuleType("cffisock.backends.posix")
    package.__path__ = [str(folder)]
    stand_ins = {
        "cffisock._ffi": SimpleNamespace(ffi=ffi, lib=NoKernel()),
        "cffisock.backends.table": SimpleNamespace(CONSTANTS={**LINUX}),
        "cffisock.backends.posix": package,
        "fcntl": SimpleNamespace(ioctl=no_ioctl),
    }
    before = {name: sys.modules.get(name) for name in stand_ins}
    sys.modules.update(stand_ins)  # type: ignore[arg-type]
    try:
        root = "cffisock.backends.posix.families"
        parts = ("unix", "bluetooth", "kernel", "can", "link")
        modules = {part: import_module(f"{root}.{part}") for part in parts}
        families = import_module(root)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    assert sys.modules["cffisock.backends.table"] is table
    return SimpleNamespace(families=families, ffi=ffi, **modules)


_loaded = load()
CONSTANTS, lib, ffi = LINUX, NoKernel(), _loaded.ffi
families, unix = _loaded.families, _loaded.unix
bluetooth, kernel = _loaded.bluetooth, _loaded.kernel
