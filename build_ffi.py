"""Name the compiled module ``cffisock._ffi``: the contract, the room of this system, the constants.

Run by hand (``python build_ffi.py``) it compiles in place; setuptools finds ``ffibuilder``.
Nothing here knows a socket function: read ``backends/`` for those.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from cffi import FFI

ROOT = Path(__file__).resolve().parent
BACKENDS = ROOT / "backends"

# Processors whose Linux has numbers of its own for SO_*.
OWN_NUMBERS = "defined(__alpha__) || defined(__hppa__) || defined(__mips__) || defined(__sparc__)"

# A section of constants.txt is read by the compilers of these systems.
SECTIONS = {
    "any": "1",
    "posix": "!defined(_WIN32)",
    "linux": "defined(__linux__)",
    "linux-generic": f"defined(__linux__) && !({OWN_NUMBERS})",
    "linux-special": f"defined(__linux__) && ({OWN_NUMBERS})",
    "apple": "defined(__APPLE__)",
    "bsd": "defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) "
    "|| defined(__DragonFly__)",
    "freebsd": "defined(__FreeBSD__)",
    "netbsd": "defined(__NetBSD__)",
    "openbsd": "defined(__OpenBSD__)",
    "windows": "defined(_WIN32)",
}

# The module's own names, and those of the submodules that go beyond it.
TABLES = {"constant": "constants.txt", "beyond": "beyond.txt"}

# What a room's cdef() reads beside the contract, and what its compiler and its linker need.
ROOMS: dict[str, dict[str, Any]] = {
    "posix": {
        "cdef": ["posix/sockaddrs.h", "posix/room.h"],
        # Here, since Python.h comes before the room's headers, and PyPy's does not say it.
        "macros": [("_FILE_OFFSET_BITS", "64")],
        "libraries": [],
    },
    "windows": {
        "cdef": ["windows/sockaddrs.h", "windows/room.h"],
        "macros": [],
        "libraries": ["ws2_32", "mswsock", "iphlpapi"],
    },
}

# macOS: the IPv6 options of RFC 3542.
APPLE = [("__APPLE_USE_RFC_3542", "1")] if sys.platform == "darwin" else []


def constant_rows(text: str) -> list[tuple[str, str, str]]:
    """Parse constants.txt into ``(condition, name, value or "")`` rows."""
    rows, section = [], SECTIONS["any"]
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            section = SECTIONS[line.strip("[]")]
        elif line:
            name, _, value = (part.strip() for part in line.partition("="))
            if not name.isidentifier():
                raise SystemExit(f"constants.txt:{number}: not a name: {name!r}")
            rows.append((section, name, value))
    return rows


def constant_table(table: str, rows: list[tuple[str, str, str]]) -> str:
    """Two parallel C tables, so that Python reads all constants with two calls."""
    names, values = [], []
    for section, name, value in rows:
        present = section if value else f"({section}) && defined({name})"
        if value:
            number = f"#ifdef {name}\n    {name},\n#else\n    {value},\n#endif"
        else:
            number = f"    {name},"
        names.append(f'#if {present}\n    "{name} "\n#endif')
        values.append(f"#if {present}\n{number}\n#endif")
    return "\n".join(
        [
            f"static const char cs_{table}_names[] =",
            *names,
            '    "";',
            f"static const int64_t cs_{table}_values[] = {{",
            *values,
            "    0};",
            f"static const int cs_{table}_count =",
            f"    sizeof(cs_{table}_values) / sizeof(int64_t) - 1;",
        ]
    )


def make_ffi(room: str, **options: Any) -> FFI:
    """Build the FFI of one room; `options` go to ``FFI.set_source()``."""
    ffi = FFI()
    for header in ["cdef.h", f"{room}/cdef.h", *ROOMS[room]["cdef"], "shim.h"]:
        ffi.cdef((BACKENDS / header).read_text())
    tables = "".join(
        constant_table(table, constant_rows((BACKENDS / text).read_text())) + "\n"
        for table, text in TABLES.items()
    )
    ffi.set_source(
        "cffisock._ffi",
        f'#include "{room}/shim.c"\n#include "facts.h"\n{tables}',
        include_dirs=["backends"],
        libraries=ROOMS[room]["libraries"],
        define_macros=ROOMS[room]["macros"] + APPLE,
        depends=sorted(
            path.relative_to(ROOT).as_posix()
            for path in BACKENDS.rglob("*")
            if path.suffix in {".h", ".c", ".txt"}
        ),
        **options,
    )
    return ffi


ffibuilder = make_ffi("windows" if os.name == "nt" else "posix")

if __name__ == "__main__":
    # In place, under the name pip uses too: two files would hide each other.
    suffix = next((s for s in EXTENSION_SUFFIXES if "abi3" in s), EXTENSION_SUFFIXES[-1])
    ffibuilder.compile(tmpdir=str(ROOT), target=f"_ffi{suffix}", verbose=True)
