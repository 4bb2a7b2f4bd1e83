"""The layouts of layouts.json as C: asserted of a system's own headers, or put in their place.

    python tests/golden/layouts.py TARGET > asserts.c     (tools/cross.sh compiles it for TARGET)
    python tests/golden/layouts.py --libraries FOLDER COMPILER [LIBRARY...]   (for tools/windows/build.sh)

So test_golden.py may run the rooms' C on Linux in the geometry of a system that cannot run here: the
compiler has agreed, for that system, that this is its geometry.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BACKENDS = HERE.parents[1] / "backends"
LAYOUTS: dict[str, Any] = json.loads((HERE / "layouts.json").read_text(encoding="utf-8"))

# Alike on every system: sizes, and where the fields are.
SIZES = {"sockaddr_in": 16, "sockaddr_in6": 28}
FIELDS = {
    "sockaddr_in": {"sin_port": 2, "sin_addr": 4},
    "sockaddr_in6": {
        "sin6_port": 2, "sin6_flowinfo": 4, "sin6_addr": 8, "sin6_scope_id": 24,
    },
}  # fmt: skip
FAMILIES = {"sockaddr_in": "sin_family", "sockaddr_in6": "sin6_family", "sockaddr_un": "sun_family"}


def equal(expression: str, value: int) -> str:
    return f'_Static_assert({expression} == {value}, "{expression} is {value}");'


def facts(layout: dict[str, Any]) -> Iterator[str]:
    """What must be true of a system with this layout."""
    header = dict(layout["cmsghdr"])
    yield equal("sizeof(CS_CMSGHDR)", header.pop("size"))
    yield equal("sizeof(((CS_CMSGHDR *)0)->cmsg_len)", header.pop("cmsg_len"))
    for field, offset in header.items():
        yield equal(f"offsetof(CS_CMSGHDR, {field})", offset)
    start, step = layout["start"], layout["step"]
    for length in (0, 1, 4, 5, 12, 20):
        yield equal(f"CS_CMSG_LEN({length})", start + length)
        yield equal(f"CS_CMSG_SPACE({length})", -(-(start + length) // step) * step)
    for struct, size in SIZES.items():
        yield equal(f"sizeof(struct {struct})", size)
        for field, offset in FIELDS[struct].items():
            yield equal(f"offsetof(struct {struct}, {field})", offset)
    for struct, field in FAMILIES.items():
        yield equal(f"offsetof(struct {struct}, {field})", layout["family"]["at"])
        yield equal(f"sizeof(((struct {struct} *)0)->{field})", layout["family"]["size"])
    yield equal("offsetof(struct sockaddr_un, sun_path)", 2)
    yield equal("sizeof(((struct sockaddr_un *)0)->sun_path)", layout["sun_path"])
    yield equal("sizeof(struct sockaddr_storage)", layout["storage"])
    yield equal("AF_INET", 2)
    yield equal("AF_INET6", layout["AF_INET6"])


def asserts(target: str) -> str:
    """A program that compiles for `target` only where the table is right about it."""
    (layout,) = (layout for layout in LAYOUTS.values() if target in layout["targets"])
    windows = "windows" in target
    headers = ['"windows/shim.c"', "<afunix.h>"] if windows else ['"posix/shim.c"']
    includes = [f"#include {header}" for header in [*headers, "<stddef.h>"]]
    return "\n".join([*includes, *facts(layout), ""])


def foreign(name: str) -> str:
    """The structs and macros of a system, under the names that the rooms' C uses."""
    layout = LAYOUTS[name]
    header, start, step = layout["cmsghdr"], layout["start"], layout["step"]
    gap = header["cmsg_level"] - header["cmsg_len"]
    padding = f"char gap[{gap}]; " if gap else ""
    family = "uint16_t family;" if layout["family"]["size"] == 2 else "uint8_t len, family;"
    head = [family.replace("family", f"{prefix}_family").replace("len", f"{prefix}_len")
            for prefix in ("sa", "sin", "sin6")]  # fmt: skip
    return f"""
typedef struct {{ uint{header["cmsg_len"] * 8}_t cmsg_len; {padding}int32_t cmsg_level, cmsg_type; }} CS_CMSGHDR;
#define CS_CMSG_LEN(length) ((size_t){start} + (length))
#define CS_CMSG_SPACE(length) ((CS_CMSG_LEN(length) + {step - 1}) / {step} * {step})
struct foreign {{ {head[0]} }};
struct foreign_in {{ {head[1]} uint16_t sin_port; struct in_addr sin_addr; char zero[8]; }};
struct foreign_in6 {{ {head[2]} uint16_t sin6_port; uint32_t sin6_flowinfo; struct in6_addr sin6_addr; uint32_t sin6_scope_id; }};
#define FOREIGN_INET6 {layout["AF_INET6"]}
{"#define CS_HAVE_SA_LEN" if layout["family"]["at"] else ""}
"""


def library(name: str, folder: Path, compiler: str, *libraries: str) -> Path:
    """Compile the rooms' C in one layout, warnings being errors; returns the shared library."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "layout.h").write_text(foreign(name), encoding="utf-8")
    made = folder / f"{name}.library"
    compiled("room.c", made, compiler, "-I", str(folder), *libraries)
    return made


def compiled(source: str, made: Path, compiler: str, *more: str) -> None:
    """Compile a file of this folder into a shared library, warnings being errors."""
    command = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared"]
    command += [] if "mingw" in compiler else ["-fPIC"]
    command += ["-I", str(BACKENDS), "-o", str(made), str(HERE / source)]
    done = subprocess.run([*command, *more], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)


# Whose sendfile() sendfile.c plays.
SENDERS = ("macos", "freebsd")


def sender(name: str, folder: Path, compiler: str) -> Path:
    """Compile cs_sendfile() of a system, over a kernel that does as it is told."""
    made = folder / f"sendfile-{name}.library"
    compiled("sendfile.c", made, compiler, f"-D{name.upper()}", "-D_FILE_OFFSET_BITS=64")
    return made


if __name__ == "__main__":
    if sys.argv[1] == "--libraries":
        for each in LAYOUTS:
            library(each, Path(sys.argv[2]), *sys.argv[3:])
        for each in SENDERS:
            sender(each, Path(sys.argv[2]), sys.argv[3])
    else:
        sys.stdout.write(asserts(sys.argv[1]))
