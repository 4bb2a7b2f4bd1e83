"""The bench: that it runs, measures both sides and reports; never how fast anything was."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cffisock.bench import main
from cffisock.bench.case import load_all
from cffisock.bench.counts import can_count_calls
from cffisock.bench.report import amount, as_markdown, load_ratios, rows
from cffisock.bench.runner import Plan, Result, run_case

# These start programs or move hundreds of mebibytes: `bench --quick` runs them all the same.
SLOW = ("aiohttp", "asyncio", "http", "import", "makefile", "memory", "open", "sendall", "sendfile")


@pytest.mark.parametrize("name", [n for n in load_all() if not n.startswith(SLOW)])
def test_every_case_runs_on_both_sides(name: str) -> None:
    if name == "msg" and not hasattr(socket.socket, "recvmsg"):
        pytest.skip("the interpreter has no recvmsg() on this system")
    result = run_case(load_all()[name], Plan(sample=1e-4, seconds=0, rounds=3, quick=True))
    assert not result.skipped
    assert result.rounds == 3
    assert min(result.socket, result.cffisock, result.ratio) > 0


def test_command_writes_json_and_reads_it_as_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "run.json")
    arguments = ["--quick", "--only", "fileno", "--json", file]
    assert main(arguments) == 0
    (ratio,) = load_ratios(file).values()
    assert main([*arguments, "--no-calls", "--baseline", file]) == 0
    output = capsys.readouterr().out.splitlines()
    assert output[-1].startswith("| fileno()")
    assert f" {ratio:.2f} " in output[-1]
    assert json.loads(Path(file).read_text())["facts"]["python"]


def test_system_calls_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    if not can_count_calls():
        pytest.skip("needs strace and leave to trace")
    assert main(["--quick", "--only", "unix.timed"]) == 0
    assert "2 poll" in capsys.readouterr().out, "the interpreter polls before each timed call"


def test_plot_is_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    command = [sys.executable, "-m", "cffisock.bench", "--quick", "--only", "fileno", "--no-calls"]
    for name in ("plot.svg", "plot.png"):
        # In a process of its own: matplotlib keeps its fonts open.
        subprocess.run([*command, "--plot", str(tmp_path / name)], check=True)
        assert (tmp_path / name).stat().st_size > 1000


def test_list_names_cases_and_unknown_names_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--only", "unix"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main(["--only", "nonsense"]) == 2


@pytest.mark.parametrize("option", ["--json", "--plot", "--baseline"])
def test_files_that_cannot_be_are_named_before_anything_is_measured(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "no" / "file.svg")
    with pytest.raises(SystemExit) as caught:
        main(["--quick", "--only", "fileno", "--no-calls", option, path])
    assert caught.value.code == 2
    output, errors = capsys.readouterr()
    assert not output
    assert path in errors.splitlines()[-1]


def test_a_file_of_something_else_is_no_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("", "[]", '{"results": [{}]}'):
        (tmp_path / "other").write_text(text)
        with pytest.raises(SystemExit):
            main(["--quick", "--only", "fileno", "--baseline", str(tmp_path / "other")])
        assert "no file of an earlier --json run" in capsys.readouterr().err


def test_table_leaves_out_empty_columns_and_tells_why_a_case_was_skipped() -> None:
    met = Result("a", "a", "s", 1.0, ratio=0.5, low=0.4, high=0.6, socket=2e-6, cffisock=1e-6)
    skipped = Result("b", "b", "s", None, skipped="no such thing")
    heads, cells = rows([met, skipped], {})
    assert "system calls" not in heads
    assert cells[0][:4] == ["a", "2 us", "1 us", "0.50"]
    assert "skipped: no such thing" in as_markdown(heads, cells)


def test_amounts_have_units() -> None:
    assert amount(1.5, "s") == "1.5 s"
    assert amount(4.56e-8, "s") == "45.6 ns"
    assert amount(1536, "B") == "1.5 KiB"
