"""Lets tox find pyenv's interpreters, also those that no `pyenv global` or PYENV_VERSION names."""

from __future__ import annotations

import os
from pathlib import Path

versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
os.environ["PATH"] = os.pathsep.join(
    [os.environ.get("PATH", os.defpath), *sorted(map(str, versions.glob("3.*/bin")))]
)
