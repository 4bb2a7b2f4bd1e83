"""Winsock as a whole: its start, its errors, and which constants this build of Windows honours."""

from __future__ import annotations

import sys

from cffisock._ffi import ffi, lib

_START_PROBLEMS = {
    10091: "the network is not ready",  # WSASYSNOTREADY
    10092: "the requested version is not supported",  # WSAVERNOTSUPPORTED
}

# The first build of Windows 10 whose stack knows an option that headers define regardless.
_SINCE_BUILD = {
    "TCP_FASTOPEN": 14393,
    "TCP_KEEPCNT": 15063,
    "TCP_KEEPIDLE": 16299,
    "TCP_KEEPINTVL": 16299,
}


def error(code: int) -> OSError:
    """The exception for a Windows error code; the constructor finds the errno and the class."""
    text = ffi.getwinerror(code)[1]
    if text.startswith("Windows Error 0x"):  # Windows has no text; cffi writes in capitals
        text = f"Windows Error 0x{code:x}"
    return OSError(None, text, None, code)


def start() -> None:
    """Load Winsock; it stays until the process ends, since sockets may be closed very late."""
    code = -lib.cs_startup()
    if code:
        problem = _START_PROBLEMS.get(code, f"error code {code}")
        raise ImportError(f"WSAStartup failed: {problem}")


def _has_unix_sockets(family: int, stream: int) -> bool:
    fd = lib.cs_socket(family, stream, 0, -1)
    if fd >= 0:
        lib.cs_close(fd)
    return fd >= 0


def adapt(constants: dict[str, int]) -> None:
    """Drop the constants that the headers define and this system refuses."""
    build = sys.getwindowsversion().build  # type: ignore[attr-defined,unused-ignore]
    missing = {name for name, since in _SINCE_BUILD.items() if build < since}
    if sys.version_info < (3, 14):
        missing.add("TCP_QUICKACK")  # the interpreter's own tests hold TCP_* to a closed list
    if not _has_unix_sockets(constants["AF_UNIX"], constants["SOCK_STREAM"]):
        missing.add("AF_UNIX")
    for name in missing:
        constants.pop(name, None)
