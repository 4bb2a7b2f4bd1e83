"""The room's C under AddressSanitizer and UndefinedBehaviorSanitizer, with both ways to make a batch."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
BACKENDS = HERE.parents[1] / "backends"
SANITIZE = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

compiler = shutil.which(os.environ.get("CC", "cc"))
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the program is of the POSIX room"),
    pytest.mark.skipif(compiler is None, reason="no C compiler"),
]


def compile_c(target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    assert compiler is not None
    command = [compiler, "-std=c11", "-Wall", "-Wextra", "-Wno-unused-function", *SANITIZE]
    command += ["-I", str(BACKENDS), *options, "-o", str(target)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("options", [[], ["-DCS_LOOP"]], ids=["native", "loop"])
def test_batches_and_control_messages(tmp_path: Path, options: list[str]) -> None:
    empty = tmp_path / "empty.c"
    empty.write_text("int main(void) { return 0; }\n")
    if compile_c(tmp_path / "empty", str(empty)).returncode:
        pytest.skip("the compiler has no sanitizers")
    program = tmp_path / "batch"
    made = compile_c(program, "-Werror", *options, str(HERE / "batch.c"))
    assert not made.returncode, made.stderr
    ran = subprocess.run([program], capture_output=True, text=True, timeout=50)
    assert not ran.returncode, ran.stdout + ran.stderr
