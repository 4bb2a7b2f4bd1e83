"""tox' plugin of this project: finds pyenv's interpreters, and ends a run with one table of what ran.

The table is also left in RESULTS, for tools/platforms.py.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tox.plugin import impl

sys.path.insert(0, str(Path(__file__).parent / "tools"))

from junit import of_environment

if TYPE_CHECKING:
    from tox.execute import Outcome
    from tox.tox_env.api import ToxEnv

# Interpreters that no `pyenv global` or PYENV_VERSION names.
versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
os.environ["PATH"] = os.pathsep.join(
    [os.environ.get("PATH", os.defpath), *sorted(map(str, versions.glob("3.*/bin")))]
)

Row = tuple[str, str, int, int, int, float]
ROWS: list[Row] = []


def results(tox_env: ToxEnv) -> Path:
    folder: Path = tox_env.core["work_dir"] / "results"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@impl
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    """What an earlier run has left is not this one's."""
    for file in results(tox_env).glob(f"{tox_env.name}.*"):
        file.unlink()


@impl
def tox_after_run_commands(tox_env: ToxEnv, exit_code: int, outcomes: list[Outcome]) -> None:
    folder, name = results(tox_env), tox_env.name
    if not ROWS:
        atexit.register(print_table)
    parts = of_environment(folder, name)
    passed, failed, skipped = (sum(part[column] for part in parts) for column in (1, 2, 3))
    row = (
        name,
        "failed" if exit_code else "ok",
        passed,
        failed,
        skipped,
        round(sum(outcome.elapsed for outcome in outcomes), 1),
    )
    ROWS.append(row)
    (folder / f"{name}.json").write_text(json.dumps(row), encoding="utf-8")


def print_table() -> None:
    """Tests are pytest's; an environment that runs something else has none, and its outcome only."""
    line = "{:<16} {:<7} {:>7} {:>7} {:>8} {:>8}"
    print("\n" + line.format("environment", "outcome", "passed", "failed", "skipped", "seconds"))
    for name, outcome, *counts, seconds in ROWS:
        shown = counts if any(counts) else ["-"] * 3
        print(line.format(name, outcome, *shown, round(seconds)))
