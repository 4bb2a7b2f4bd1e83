"""What a probe or a check comes to, and the one place where exceptions become results."""

from __future__ import annotations

import errno
import time
from typing import Any, Callable, NamedTuple

OK = "ok"
ABSENT = "absent"  # the kernel, its configuration or our rights do not offer it: no failure
FAILED = "failed"

NOT_OFFERED = {
    getattr(errno, name)
    for name in (
        "EADDRNOTAVAIL",
        "EAFNOSUPPORT",
        "ENODEV",
        "ENOENT",
        "ENOPROTOOPT",
        "ENOSYS",
        "EOPNOTSUPP",
        "EPFNOSUPPORT",
        "EPROTONOSUPPORT",
        "EPROTOTYPE",
        "ESOCKTNOSUPPORT",
        "WSAEAFNOSUPPORT",
        "WSAENOPROTOOPT",
        "WSAEOPNOTSUPP",
        "WSAEPROTONOSUPPORT",
        "WSAESOCKTNOSUPPORT",
    )
    if hasattr(errno, name)
}
NOT_PERMITTED = {errno.EPERM, errno.EACCES}


class Absent(Exception):
    """This machine does not have it; the text says what and why."""


class Result(NamedTuple):
    """One line of the report; `seconds` only where time says something."""

    name: str
    status: str
    detail: str = ""
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in self._asdict().items() if value not in (None, "")}


def probe(name: str, what: str, function: Callable[[], str]) -> Result:
    """Ask the kernel for `what`; an OSError is its "no"."""
    try:
        detail = function()
    except Absent as absent:
        return Result(name, ABSENT, str(absent))
    except OSError as error:
        if error.errno in NOT_PERMITTED:
            return Result(name, ABSENT, f"not permitted to this process ({error.strerror})")
        return Result(name, ABSENT, f"this kernel has no {what} ({error.strerror or error})")
    return Result(name, OK, detail)


def check(name: str, function: Callable[[], str]) -> Result:
    """Run a live check: anything but Absent is a failure of ours, or of the machine."""
    started = time.perf_counter()
    try:
        detail = function()
    except Absent as absent:
        return Result(name, ABSENT, str(absent))
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
        detail = f"{type(error).__name__}: {error}"
        return Result(name, FAILED, detail, time.perf_counter() - started)
    return Result(name, OK, detail, time.perf_counter() - started)
