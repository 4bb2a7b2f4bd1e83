"""The constants that rows are made of: the interpreter's, or Linux' where this system has no such name."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

SURVEY = Path(__file__).resolve().parents[1] / "contract" / "names.json"
LINUX = {
    name: row.get("linux")
    for name, row in json.loads(SURVEY.read_text("utf-8"))["constants"].items()
}


def __getattr__(name: str) -> Any:
    try:
        return getattr(socket, name, None) or LINUX[name]
    except KeyError:
        raise AttributeError(name) from None
