"""Lay the package out in a folder as it is installed, but for the compiled part: mypy reads no import hooks."""

import shutil
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[2]
package = Path(sys.argv[1], "cffisock")

shutil.rmtree(package, ignore_errors=True)
shutil.copytree(root / "cffisock", package)
shutil.copytree(root / "backends", package / "backends")
