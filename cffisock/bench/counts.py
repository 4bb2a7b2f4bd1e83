"""System calls and instructions per operation, counted from outside by strace and valgrind.

Both run a case on one side in a child, so that nothing of this process is counted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

# System calls that fail, made by the child, and easy to find in a trace.
BEGIN = "/cffisock-bench-begin"
END = "/cffisock-bench-end"

_CALL = re.compile(r"(?:\d+ +)?(\w+)\(")
_COLLECTED = re.compile(r"Collected : (\d+)")
# An interpreter that grows its heap or switches threads does so at moments of its own.
_HOUSEKEEPING = frozenset({"brk", "futex", "madvise", "mmap", "munmap", "sched_yield"})


def can_count_calls() -> bool:
    """Whether strace is here and may trace."""
    strace = shutil.which("strace")
    if not strace:
        return False
    probe = [strace, "-qq", "-o", os.devnull, sys.executable, "-S", "-c", ""]
    return subprocess.run(probe, check=False, stderr=subprocess.DEVNULL).returncode == 0


def can_count_instructions() -> bool:
    """Whether valgrind is here."""
    return bool(shutil.which("valgrind"))


def _child(case: str, side: str, loops: int) -> list[str]:
    return [sys.executable, "-m", "cffisock.bench.child", "count", case, side, str(loops)]


def count_calls(case: str, side: str, loops: int) -> dict[str, float]:
    """System calls an operation, by name, without the interpreter's housekeeping."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder, "trace")
        command = ["strace", "-f", "-qq", "-o", str(trace), *_child(case, side, loops)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        lines = trace.read_text("utf-8", "replace").splitlines()
    begin, end = (_position(lines, mark) for mark in (BEGIN, END))
    found = Counter(m.group(1) for m in map(_CALL.match, lines[begin + 1 : end]) if m)
    return {name: n / loops for name, n in found.most_common() if name not in _HOUSEKEEPING}


def _position(lines: list[str], mark: str) -> int:
    return next(number for number, line in enumerate(lines) if mark in line)


def count_instructions(case: str, side: str, loops: int = 1000) -> int:
    """User-space instructions an operation: two runs of different length, and their difference."""
    short, long = (_instructions(_child(case, side, n)) for n in (loops, 2 * loops))
    return (long - short) // loops


def _instructions(command: list[str]) -> int:
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"]
    done = subprocess.run(
        [*valgrind, *command],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    found = _COLLECTED.search(done.stderr)
    if not found:
        raise RuntimeError(f"valgrind reported no count: {done.stderr[-500:]}")
    return int(found.group(1))
