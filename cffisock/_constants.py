"""The four enums over the table of constants, made when one is first asked for.

Making them costs half of what importing all the rest does, and many programs import a socket module
and never look at a constant. Whoever looks at the public module as a whole (vars, dir, import *,
a mock) finds it complete.
"""

from __future__ import annotations

import sys

from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType as _Module
    from typing import Any
else:
    _Module = type(sys)

_MODULE = "cffisock"
# Each enum takes the constants with a prefix, as the standard library converts them.
_PREFIXES = {"AddressFamily": "AF_", "SocketKind": "SOCK_", "MsgFlag": "MSG_", "AddressInfo": "AI_"}
_ANY_PREFIX = tuple(_PREFIXES.values())

_made: dict[str, dict[str, Any]] = {}


def enums() -> dict[str, Any]:
    """The enums and all their members, by name."""
    # Without a lock, which a fork could leave taken: of threads that make them at once, one wins.
    return _made.get("enums") or _made.setdefault("enums", _make())


def is_enumerated(name: str) -> bool:
    """Whether a name is an enum or a member of one.

    Names that are not all upper case (AF_DECnet) stay plain ints.
    """
    return name in _PREFIXES or (name.startswith(_ANY_PREFIX) and name.isupper())


def _make() -> dict[str, Any]:
    from enum import IntEnum, IntFlag  # noqa: PLC0415 -- see above

    bases = {"MsgFlag": IntFlag, "AddressInfo": IntFlag}
    made = {name: _enum(bases.get(name, IntEnum), name) for name in _PREFIXES}
    for enum in tuple(made.values()):
        made.update(enum.__members__)
    return made


def _enum(base: Any, name: str) -> Any:
    """Of constants with one value the first in sorted order is the member, the others aliases."""
    members = sorted(
        (
            item
            for item in CONSTANTS.items()
            if item[0].startswith(_PREFIXES[name]) and item[0].isupper()
        ),
        key=lambda item: (item[1], item[0]),
    )
    return base(name, members, module=_MODULE)


class _Members(dict):  # type: ignore[type-arg]
    """Number to member; a number that is no member is itself."""

    def __init__(self, enum: str) -> None:
        self._enum = enum

    def __missing__(self, number: int) -> Any:
        try:
            self.update((int(member), member) for member in enums()[self._enum])
        except ImportError:
            pass  # the interpreter shuts down, and a socket that was not closed is described
        return self.get(number, number)


FAMILIES = _Members("AddressFamily")
KINDS = _Members("SocketKind")


class Incomplete(_Module):
    """The public module as long as nobody has touched an enum: that makes it a plain, full one."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        return _complete(self)

    def __dir__(self) -> list[str]:
        return sorted(_complete(self))

    def __getattr__(self, name: str) -> Any:
        if is_enumerated(name):
            names = _complete(self)
            if name in names:
                return names[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        _complete(self)
        _Module.__delattr__(self, name)


def _complete(module: Any) -> dict[str, Any]:
    """Add the missing names, but none that a program has set itself."""
    names: dict[str, Any] = vars(_Module)["__dict__"].__get__(module)
    if type(module) is Incomplete:
        for name, value in enums().items():
            names.setdefault(name, value)
        complete: Any = _Module
        module.__class__ = complete
    return names
