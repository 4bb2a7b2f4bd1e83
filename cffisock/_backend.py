"""Picks the room for this system, once, at import; exports ``ffi``, ``lib`` and ``room``.

The only module of the library that asks which system this is. What a room holds is in `_room`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing would take longer to import than this package
if TYPE_CHECKING:
    from typing import Any

    from cffisock._room import Room

ROOMS = {"posix": "cffisock.backends.posix", "nt": "cffisock.backends.windows"}

if os.name not in ROOMS:
    raise ImportError(
        f"cffisock has no room for os.name == {os.name!r}: add backends/<name>/ with what "
        "cffisock/_room.py lists, and name it in cffisock/_backend.py and build_ffi.py"
    )

try:
    from cffisock._ffi import ffi, lib
except ModuleNotFoundError as missing:
    if missing.name != "cffisock._ffi":
        raise
    # Python was started inside a checkout, whose folder hides the installed package: look there too.
    from pkgutil import extend_path

    package = sys.modules["cffisock"]
    package.__path__ = extend_path(package.__path__, "cffisock")
    try:
        from cffisock._ffi import ffi, lib
    except ModuleNotFoundError:
        raise ImportError(
            "cffisock is not built: its compiled part, cffisock._ffi, is missing. Run "
            "`python -m pip install .` (or `-e .`) in the source folder"
        ) from missing

__all__ = ["ffi", "lib", "room"]

# Not by importlib, which would take longer to import than the room.
__import__(ROOMS[os.name])
_module: Any = sys.modules[ROOMS[os.name]]
room: Room = _module
