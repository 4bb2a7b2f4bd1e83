"""Runs pytest without putting the current folder (the sources) before the laid-out package."""

from __future__ import annotations

import sys

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main())
