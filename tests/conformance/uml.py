"""The comparison in User-Mode Linux: the environments are made here, the runner starts again there.

Inside, / is this machine's and read-only, and there is no way out: nothing can be built there.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from interpreters import PROJECT, Interpreter

PREPARE = """
set -e
modprobe -a sctp vsock_loopback vcan can-raw can-bcm can-j1939 tipc
modprobe -a af_alg algif_hash algif_skcipher algif_aead algif_rng
ip link add dev vcan0 type vcan
ip link set vcan0 up
export PYTHONDONTWRITEBYTECODE=1
cd /tmp
"""
SECONDS = "3000"


def command_inside(args: argparse.Namespace, interpreters: Sequence[Interpreter]) -> str:
    """The same comparison, by the same interpreter, one suite at a time: there is one processor."""
    words = [sys.executable, str(Path(__file__).with_name("run.py")), "--jobs", "1"]
    words += ["--where", "in User-Mode Linux", "--json", "/mnt/record", "--markdown", "/mnt/tables"]
    for option, values in (
        ("--python", [each.python for each in interpreters]),
        ("--match", args.match),
    ):
        words += [word for value in values for word in (option, value)]
    return PREPARE + shlex.join([*words, "--modules", *args.modules])


def in_uml(args: argparse.Namespace, interpreters: Sequence[Interpreter], work: Path) -> int:
    """Compare inside; bring the record and the tables out. 99 is a kernel that did not start."""
    out = work / "uml"
    environment = {"CFFISOCK_UML_TIMEOUT": SECONDS, **os.environ}
    command = [str(PROJECT / "tools" / "uml.sh"), str(out), command_inside(args, interpreters)]
    status = subprocess.run([*command, str(PROJECT), str(work)], env=environment).returncode
    for name, target in (("record", args.json), ("tables", args.markdown)):
        if target and (out / name).exists():
            shutil.copy(out / name, target)
    return status
