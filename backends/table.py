"""The constants of this system: what `constants.txt` became when the module was compiled.

Names and values only. Enums, and which name is public where, are made in `cffisock`; to add an
integer, add a line to `constants.txt`, for a text add it below.
"""

from __future__ import annotations

from typing import Final

from cffisock._ffi import ffi, lib


def _read() -> dict[str, int]:
    names = ffi.string(lib.cs_constant_names).decode().split()
    return dict(zip(names, ffi.unpack(lib.cs_constant_values, lib.cs_constant_count)))


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


CONSTANTS: Final[dict[str, int]] = _read()
if ffi.sizeof("long") == 4:  # Windows, 32-bit systems: INADDR_BROADCAST is -1 there
    CONSTANTS.update({name: _as_long(name, value) for name, value in CONSTANTS.items()})

TEXTS: Final[dict[str, str]] = _texts()
