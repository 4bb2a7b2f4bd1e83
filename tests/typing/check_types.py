"""Run mypy for each system on the package as it is installed, with the rooms inside it.

mypy reads no import hooks, so the sources are laid out in a scratch folder first.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "tests/typing/check_rooms.py", ROOT / "build_ffi.py", ROOT / "setup.py"]
PLATFORMS = {"linux": [], "darwin": [], "win32": ["--exclude", "/posix/"]}


def lay_out(folder: Path) -> None:
    shutil.copytree(ROOT / "cffisock", folder / "cffisock")
    shutil.copytree(ROOT / "backends", folder / "cffisock/backends")


def failed(folder: Path, platform: str) -> bool:
    mypy = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    mypy += ["--platform", platform, *PLATFORMS[platform]]
    print(f"mypy --strict --platform {platform}", flush=True)
    package = subprocess.run([*mypy, "-p", "cffisock"], cwd=folder, check=False)
    beside = subprocess.run([*mypy, *FILES], cwd=folder, check=False)
    return bool(package.returncode or beside.returncode)


def main() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        lay_out(Path(scratch))
        return sum(failed(Path(scratch), platform) for platform in PLATFORMS) > 0


if __name__ == "__main__":
    sys.exit(main())
