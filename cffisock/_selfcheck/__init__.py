"""``python -m cffisock``: what this machine's sockets are, and whether ours work on it.

`facts` reads, `kernel` asks the kernel, `trips` sends data and checks it, `report` shows it all.
Only a failed round trip is a failure: what a kernel lacks is named and counted apart.
"""

from __future__ import annotations

import argparse
import json
import sys

from cffisock._selfcheck import kernel, report, trips
from cffisock._selfcheck.facts import facts
from cffisock._selfcheck.results import Result

DESCRIPTION = """\
Show how cffisock was built, which address families, options and features this kernel really has,
and try live round trips over loopback. Nothing leaves this machine. What the kernel, its
configuration or the rights of this process do not offer is named, and is no failure.
"""
EPILOG = "exit status: 0 every check passed or is not possible here, 1 a check failed, 2 bad usage"


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m cffisock check",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object instead")
    args = parser.parse_args(argv)
    known = facts()
    sections = run()
    if args.json:
        report.write(json.dumps(report.as_json(known, sections), indent=2) + "\n")
    else:
        report.write(report.as_text(known, sections, report.wants_colour(sys.stdout)))
    return 0 if report.passed(sections) else 1


def run() -> dict[str, list[Result]]:
    """Ask and try everything: the sections of the report with their results."""
    return {
        "families": kernel.families(),
        "options": kernel.options(),
        "features": kernel.features(),
        "checks": trips.trips(),
    }
