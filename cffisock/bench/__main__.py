"""`python -m cffisock.bench` is `python -m cffisock bench`."""

from __future__ import annotations

import sys

from cffisock.__main__ import main

sys.exit(main(["bench", *sys.argv[1:]]))
