"""Address families of POSIX systems beside AF_INET and AF_INET6: which codec serves which.

A family is here when this system's constants have it; its codec packs and unpacks on every
system, which is what the tests use. Only the two tables live here.
"""

from __future__ import annotations

from cffisock.backends.table import CONSTANTS

from . import bluetooth, can, kernel, link, unix

_CODECS = {
    "AF_UNIX": unix.CODEC,
    "AF_NETLINK": link.NETLINK,
    "AF_PACKET": link.PACKET,
    "AF_CAN": can.CODEC,
    "AF_BLUETOOTH": bluetooth.CODEC,
    "AF_VSOCK": kernel.VSOCK,
    "AF_QIPCRTR": kernel.QIPCRTR,
    "AF_TIPC": kernel.TIPC,
    "AF_ALG": kernel.ALG,
    "PF_SYSTEM": kernel.SYSTEM,
}

CODECS = {CONSTANTS[name]: codec for name, codec in _CODECS.items() if name in CONSTANTS}
ENCODERS = {family: codec.encode for family, codec in CODECS.items()}
DECODERS = {family: codec.decode for family, codec in CODECS.items()}
