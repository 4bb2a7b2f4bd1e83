"""Families that name a peer or a service by numbers: VSOCK, QIPCRTR, TIPC; and two that name a part
of the kernel itself: AF_ALG (a cipher or hash) and macOS's PF_SYSTEM (a kernel control).
"""

from __future__ import annotations

from fcntl import ioctl
from struct import Struct
from typing import Any

from cffisock._ffi import ffi
from cffisock.backends.ints import wrap16, wrap32
from cffisock.backends.table import CONSTANTS

from ._common import Codec, fs_name, need_size, need_tuple, new, text


def _pair(struct: str, family: str, first: str, second: str) -> Codec:
    """Make the codec of a pair of unsigned ints."""

    def encode(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
        parts = need_tuple(addr, family, "getsockaddrarg")
        need_size(parts, 2, 2, f"getsockaddrarg() takes exactly 2 arguments ({len(parts)} given)")
        return new(struct, family, {first: wrap32(parts[0]), second: wrap32(parts[1])})

    def decode(sa: Any, length: int, proto: int, fd: int) -> tuple[int, int]:
        pair = ffi.cast(struct + " *", sa)
        return getattr(pair, first), getattr(pair, second)

    return Codec(encode, decode)


VSOCK = _pair("struct cs_sockaddr_vm", "AF_VSOCK", "svm_cid", "svm_port")
QIPCRTR = _pair("struct cs_sockaddr_qrtr", "AF_QIPCRTR", "sq_node", "sq_port")

_TIPC_NAMESEQ, _TIPC_NAME, _TIPC_ID = 1, 2, 3
_TIPC_CLUSTER_SCOPE = 2


def _tipc_words(kind: int, v1: int, v2: int, v3: int) -> list[int]:
    if kind == _TIPC_NAMESEQ:
        return [v1, v2, v3]
    if kind == _TIPC_NAME:
        return [v1, v2]
    if kind == _TIPC_ID:
        return [v2, v1]  # the struct has (ref, node), the tuple (node, ref)
    raise TypeError("Invalid address type")


def _encode_tipc(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    parts = need_tuple(addr, "AF_TIPC", f"{where}()")
    shape = "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])"
    need_size(parts, 4, 5, shape)
    kind, v1, v2, v3, scope = [wrap32(part) for part in (*parts, _TIPC_CLUSTER_SCOPE)[:5]]
    fields = {
        "addrtype": kind & 0xFF,
        "scope": (scope & 0xFF ^ 0x80) - 0x80,
        "words": _tipc_words(kind, v1, v2, v3),
    }
    return new("struct cs_sockaddr_tipc", "AF_TIPC", fields)


def _decode_tipc(sa: Any, length: int, proto: int, fd: int) -> tuple[int, int, int, int, int]:
    tipc = ffi.cast("struct cs_sockaddr_tipc *", sa)
    kind, scope, (w1, w2, w3) = tipc.addrtype, tipc.scope & 0xFFFFFFFF, tipc.words
    if kind == _TIPC_NAMESEQ:
        return kind, w1, w2, w3, scope
    if kind == _TIPC_NAME:
        return kind, w1, w2, w2, scope
    if kind == _TIPC_ID:
        return kind, w2, w1, 0, scope
    raise ValueError("Invalid address type")


TIPC = Codec(_encode_tipc, _decode_tipc)


def _alg_text(value: Any, room: int, what: str) -> bytes:
    raw = text(value, "AF_ALG address must be a tuple (type, name[, feat[, mask]])")
    if len(raw) >= room:
        raise ValueError(f"AF_ALG {what} too long.")
    return raw


def _encode_alg(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    parts = need_tuple(addr, "AF_ALG", f"{where}()")
    need_size(parts, 2, 4, "AF_ALG address must be a tuple (type, name[, feat[, mask]])")
    kind, name, feat, mask = (*parts, 0, 0)[:4]
    fields = {
        "salg_type": _alg_text(kind, 14, "type"),
        "salg_name": _alg_text(name, 64, "name"),
        "salg_feat": wrap16(feat),
        "salg_mask": wrap16(mask),
    }
    return new("struct cs_sockaddr_alg", "AF_ALG", fields)


def _decode_alg(sa: Any, length: int, proto: int, fd: int) -> tuple[str, str, int, int]:
    alg = ffi.cast("struct cs_sockaddr_alg *", sa)
    kind, name = ffi.string(alg.salg_type, 14), ffi.string(alg.salg_name, 64)
    return kind.decode(), name.decode(), alg.salg_feat & 0xFFFF, alg.salg_mask & 0xFFFF


ALG = Codec(_encode_alg, _decode_alg)

_AF_SYS_CONTROL = 2
_CTLIOCGINFO = 0xC0644E03  # macOS <sys/kern_control.h>: fills in the id of a named control
_CONTROL_INFO = Struct("=I96s")


def _control_id(fd: int, name: str) -> int:
    raw = fs_name(name)
    if len(raw) > 96:
        raise ValueError("provided string is too long")
    info = bytearray(_CONTROL_INFO.pack(0, raw))
    try:
        ioctl(fd, _CTLIOCGINFO, info)
    except (OSError, ValueError):
        raise OSError("cannot find kernel control with provided name") from None
    found: int = _CONTROL_INFO.unpack(info)[0]
    return found


def _encode_system(addr: Any, proto: int, fd: int, where: str) -> tuple[Any, int]:
    if proto != CONSTANTS.get("SYSPROTO_CONTROL", 2):
        raise OSError(f"{where}(): unsupported PF_SYSTEM protocol")
    if isinstance(addr, str):
        control, unit = _control_id(fd, addr), 0
    else:
        try:
            control, unit = [wrap32(part) for part in (addr if isinstance(addr, tuple) else ())]
        except (TypeError, ValueError):
            shape = "PF_SYSTEM address must be a str or a pair (id, unit)"
            raise TypeError(f"{where}(): {shape}") from None
    fields = {"ss_sysaddr": _AF_SYS_CONTROL, "sc_id": control, "sc_unit": unit}
    return new("struct cs_sockaddr_ctl", "PF_SYSTEM", fields)


def _decode_system(sa: Any, length: int, proto: int, fd: int) -> tuple[int, int]:
    if proto != CONSTANTS.get("SYSPROTO_CONTROL", 2):
        raise ValueError("Invalid address type")
    ctl = ffi.cast("struct cs_sockaddr_ctl *", sa)
    return ctl.sc_id, ctl.sc_unit


SYSTEM = Codec(_encode_system, _decode_system)
