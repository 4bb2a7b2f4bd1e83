"""constants.txt against the system it was compiled on, and the table Python reads from it."""

from __future__ import annotations

import ast
import platform
import re
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from cffisock._ffi import ffi, lib
from cffisock.backends.table import CONSTANTS, TEXTS

SOURCE = Path(__file__).resolve().parents[1] / "backends" / "constants.txt"
# Processors whose Linux has numbers of its own for SO_*.
SPECIAL = platform.machine().startswith(("alpha", "mips", "parisc", "sparc"))
LINUX = "linux-special" if SPECIAL else "linux-generic"
BSDS = ("freebsd", "netbsd", "openbsd")
# Which sections a system reads, by sys.platform.
SYSTEMS = {
    "linux": {"any", "posix", "linux", LINUX},
    "darwin": {"any", "posix", "apple"},
    "win32": {"any", "windows"},
    **{bsd: {"any", "posix", "bsd", bsd} for bsd in BSDS},
}
HERE = next((read for name, read in SYSTEMS.items() if sys.platform.startswith(name)), {"any"})

# Values the headers changed over the years; the header's is right for the system it is on.
CHANGED = {
    "CAN_ISOTP_DEFAULT_FRAME_TXTIME",  # 0 before Linux 5.18
}


class Row(NamedTuple):
    section: str
    name: str
    value: str  # "" where the headers are asked


def rows() -> list[Row]:
    found, section = [], "any"
    for line in SOURCE.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[]")
        elif text:
            name, _, value = (part.strip() for part in text.partition("="))
            found.append(Row(section, name, value))
    return found


ROWS = rows()


def test_sections_are_known() -> None:
    known = set().union(*SYSTEMS.values(), {"linux-generic", "linux-special"})
    assert {row.section for row in ROWS} <= known


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_no_system_reads_a_name_twice(system: str) -> None:
    counts = Counter(row.name for row in ROWS if row.section in SYSTEMS[system])
    assert [name for name, count in counts.items() if count > 1] == []


def test_names_are_spelled_as_constants() -> None:
    assert [row.name for row in ROWS if not re.fullmatch(r"[A-Z][A-Za-z0-9_]+", row.name)] == []


def test_the_table_is_whole() -> None:
    names = ffi.string(lib.cs_constant_names).decode().split()
    assert len(names) == lib.cs_constant_count
    assert set(CONSTANTS) <= set(names)
    assert all(type(value) is int for value in CONSTANTS.values())


def test_names_with_a_value_are_there_whatever_the_headers() -> None:
    wanted = {row.name for row in ROWS if row.section in HERE and row.value}
    assert sorted(wanted - set(CONSTANTS) - removed_by_the_room()) == []


def test_names_of_other_systems_are_not() -> None:
    assert set(CONSTANTS) <= {row.name for row in ROWS if row.section in HERE}


def removed_by_the_room() -> set[str]:
    """What Windows may lack: options of newer builds, a family, a name of newer interpreters."""
    if sys.platform != "win32":
        return set()
    newer = {"TCP_FASTOPEN", "TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "AF_UNIX"}
    return newer | ({"TCP_QUICKACK"} if sys.version_info < (3, 14) else set())


def test_values_written_down_are_the_headers_own() -> None:
    """A header's macro goes before the number beside it, so a wrong number would stay unseen."""
    differ = {}
    for row in ROWS:
        if row.section not in HERE or row.name in CHANGED or "(" in row.value or not row.value:
            continue
        written = as_long(row.name, ast.literal_eval(row.value))
        if CONSTANTS.get(row.name, written) != written:
            differ[row.name] = (written, CONSTANTS[row.name])
    assert differ == {}


def as_long(name: str, value: int) -> int:
    bits = 8 * struct.calcsize("l")
    wrapped = (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
    return value if name.startswith("SIO_") else wrapped


def test_values_have_passed_through_a_c_long() -> None:
    broadcast = -1 if struct.calcsize("l") == 4 else 0xFFFFFFFF
    assert CONSTANTS["INADDR_BROADCAST"] == CONSTANTS["INADDR_NONE"] == broadcast
    assert CONSTANTS["INADDR_LOOPBACK"] == 0x7F000001


@pytest.mark.skipif(sys.platform != "win32", reason="ioctl codes are of Windows")
def test_ioctl_codes_are_unsigned() -> None:
    assert CONSTANTS["SIO_RCVALL"] == 0x98000001
    if sys.version_info >= (3, 14):
        assert CONSTANTS["TCP_QUICKACK"] == 0x98000017 - 2**32


@pytest.mark.skipif(sys.platform != "linux", reason="of the Linux kernel's ABI")
def test_numbers_that_differ_between_processors_come_from_the_headers() -> None:
    by_processor = [
        row.name
        for row in ROWS
        if row.section in HERE - {"linux-generic"}
        and re.match(r"(SO|SOCK)_(?!J1939|VM_|ORIGINAL)|SOL_SOCKET", row.name)
    ]
    assert [
        row for row in ROWS if row.name in by_processor and row.section in HERE and row.value
    ] == []
    if platform.machine() in {"x86_64", "aarch64"}:
        assert CONSTANTS["IOCTL_VM_SOCKETS_GET_LOCAL_CID"] == 0x7B9


def test_texts_come_with_their_family() -> None:
    for family, name in [("AF_BLUETOOTH", "BDADDR_ANY"), ("AF_HYPERV", "HV_GUID_PARENT")]:
        assert (name in TEXTS) == (family in CONSTANTS)
