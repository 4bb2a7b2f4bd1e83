"""Tests of the Windows room: only Windows (or Wine) can run them, so only it collects them."""

from __future__ import annotations

import os

collect_ignore_glob = ["test_*.py"] if os.name != "nt" else []
