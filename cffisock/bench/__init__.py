"""`python -m cffisock bench`: cffisock beside the interpreter's own socket, case by case.

Every case runs on both modules in one process, in alternating rounds; what is reported are
medians of per-round ratios. This package uses the public API only. docs/bench.md explains it.
"""

from __future__ import annotations

from cffisock.bench.cli import main

__all__ = ["main"]
