"""Run other packages' own suites on the interpreter's sockets and on ours; compare test by test.

    python suites/run.py [PACKAGE...] [--json FILE]

Each run has a network of its own with nothing outside: loopback, and a sink that swallows what is
sent elsewhere. Tests that differ run again alone, three times a side: a test that can come out
the same on both is "unsteady" and no difference. The exit status is 1 when a difference stays that
no line of table.py explains.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from child import SIDES, command  # noqa: E402 -- it lies one folder up
from table import SUITES, Suite  # noqa: E402

# No name server, no way out; a connection to elsewhere gets no answer, as the suites expect.
NETWORK = """
mount --bind /dev/null /etc/resolv.conf
ip link set lo up
ip link add sink type veth peer name drain
ip link set sink arp off up
ip link set drain up
ip address add 10.0.0.1/24 dev sink
ip route add default dev sink
exec "$@"
"""
INSIDE = ["unshare", "--net", "--mount", "--", "sh", "-ec", NETWORK, "sh"]
CARRY_ON = "--continue-on-collection-errors"
AGAIN = 3
Results = dict[str, dict[str, str]]


def sources(suite: Suite, folder: Path) -> Path:
    """The folder a suite runs in."""
    if suite.source == "installed":
        return folder
    wanted = f"{suite.package}=={version(suite.package)}"
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, "-d", str(folder), wanted], check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder)
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


def arguments(suite: Suite, tests: Sequence[str] = ()) -> list[str]:
    """What follows the interpreter; `tests` are names of single tests instead of all."""
    if suite.runner == "trial":
        return ["-m", "record", "trial", *(tests or suite.args)]
    plugins = ["record", "no:cacheprovider", *suite.plugins]
    options = [option for name in plugins for option in ("-p", name)]
    root = "."
    if suite.source == "installed":
        root = sysconfig.get_path("platlib")  # names of tests are paths from here
        tests = [f"{root}/{test}" for test in tests]
    options += ["-c", suite.config or os.devnull, "--rootdir", root]
    return ["-m", "pytest", "-q", CARRY_ON, *options, *(tests or suite.args)]


def run(suite: Suite, side: str, folder: Path, tests: Sequence[str] = ()) -> Results:
    """One run of a suite: each test's outcome and what it said."""
    record = folder / f".record-{side}"
    record.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE),
        "CFFISOCK_RECORD": str(record),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    with (folder / f".log-{side}").open("wb") as log:
        args = [*INSIDE, *command(side, arguments(suite, tests))]
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        subprocess.run(args, cwd=folder, env=environment, timeout=suite.seconds, **options)
    results: Results = {}
    if record.exists():
        for line in record.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            results[entry["test"]] = entry
    if not results:
        raise SystemExit((folder / f".log-{side}").read_text(errors="replace")[-3000:])
    return results


def outcome(results: Results, test: str) -> str:
    return results[test]["outcome"] if test in results else "not run"


def settled(suite: Suite, folder: Path, test: str) -> bool:
    """Whether a test that differed comes out the same when it runs alone."""
    seen: dict[str, set[str]] = {side: set() for side in SIDES}
    for _ in range(AGAIN):
        for side in SIDES:
            seen[side].add(outcome(run(suite, side, folder, [test]), test))
        if set.intersection(*seen.values()) - {"not run"}:
            return True
    return False


def compare(suite: Suite) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="cffisock-") as name:
        folder = sources(suite, Path(name))
        results, seconds = {}, {}
        for side in SIDES:
            start = time.monotonic()
            results[side] = run(suite, side, folder)
            seconds[side] = round(time.monotonic() - start)
        there, here = (results[side] for side in SIDES)
        differing = [
            test for test in sorted({*there, *here}) if outcome(there, test) != outcome(here, test)
        ]
        unsteady = [test for test in differing if settled(suite, folder, test)]
    differences = {
        test: {
            "stdlib": outcome(there, test),
            "cffisock": outcome(here, test),
            "why": next(
                (why for glob, why in suite.explained.items() if fnmatchcase(test, glob)), ""
            ),
            "detail": here.get(test, {}).get("detail", ""),
        }
        for test in differing
        if test not in unsteady
    }
    counts = {side: Counter(entry["outcome"] for entry in results[side].values()) for side in SIDES}
    return {
        "package": suite.package,
        "version": version(suite.package),
        "what": suite.what,
        "counts": counts,
        "seconds": seconds,
        "failed on both": sorted(
            test for test in there if outcome(there, test) == outcome(here, test) == "failed"
        ),
        "unsteady": unsteady,
        "differences": differences,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("packages", nargs="*", choices=[[], *(s.package for s in SUITES)])
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results there")
    options = parser.parse_args()
    before = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    unexplained = ran = 0
    # Ignored in a job that a shell put into the background, and so in its children: some suites wait for it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for suite in SUITES:
        if options.packages and suite.package not in options.packages:
            continue
        try:
            found = compare(suite)
        except subprocess.TimeoutExpired as expired:
            print(f"{suite.package}: no end in {suite.seconds} s: {expired.cmd}", flush=True)
            unexplained += 1
            continue
        before[suite.package] = found
        ran += found["counts"]["cffisock"]["passed"]
        unexplained += sum(not item["why"] for item in found["differences"].values())
        print(suite.package, found["version"], *(dict(c) for c in found["counts"].values()))
        print(f"  unsteady {found['unsteady']}, {found['seconds']} s", flush=True)
        for test, item in found["differences"].items():
            print(f"  {test}: {item['stdlib']} -> {item['cffisock']}  {item['why']}")
        if options.json:
            options.json.write_text(json.dumps(before, indent=1) + "\n")
    print(f"{ran} passed, {unexplained} failed")
    return int(bool(unexplained) or not ran)


if __name__ == "__main__":
    sys.exit(main())
