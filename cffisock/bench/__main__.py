"""`python -m cffisock.bench` is `python -m cffisock bench`."""

from __future__ import annotations

import sys

from cffisock.bench.cli import main

sys.exit(main())
