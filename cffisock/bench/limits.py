"""Room for many descriptors."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cffisock.bench.case import Unavailable

_OWN = 100  # what the interpreter and the bench themselves keep open, generously


def allow_descriptors(count: int) -> int:
    """Raise this process' limit, which its children inherit; how many of `count` it allows."""
    try:
        resource: Any = import_module("resource")
    except ImportError:
        raise Unavailable("this system has no limit that can be raised") from None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count + _OWN:
        return count
    for limit in (max(count + _OWN, hard), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, hard)))
            return min(count, limit - _OWN)
        except (ValueError, OSError):
            pass  # raising the hard limit takes a privilege
    return min(count, soft - _OWN)
