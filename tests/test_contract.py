"""Every name of `socket` is here: the same kind, the same value, the same way to call it.

Held against two things: the interpreter's own module, whatever its version, and contract/names.json,
the names of every version up to 3.15 on Linux, macOS and Windows.
"""

from __future__ import annotations

import _socket
import ast
import inspect
import json
import platform
import socket
import ssl
import struct
import sys
from enum import Enum, IntEnum, IntFlag
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import cffisock

SOCKET: Any = cffisock
LOWER: Any = import_module("cffisock._socket")

CONTRACT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "contract" / "names.json").read_text(encoding="utf-8")
)
SYSTEM = sys.platform if sys.platform in {"linux", "darwin", "win32"} else None
ON_SYSTEM = pytest.mark.skipif(SYSTEM is None, reason="the survey has Linux, macOS and Windows")
IS_PYPY = platform.python_implementation() == "PyPy"

# Names the contract has and this module need not have, each with its reason.
MAY_LACK = {
    "CAPI": "a table of C pointers for C extensions: there is no C object behind these sockets",
    "NI_IDN": "glibc's, unknown to musl",
    "SO_BINDTODEVICE": "in newer SDKs of macOS only",
    "TCP_FASTOPEN": "Windows 10 build 14393 and later",
    "TCP_KEEPCNT": "Windows 10 build 15063 and later",
    "TCP_KEEPIDLE": "Windows 10 build 16299 and later",
    "TCP_KEEPINTVL": "Windows 10 build 16299 and later",
}
if sys.version_info < (3, 14) and SYSTEM == "win32":
    MAY_LACK["TCP_QUICKACK"] = "the interpreters before 3.14 hold Windows' TCP_* to a closed list"
if SYSTEM == "linux":
    MAY_LACK = {name: MAY_LACK[name] for name in ("CAPI", "NI_IDN")}

# What this module has beyond the survey's names, beside its submodules.
ADDITIONS = {"install", "uninstall"}
if SYSTEM == "win32":  # Winsock can, Python's own module does not ask it to
    ADDITIONS |= {"AF_UNIX", "CMSG_LEN", "CMSG_SPACE", "sendmsg", "recvmsg", "recvmsg_into"}
# Names that depend on the libc rather than the system: musl defines IPPROTO_MAX as a macro.
MAY_HAVE = {"IPPROTO_MAX"}
# dir(socket) shows what socket.py imports; PyPy's _socket has some of select's names besides.
IMPORTED = {"io", "os", "sys", "errno", "array", "selectors", "IntEnum", "IntFlag", "partial"}
PYPY_ONLY = {"FD_SETSIZE", "IPPROTO_L2TP", "SIOCGIFINDEX", "SIOCGIFNAME"}

# Numbers that are not the same on every Linux: by libc and kernel headers, by processor.
BY_LIBC = {"SOMAXCONN", "NI_MAXHOST", "CAN_ISOTP_DEFAULT_FRAME_TXTIME"}
if struct.calcsize("l") == 4:  # one number for a time_t of 32 bits, one for 64
    BY_LIBC |= {"SO_RCVTIMEO", "SO_SNDTIMEO"}
BY_PROCESSOR = ("SO_", "SOCK_", "SOL_SOCKET", "IOCTL_VM_SOCKETS")
USUAL_PROCESSORS = ("x86", "amd64", "i386", "i686", "arm", "aarch", "riscv", "s390", "loong")


def public(owner: Any) -> set[str]:
    """The names of the socket API in a namespace of the standard library."""
    names = {name for name in dir(owner) if not name.startswith("_")} - IMPORTED
    if IS_PYPY:
        names = {n for n in names if n not in PYPY_ONLY and not n.startswith("POLL")}
    return names


def kind(value: Any) -> str:
    if isinstance(value, type):
        return "exception" if issubclass(value, Exception) else "class"
    if isinstance(value, Enum):
        return f"member of {type(value).__name__}"
    for of, name in ((int, "int"), (str, "str"), (ModuleType, "module")):
        if isinstance(value, of):
            return name
    return "function" if callable(value) else type(value).__name__


def as_long(value: int) -> int:
    """An integer after a C long, through which the survey's passed on a 64-bit system."""
    bits = 8 * struct.calcsize("l")
    return (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


def expected(section: str) -> dict[str, Any]:
    """The survey's names of one owner on this system."""
    return {n: row for n, row in CONTRACT[section].items() if SYSTEM in row["systems"]}


def expected_constants() -> dict[str, Any]:
    return {n: row[SYSTEM] for n, row in CONTRACT["constants"].items() if SYSTEM in row}


# --- the interpreter's own module ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "ours"), [(socket, cffisock), (_socket, LOWER)], ids=["socket", "_socket"]
)
class TestAgainstTheInterpreter:
    def test_every_name_exists(self, own: Any, ours: Any) -> None:
        # PyPy's _ssl, once imported, leaves names of its own in PyPy's socket.
        strays = {"sslerror", *vars(ssl)} if IS_PYPY else set()
        assert public(own) - set(dir(ours)) - set(MAY_LACK) - strays == set()

    def test_every_name_is_of_the_same_kind(self, own: Any, ours: Any) -> None:
        names = sorted(public(own) & set(dir(ours)))
        differ = {
            name: (kind(getattr(own, name)), kind(getattr(ours, name)))
            for name in names
            if kind(getattr(own, name)) != kind(getattr(ours, name))
        }
        assert differ == {}

    def test_every_plain_value_is_the_same(self, own: Any, ours: Any) -> None:
        differ = {
            name: (value, getattr(ours, name))
            for name, value in vars(own).items()
            if isinstance(value, (int, str)) and name in public(own) and hasattr(ours, name)
            if value != getattr(ours, name)
        }
        assert differ == {}

    def test_the_aliases_are_aliases(self, own: Any, ours: Any) -> None:
        assert ours.error is own.error
        assert ours.timeout.__mro__[1:] == own.timeout.__mro__[1:]
        assert ours.SocketType is LOWER.socket
        assert ours.gaierror.__bases__ == ours.herror.__bases__ == (OSError,)


@pytest.mark.parametrize("name", ["AddressFamily", "SocketKind", "MsgFlag", "AddressInfo"])
def test_enum_members_are_the_interpreters(name: str) -> None:
    own, ours = getattr(socket, name), getattr(cffisock, name)
    assert issubclass(ours, IntFlag if issubclass(own, IntFlag) else IntEnum)
    members = {n: int(m) for n, m in own.__members__.items()}
    assert {n: int(m) for n, m in ours.__members__.items() if n in members} == members


@pytest.mark.parametrize("name", ["socket", "SocketIO", "SocketType"])
def test_classes_have_the_interpreters_attributes(name: str) -> None:
    own, ours = getattr(socket, name), getattr(cffisock, name)
    assert public(own) - public(ours) == set()
    assert {n: kind(getattr(own, n)) for n in public(own) if callable(getattr(own, n))} == {
        n: kind(getattr(ours, n)) for n in public(own) if callable(getattr(own, n))
    }


# --- the survey ----------------------------------------------------------------------------------

ENUMS = {"AF_": "AddressFamily", "SOCK_": "SocketKind", "MSG_": "MsgFlag", "AI_": "AddressInfo"}


def enum_of(name: str) -> str | None:
    """The enum a constant belongs to; names that are not all upper case (AF_DECnet) to none."""
    prefix = name.partition("_")[0] + "_"
    return ENUMS.get(prefix) if name.isupper() else None


@ON_SYSTEM
def test_every_constant_exists() -> None:
    names = expected_constants()
    assert sorted(n for n in names if not hasattr(cffisock, n) and n not in MAY_LACK) == []
    assert sorted(n for n in names if not hasattr(LOWER, n) and n not in MAY_LACK) == []


@ON_SYSTEM
def test_every_constant_has_its_value() -> None:
    usual = SYSTEM != "linux" or platform.machine().lower().startswith(USUAL_PROCESSORS)
    differ = {}
    for name, value in expected_constants().items():
        if value is None or name in BY_LIBC or not hasattr(cffisock, name):
            continue
        if not usual and name.startswith(BY_PROCESSOR):
            continue
        wanted = as_long(value) if isinstance(value, int) and value > 0 else value
        if name.startswith("SIO_"):  # the only unsigned ones
            wanted = value
        if getattr(cffisock, name) != wanted:
            differ[name] = (wanted, getattr(cffisock, name))
    assert differ == {}


@ON_SYSTEM
def test_constants_are_members_of_enums_in_socket_and_plain_in_the_lower_module() -> None:
    wrong = {}
    for name, value in vars(cffisock).items():
        if name in CONTRACT["constants"] and isinstance(value, int):
            enum = enum_of(name)
            wanted: type = getattr(cffisock, enum) if enum else int
            if type(value) is not wanted or type(getattr(LOWER, name)) is not int:
                wrong[name] = type(value)
    assert wrong == {}


@ON_SYSTEM
def test_enums_have_no_other_members() -> None:
    for prefix, enum in ENUMS.items():
        members = set(getattr(cffisock, enum).__members__)
        assert members == {n for n in vars(cffisock) if n.startswith(prefix) and n.isupper()}


@ON_SYSTEM
def test_every_function_and_class_exists() -> None:
    names = set(expected("module")) - set(MAY_LACK)
    assert sorted(names - set(vars(cffisock))) == []


@ON_SYSTEM
@pytest.mark.parametrize("owner", ["socket", "SocketIO"])
def test_every_member_of_a_class_exists(owner: str) -> None:
    names = set(expected(owner)) - {"__getstate__", "_sock"}  # of pickle; of an instance
    assert sorted(n for n in names if not hasattr(getattr(cffisock, owner), n)) == []


# --- nothing more --------------------------------------------------------------------------------


def is_submodule(value: Any) -> bool:
    return isinstance(value, ModuleType) and value.__name__.startswith("cffisock.")


@ON_SYSTEM
def test_nothing_public_beyond_socket() -> None:
    allowed = {*expected("module"), *expected_constants(), *MAY_HAVE, *ADDITIONS, *public(socket)}
    allowed |= IMPORTED & set(dir(socket))
    names = {n for n in dir(cffisock) if not n.startswith("_")}
    assert sorted(n for n in names - allowed if not is_submodule(getattr(cffisock, n))) == []


@ON_SYSTEM
@pytest.mark.parametrize("owner", ["socket", "SocketIO"])
def test_no_public_attribute_beyond_the_classes(owner: str) -> None:
    allowed = {*expected(owner), *public(getattr(socket, owner)), *ADDITIONS}
    assert sorted(public(getattr(cffisock, owner)) - allowed) == []


@ON_SYSTEM
def test_nothing_public_beyond_the_lower_module() -> None:
    allowed = {*expected_constants(), *expected("module"), *public(_socket), *MAY_HAVE, *ADDITIONS}
    assert sorted(public(LOWER) - allowed) == []


@ON_SYSTEM
def test_all_names_what_a_star_import_gives() -> None:
    module = {n for n, row in expected("module").items() if row.get("in_all")}
    wanted = (module | set(expected_constants())) - set(MAY_LACK)
    names = set(SOCKET.__all__)
    assert sorted(wanted - names) == []
    beyond = names - wanted - set(MAY_LACK) - MAY_HAVE - ADDITIONS - set(socket.__all__)
    assert sorted(beyond) == []
    assert sorted(n for n in names if not hasattr(cffisock, n)) == []
    star: dict[str, Any] = {}
    exec("from cffisock import *", star)
    assert set(star) - {"__builtins__"} == names


def test_names_left_out_of_all_are_left_out() -> None:
    assert not {"MsgFlag", "AddressInfo", "SocketIO", "EBADF", "EAGAIN", "EWOULDBLOCK"} & set(
        SOCKET.__all__
    )


# --- signatures ----------------------------------------------------------------------------------


class Shape(NamedTuple):
    """How something can be called: with how many arguments by position, with which by name."""

    fewest: int
    most: int
    keywords: frozenset[str]


def merged(shapes: list[Shape]) -> Shape:
    return Shape(
        min(shape.fewest for shape in shapes),
        max(shape.most for shape in shapes),
        frozenset().union(*(shape.keywords for shape in shapes)),
    )


def shape_of(signature: inspect.Signature) -> Shape:
    rows = list(signature.parameters.values())
    by_position = [p for p in rows if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    by_name = [p for p in rows if p.kind == p.KEYWORD_ONLY]
    return Shape(
        sum(p.default is p.empty for p in by_position),
        len(by_position),
        frozenset(p.name for p in by_position + by_name if p.kind != p.POSITIONAL_ONLY),
    )


def parse(text: str) -> inspect.Signature:
    """The signature a line of the survey spells; a default it cannot spell becomes `...`."""
    spelled = text.replace("=...", "=Ellipsis")
    tree = ast.parse(f"def {spelled}: pass").body[0]
    assert isinstance(tree, ast.FunctionDef)
    args = tree.args
    empty = inspect.Parameter.empty
    places = [*args.posonlyargs, *args.args]
    defaults = [empty] * (len(places) - len(args.defaults)) + [literal(d) for d in args.defaults]
    rows = []
    for index, (arg, default) in enumerate(zip(places, defaults)):
        only = index < len(args.posonlyargs)
        kind_ = (
            inspect.Parameter.POSITIONAL_ONLY if only else inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        rows.append(inspect.Parameter(arg.arg, kind_, default=default))
    for arg, value in zip(args.kwonlyargs, args.kw_defaults):
        default = literal(value) if value else empty
        rows.append(inspect.Parameter(arg.arg, inspect.Parameter.KEYWORD_ONLY, default=default))
    return inspect.Signature(rows)


def literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return eval(ast.unparse(node), {**vars(cffisock), "Ellipsis": ...})


def callables(owner: str) -> list[str]:
    """What has a signature in the contract: what must be here, and what is here beyond that."""
    home = cffisock if owner == "module" else getattr(cffisock, owner)
    here = {n: row for n, row in CONTRACT[owner].items() if hasattr(home, n)}
    return sorted(
        n
        for n, row in ({**here, **expected(owner)} if SYSTEM else {}).items()
        if row.get("signatures") and n != "__getstate__"
    )


def actual(owner: str, name: str) -> inspect.Signature:
    value = getattr(cffisock if owner == "module" else getattr(cffisock, owner), name)
    signature = inspect.signature(value)
    rows = list(signature.parameters.values())
    return signature.replace(parameters=rows if owner == "module" else rows[1:])


def survey(owner: str, name: str) -> tuple[list[inspect.Signature], Shape]:
    spelled = [parse(text) for text in CONTRACT[owner][name]["signatures"]]
    return spelled, merged([shape_of(signature) for signature in spelled])


SIGNATURES = [(o, n) for o in ("module", "socket", "SocketIO") for n in callables(o)]


@pytest.mark.parametrize(("owner", "name"), SIGNATURES, ids=lambda value: value)
def test_callables_take_the_same_arguments(owner: str, name: str) -> None:
    spelled, shape = survey(owner, name)
    ours = actual(owner, name)
    # With `*args` the callable counts for itself; the next test calls it.
    if not any(p.kind == p.VAR_POSITIONAL for p in ours.parameters.values()):
        assert shape_of(ours) == shape
    defaults = {
        p.name: p.default
        for p in spelled[0].parameters.values()
        if p.default is not p.empty and p.default is not ...
    }
    found = {n: ours.parameters[n].default for n in defaults if n in ours.parameters}
    assert {n: defaults[n] for n in found} == found


# sendmsg_afalg() asks for the family before it looks at its arguments.
COUNTED = [(owner, name) for owner, name in SIGNATURES if name != "sendmsg_afalg"]


@pytest.mark.parametrize(("owner", "name"), COUNTED, ids=lambda value: value)
def test_a_wrong_number_of_arguments_is_a_type_error(owner: str, name: str) -> None:
    _, shape = survey(owner, name)
    with cffisock.socket() as sock:
        subject = {"module": cffisock, "socket": sock}.get(owner) or sock.makefile("rb", 0)
        with pytest.raises(TypeError):
            getattr(subject, name)(*[None] * (shape.most + 1))
        if shape.fewest:
            with pytest.raises(TypeError):
                getattr(subject, name)(*[None] * (shape.fewest - 1))


@pytest.mark.parametrize(("owner", "name"), SIGNATURES, ids=lambda value: value)
def test_callables_written_in_python_have_the_interpreters_signature(owner: str, name: str) -> None:
    own = getattr(socket if owner == "module" else getattr(socket, owner), name, None)
    if not hasattr(own, "__code__") or IS_PYPY:
        own = None  # nothing to hold it against: of a newer version, or not written in Python
    if own is not None:
        rows = list(inspect.signature(own).parameters.values())[owner != "module" :]
        ours = actual(owner, name).parameters
        assert [p.name for p in rows] == list(ours)[: len(rows)]
        assert [p.kind for p in rows] == [ours[p.name].kind for p in rows]
