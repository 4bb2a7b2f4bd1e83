"""The table of constants as names: four enums, and ints for the rest."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any

from cffisock.backends.table import CONSTANTS

_MODULE = "cffisock"


def _enum(base: Any, name: str, prefix: str) -> Any:
    """An enum of every constant with a prefix, as the standard library converts them.

    Names that are not all upper case (AF_DECnet) stay plain ints. Of names with one value the
    first in sorted order is the member and the others are its aliases.
    """
    members = sorted(
        ((k, v) for k, v in CONSTANTS.items() if k.startswith(prefix) and k.isupper()),
        key=lambda item: (item[1], item[0]),
    )
    return base(name, members, module=_MODULE)


AddressFamily: Any = _enum(IntEnum, "AddressFamily", "AF_")
SocketKind: Any = _enum(IntEnum, "SocketKind", "SOCK_")
MsgFlag: Any = _enum(IntFlag, "MsgFlag", "MSG_")
AddressInfo: Any = _enum(IntFlag, "AddressInfo", "AI_")

ENUMS = (AddressFamily, SocketKind, MsgFlag, AddressInfo)
FAMILIES: dict[int, Any] = {int(member): member for member in AddressFamily}
KINDS: dict[int, Any] = {int(member): member for member in SocketKind}

# What the module exports: enum members under their names, every other constant as an int.
EXPORTS: dict[str, Any] = {
    **CONSTANTS,
    **{name: member for enum in ENUMS for name, member in enum.__members__.items()},
}
