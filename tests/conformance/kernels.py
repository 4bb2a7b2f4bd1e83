"""The comparison in another kernel: the environments are made here, the runner starts again there.

Inside, / is this machine's, and there is no way out: nothing can be built there.
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

# A script of tools/ -> what the tables say of an interpreter in that kernel.
MACHINES = {"uml": "in User-Mode Linux", "vm": "in a virtual machine"}
LIMIT = {"CFFISOCK_UML_TIMEOUT": "3000", "CFFISOCK_VM_TIMEOUT": "3000"}
PREPARE = f"""
set -e
bash {shlex.quote(str(PROJECT / "tools" / "kernel-modules.sh"))}
export PYTHONDONTWRITEBYTECODE=1
cd /tmp
"""


def command_inside(args: argparse.Namespace, interpreters: Sequence[Interpreter]) -> str:
    """The same comparison, by the same interpreter, one suite at a time: there is one processor."""
    words = [sys.executable, str(Path(__file__).with_name("run.py")), "--jobs", "1"]
    words += [
        "--where",
        MACHINES[args.kernel],
        "--json",
        "/mnt/record",
        "--markdown",
        "/mnt/tables",
    ]
    for option, values in (
        ("--python", [each.python for each in interpreters]),
        ("--match", args.match),
    ):
        words += [word for value in values for word in (option, value)]
    return PREPARE + shlex.join([*words, "--modules", *args.modules])


def in_kernel(args: argparse.Namespace, interpreters: Sequence[Interpreter], work: Path) -> int:
    """Compare inside; bring the record and the tables out. 99 is a kernel that did not start."""
    out = work / args.kernel
    script = PROJECT / "tools" / f"{args.kernel}.sh"
    command = [str(script), str(out), command_inside(args, interpreters)]
    environment = {**LIMIT, **os.environ}
    status = subprocess.run([*command, str(PROJECT), str(work)], env=environment).returncode
    for name, target in (("record", args.json), ("tables", args.markdown)):
        if target and (out / name).exists():
            shutil.copy(out / name, target)
    return status
