"""Condense a survey of Python's socket module into tests/contract/names.json.

    python tools/condense_contract.py FOLDER    where FOLDER holds api.json and constants.json

The survey lists every name by system and Python version, with the C guards and where each was
found; the tests need what has to be there, on which system, and with which value.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SYSTEMS = ("linux", "darwin", "win32")
TARGET = Path(__file__).resolve().parents[1] / "tests" / "contract" / "names.json"

# Where the survey has no value, or the interpreters of that system were found to have another.
MEASURED: dict[str, dict[str, int]] = {
    "linux": {"SO_PASSRIGHTS": 83, "BT_VOICE_TRANSPARENT_16BIT": 0x63},
    "darwin": {},
    "win32": {
        "SOL_IP": 0xFFFB,
        "EAI_NODATA": 11001,
        "MSG_ERRQUEUE": 0x1000,
        "SO_ORIGINAL_DST": 0x300F,
    },
}


def constants(rows: dict[str, Any], names: list[dict[str, Any]]) -> dict[str, Any]:
    """Name -> system -> value, null where only the headers of the system know it."""
    found: dict[str, Any] = {}
    stubs = {n["name"]: n["platforms"] for n in names if n["kind"] == "constant"}
    for name, row in sorted(rows.items()):
        values = {
            system: MEASURED[system].get(name, row[system]["value"])
            for system in SYSTEMS
            if row["exposed_in_3.15"][system] or stubs.get(name, {}).get(system)
        }
        if values:
            found[name] = values
    return found


def condensed(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of one name that a test looks at."""
    short = {"kind": row["kind"], "systems": [s for s in SYSTEMS if row["platforms"][s]]}
    if row.get("signature"):
        short["signatures"] = row.get("overloads") or [row["signature"]]
    if row.get("in___all__"):
        short["in_all"] = True
    return short


def main(folder: Path) -> None:
    names = json.loads((folder / "api.json").read_text())["names"]
    rows = json.loads((folder / "constants.json").read_text())["constants"]
    owners: dict[str, dict[str, Any]] = {}
    for row in names:
        is_constant = row["owner"] == "module" and row["name"] in rows
        if not is_constant and row["kind"] != "enum-member":  # these follow from the constants
            owners.setdefault(row["owner"], {})[row["name"]] = condensed(row)
    contract = {"constants": constants(rows, names), **owners}
    lines = [
        f"{json.dumps(key)}: {{\n"
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in part.items())
        + "\n}"
        for key, part in contract.items()
    ]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
