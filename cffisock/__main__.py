"""``python -m cffisock [check|run|bench]``: finds the command and imports it, nothing else."""

from __future__ import annotations

import os
import sys
from importlib import import_module

COMMANDS = {
    "check": "cffisock._selfcheck",
    "run": "cffisock._program",
    "bench": "cffisock.bench",
}

HELP = """\
usage: python -m cffisock [COMMAND] [OPTION...]

Python's socket module, rebuilt on CFFI.

commands:
  check  show what this machine's sockets can do and try them over loopback (the default)
  run    run a Python program with cffisock in the place of socket
  bench  measure cffisock beside the interpreter's own socket

options:
  -h, --help     show this text; after a command, that command's own
  -V, --version  show the version

python -m cffisock --json is python -m cffisock check --json: options alone belong to check.
"""


# Exit statuses of programs that die from a signal, as shells give them.
INTERRUPTED, NOBODY_READS = 128 + 2, 128 + 13


def main(argv: list[str]) -> int:
    """Run the command `argv` names; returns the exit status."""
    if argv[:1] == ["run"]:  # what becomes of its signals and streams is the program's matter
        return _command(argv)
    try:
        try:
            return _command(argv)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who read the output has seen enough; what is left of it goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS


def _command(argv: list[str]) -> int:
    if argv and argv[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0
    if argv and argv[0] in ("-V", "--version"):
        print(f"cffisock {import_module('importlib.metadata').version('cffisock')}")
        return 0
    command = "check"
    if argv and not argv[0].startswith("-"):
        command, argv = argv[0], argv[1:]
    if command not in COMMANDS:
        print(HELP, end="", file=sys.stderr)
        print(f"\npython -m cffisock: no command {command!r}", file=sys.stderr)
        return 2
    status: int = import_module(COMMANDS[command]).main(argv)
    return status


if __name__ == "__main__":
    _status = main(sys.argv[1:])
    if _status:  # after python -i a SystemExit, of 0 too, is shown as an error
        sys.exit(_status)
