"""Memories of bounded size: what was computed once and is asked again and again.

Plain dicts, read by whoever keeps one; what is kept in them must be immutable.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEPT = 1024


def remember(memory: dict[Any, Any], key: Any, value: Any) -> Any:
    """Keep a value, and return it. A full memory starts anew: that is rare, and needs no order."""
    if len(memory) >= KEPT:
        memory.clear()
    memory[key] = value
    return value
