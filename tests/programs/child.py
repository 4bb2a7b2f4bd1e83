"""Starting a program on either side, and what its processes' socket objects were.

A side is how the interpreter is started: on its own `socket`, or with ``-m cffisock run`` before
the very same arguments.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIDES = {"stdlib": [], "cffisock": ["-m", "cffisock", "run"]}
ALLOWED = {"stdlib": {"stdlib"}, "cffisock": {"cffisock", "twin"}}
SECONDS = 60


def command(side: str, args: Sequence[str]) -> list[str]:
    return [sys.executable, *SIDES[side], *args]


def environment(watch: Path) -> dict[str, str]:
    """The child's: it is watched, and no proxy or configuration of the user's is in its way."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    path = os.pathsep.join(filter(None, [str(HERE / "watch"), kept.get("PYTHONPATH")]))
    return {**kept, "PYTHONPATH": path, "CFFISOCK_WATCH": str(watch), "PYTHONUNBUFFERED": "1"}


def prove(side: str, watch: Path) -> None:
    """Assert that the program made sockets, all of the class of its side."""
    path = watch / "sockets"
    lines = path.read_text().splitlines() if path.exists() else []
    kinds = {line.split()[1] for line in lines}
    assert side in kinds, f"no socket object of {side}: {lines}"
    assert kinds <= ALLOWED[side], f"socket objects of another class: {lines}"


def run(side: str, args: Sequence[str], cwd: Path, enter: Sequence[str] = ()) -> None:
    """Run a program to its end; it must succeed, and on the sockets of its side.

    `enter` is a command that runs the rest of its arguments somewhere else.
    """
    done = subprocess.run(
        [*enter, *command(side, args)],
        cwd=cwd,
        env=environment(cwd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout
    prove(side, cwd)


@contextmanager
def running(side: str, args: Sequence[str], cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A server program with its output in a pipe; ended, with its children, by the block's end."""
    process = subprocess.Popen(
        command(side, args),
        cwd=cwd,
        env=environment(cwd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
        prove(side, cwd)
    finally:
        os.killpg(process.pid, 15)
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
