"""Address families of POSIX systems beside AF_INET and AF_INET6: which codec serves which.

A family is here when this system's constants have it; its codec packs and unpacks on every
system, which is what the tests use. A codec is imported when it is first used, as together they take
longer than all the rest of the package; but that of AF_UNIX at once: a daemon in a root of its own has
no package any more, and still logs to /dev/log. Only the two tables live here.
"""

from __future__ import annotations

from cffisock.backends.table import CONSTANTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._common import Codec

# Family: its module here, and the codec in it.
_CODECS = {
    "AF_UNIX": ("unix", "CODEC"),
    "AF_NETLINK": ("link", "NETLINK"),
    "AF_PACKET": ("link", "PACKET"),
    "AF_CAN": ("can", "CODEC"),
    "AF_BLUETOOTH": ("bluetooth", "CODEC"),
    "AF_VSOCK": ("kernel", "VSOCK"),
    "AF_QIPCRTR": ("kernel", "QIPCRTR"),
    "AF_TIPC": ("kernel", "TIPC"),
    "AF_ALG": ("kernel", "ALG"),
    "PF_SYSTEM": ("kernel", "SYSTEM"),
}


def codec(name: str) -> Codec:
    """The codec of a family, by the family's name."""
    module, attribute = _CODECS[name]
    found: Codec = getattr(__import__(f"{__name__}.{module}", fromlist=[attribute]), attribute)
    return found


def _late(name: str, table: dict[int, Any], half: str) -> Any:
    """A function that puts the real one in its place, when it is called."""

    def call(*args: Any) -> Any:
        function = table[CONSTANTS[name]] = getattr(codec(name), half)
        return function(*args)

    return call


ENCODERS: dict[int, Any] = {}
DECODERS: dict[int, Any] = {}
for _name in _CODECS:
    if _name in CONSTANTS:
        ENCODERS[CONSTANTS[_name]] = _late(_name, ENCODERS, "encode")
        DECODERS[CONSTANTS[_name]] = _late(_name, DECODERS, "decode")
if "AF_UNIX" in CONSTANTS:
    _unix = codec("AF_UNIX")
    ENCODERS[CONSTANTS["AF_UNIX"]], DECODERS[CONSTANTS["AF_UNIX"]] = _unix.encode, _unix.decode
