"""The constants of this system: what `constants.txt` became when the module was compiled.

Names and values only. Enums, and which name is public where, are made in `cffisock`; to add an
integer, add a line to `constants.txt`, for a text add it below. What the interpreter's module has not
is in `beyond.txt` and belongs to the submodule that uses it.
"""

from __future__ import annotations

from cffisock._ffi import ffi, lib

TYPE_CHECKING = False  # typing would take longer to import than this package
if TYPE_CHECKING:
    from typing import Any, Final


def _read(names: Any, values: Any, count: int) -> dict[str, int]:
    return dict(zip(ffi.string(names).decode().split(), ffi.unpack(values, count)))


def _as_long(name: str, value: int) -> int:
    """What the value is after a C long, through which Python's own module passes all but SIO_*."""
    return value if name.startswith("SIO_") else int(ffi.cast("long", value))


def _texts() -> dict[str, str]:
    texts: dict[str, str] = {}
    if "AF_BLUETOOTH" in CONSTANTS:
        texts.update(BDADDR_ANY="00:00:00:00:00:00", BDADDR_LOCAL="00:00:00:FF:FF:FF")
    if "AF_HYPERV" in CONSTANTS:
        texts.update(
            HV_GUID_ZERO="00000000-0000-0000-0000-000000000000",
            HV_GUID_WILDCARD="00000000-0000-0000-0000-000000000000",
            HV_GUID_BROADCAST="FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            HV_GUID_CHILDREN="90DB8B89-0D35-4F79-8CE9-49EA0AC8B7CD",
            HV_GUID_LOOPBACK="E0E16197-DD56-4A10-9195-5EE7A155A838",
            HV_GUID_PARENT="A42E7CDA-D03F-480C-9CC2-A4DE20ABB878",
        )
    return texts


CONSTANTS: Final[dict[str, int]] = _read(
    lib.cs_constant_names, lib.cs_constant_values, lib.cs_constant_count
)
if ffi.sizeof("long") == 4:  # Windows, 32-bit systems: INADDR_BROADCAST is -1 there
    CONSTANTS.update({name: _as_long(name, value) for name, value in CONSTANTS.items()})

TEXTS: Final[dict[str, str]] = _texts()


_BEYOND: Final[dict[str, int]] = {}


def beyond() -> dict[str, int]:
    """`CONSTANTS`, and the names of `beyond.txt`; read when a submodule first asks."""
    if not _BEYOND:
        more = _read(lib.cs_beyond_names, lib.cs_beyond_values, lib.cs_beyond_count)
        _BEYOND.update({**more, **CONSTANTS})
    return _BEYOND
