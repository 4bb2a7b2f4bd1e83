"""The conformance runner's judgement: results read from a record, compared, excused, reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).with_name("conformance")
sys.path.insert(0, str(FOLDER))

from comparison import (  # noqa: E402  (the runner is a folder of plain scripts)
    Difference,
    Outcome,
    Rule,
    differences,
    outcomes_of,
    parse_rules,
    rule_for,
    stale,
    tally,
)
from interpreters import WANTED, Interpreter, found  # noqa: E402
from kernels import command_inside  # noqa: E402
from modules import LONG, QUICK, resources, selected  # noqa: E402
from report import Comparison, as_json, as_markdown, from_json  # noqa: E402
from run import gaps, never_ran, options  # noqa: E402
from suites import (  # noqa: E402
    Run,
    arguments,
    fronted,
    regrtest_pattern,
    run_suite,
    whole_module,
)

PASSED, SKIPPED, FAILED = (
    Outcome("passed"),
    Outcome("skipped", "no kernel"),
    Outcome("failed", "boom"),
)


@pytest.mark.parametrize(
    ("there", "here", "kind"),
    [
        (PASSED, PASSED, None),
        (PASSED, FAILED, "fails here"),
        (PASSED, Outcome("hung"), "fails here"),
        (PASSED, Outcome("crashed"), "fails here"),
        (PASSED, SKIPPED, "skipped here"),
        (PASSED, None, "missing here"),
        (FAILED, PASSED, None),
        (FAILED, Outcome("error"), None),
        (FAILED, SKIPPED, "skipped here"),
        (SKIPPED, PASSED, None),
        (SKIPPED, SKIPPED, None),
        (SKIPPED, None, None),
        (SKIPPED, FAILED, "skipped there, fails here"),
        (None, FAILED, "only here, and fails"),
        (None, PASSED, None),
    ],
)
def test_verdict_on_one_test(there: Outcome | None, here: Outcome | None, kind: str | None) -> None:
    sides = [{} if side is None else {"t": side} for side in (there, here)]
    assert [item.kind for item in differences(*sides)] == ([kind] if kind else [])


def test_record_takes_the_worst_report_of_a_test() -> None:
    lines = [
        {"start": "a"},
        {"id": "a", "status": "failed", "detail": "sub-test"},
        {"id": "a", "status": "passed", "detail": ""},
        {"stop": "a"},
        {"id": "setUpClass (b)", "status": "skipped", "detail": "why"},
    ]
    assert outcomes_of(lines) == {
        "a": Outcome("failed", "sub-test"),
        "setUpClass (b)": Outcome("skipped", "why"),
    }


def test_record_that_stops_in_a_test_blames_it() -> None:
    lines = [
        {"start": "a"},
        {"id": "a", "status": "passed", "detail": ""},
        {"stop": "a"},
        {"start": "b"},
    ]
    assert outcomes_of(lines, "hung") == {"a": PASSED, "b": Outcome("hung")}


def test_crash_after_the_verdict_still_counts() -> None:
    lines = [{"start": "a"}, {"id": "a", "status": "passed", "detail": ""}]
    assert outcomes_of(lines) == {"a": Outcome("crashed")}


def test_rules_are_read_and_matched() -> None:
    rules = parse_rules("# why\n\ncpython-3.* | test.m.C.t | the | reason\n")
    assert rules == [Rule("cpython-3.*", "test.m.C.t", "the | reason")]
    assert rule_for(rules, "cpython-3.11", "test.m.C.t") is rules[0]
    assert rule_for(rules, "pypy-3.9", "test.m.C.t") is None


@pytest.mark.parametrize("line", ["a | b", "a | b |", "a"])
def test_rule_without_a_reason_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        parse_rules(line)


def test_stale_rule_is_one_whose_test_was_seen_and_agreed() -> None:
    rules = [Rule("*", "used", "r"), Rule("*", "agrees", "r"), Rule("pypy-*", "elsewhere", "r")]
    seen = [("cpython-3.11", name) for name in ("used", "agrees", "elsewhere")]
    assert stale(rules, seen, [("cpython-3.11", "used")]) == [rules[1]]


def test_exception_file_is_well_formed() -> None:
    parse_rules((FOLDER / "exceptions.txt").read_text("utf-8"))


def test_module_selection_expands_groups_once() -> None:
    assert selected(["test_os", "long", "quick"]) == list(dict.fromkeys(["test_os", *LONG, *QUICK]))


def test_vsock_without_loopback_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suites.VSOCK_LOOPBACK", tmp_path / "absent")
    for module in (*QUICK, *LONG):
        args = arguments(module, ["*"], ["test.x.C.t"], tmp_path)
        assert args.index("--matchfile") < args.index("--ignorefile")
        assert {"*VSOCK*", "test.x.C.t"} <= set((tmp_path / "ignorefile").read_text().split())
        assert ("-network" in resources(module)) is (
            module not in ("test_socketserver", "test_timeout")
        )


def test_class_fixture_is_rerun_as_its_class() -> None:
    assert regrtest_pattern("setUpClass (test.test_ssl.Thing)") == "test.test_ssl.Thing.*"
    assert regrtest_pattern("test.test_ssl.Thing.test_x") == "test.test_ssl.Thing.test_x"


def test_module_skipped_as_a_whole() -> None:
    assert whole_module("test_x", "0:00 [1/1] test_x\ntest_x skipped -- no poll\n") == Outcome(
        "skipped", "no poll"
    )
    assert whole_module("test_x", "Traceback").status == "crashed"


def comparison() -> Comparison:
    there, here = {"a": PASSED, "b": PASSED, "c": SKIPPED}, {"a": PASSED, "b": FAILED}
    item = Comparison("cpython-3.11", "CPython 3.11.7", "test_m", Run(there), Run(here))
    item.differing = differences(there, here)
    return item


def test_report_names_counts_and_reasons() -> None:
    item = comparison()
    assert tally(item.there.results) == (2, 2)
    assert [difference.test for difference in item.unexplained] == ["b"]
    rule = Rule("*", "b", "a reason")
    item.explained["b"] = rule
    assert item.unexplained == []
    page = as_markdown([item], [rule], {item.label: ["test_gone"]})
    assert "Not in this installation: test_gone.\n" in page
    assert "| test_m | 2 | 2 | 2 | 1 | 1 | 1 | 0 |" in page
    assert "| `*` | `b` | a reason |" in page
    assert item.differing == [Difference("b", "fails here", "passed", "failed", "boom")]
    (again,) = from_json(json.loads(json.dumps(as_json([item], [], {}))))
    again.explain([rule])
    assert again == item


FAKE_SUITE = """
import os, time, unittest
from test import support

class Tests(unittest.TestCase):
    def test_1_passes(self): pass
    def test_2_dies(self): os.abort()
    @unittest.skip("because")
    def test_3_skipped(self): pass
    def test_4_hangs(self): time.sleep(600)
    def test_5_fails(self): self.fail("so")
    def test_6_forks(self):
        pid = os.fork()
        if not pid: os._exit(0)
        os.waitpid(pid, 0)
"""


@pytest.fixture
def fake_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module regrtest finds by --testdir, with a crash and a hang in it."""
    if not hasattr(os, "fork"):
        pytest.skip("the runner drives POSIX processes")
    pytest.importorskip(
        "test.libregrtest", reason="this interpreter is installed without its test package"
    )
    (tmp_path / "test_fake.py").write_text(FAKE_SUITE)
    import suites

    def with_folder(*args: object) -> list[str]:
        return [*arguments(*args), f"--testdir={tmp_path}"]  # type: ignore[arg-type]

    monkeypatch.setattr(suites, "arguments", with_folder)
    monkeypatch.setattr(suites, "TEST_SECONDS", 1)
    return "test_fake"


def test_suite_survives_a_crash_and_a_hang(fake_module: str) -> None:
    run = run_suite(sys.executable, "stdlib", fake_module)
    assert {test.rpartition(".")[2]: outcome.status for test, outcome in run.results.items()} == {
        "test_1_passes": "passed",
        "test_2_dies": "crashed",
        "test_3_skipped": "skipped",
        "test_4_hangs": "hung",
        "test_5_fails": "failed",
        "test_6_forks": "passed",
    }
    assert "cffisock" not in run.source


def test_fronts_serve_installations_without_the_file_that_starts_the_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = {"_test_multiprocessing", "test_socket"}
    monkeypatch.setattr("interpreters.has_module", lambda python, module: module in installed)
    spawn = ["test_multiprocessing_spawn", "-v"]
    assert fronted("python", spawn[0], spawn)[:2] == ["test_started_by_spawn", "-v"]
    assert fronted("python", "test_socket", ["test_socket"]) == ["test_socket"]
    installed.add("test_multiprocessing_spawn")
    assert fronted("python", spawn[0], spawn) == spawn
    installed.clear()
    assert fronted("python", spawn[0], spawn) == spawn


def test_module_that_is_broken_on_both_sides_is_no_agreement() -> None:
    item = comparison()
    assert not never_ran(item)
    item.there.results = {"test.test_m": Outcome("crashed", "no such file")}
    assert never_ran(item)


def test_module_of_which_nothing_ran_is_no_agreement() -> None:
    item = comparison()
    item.there.results = item.here.results = {"test.m.C.t": SKIPPED, "test.m.C.u": SKIPPED}
    assert never_ran(item)
    item.there.results = item.here.results = {"test.test_m": SKIPPED}
    assert never_ran(item)
    item.module = "test_multiprocessing_fork"
    item.there.results = item.here.results = {f"test.{item.module}": SKIPPED}
    assert not never_ran(item)


def test_interpreter_that_is_missing_is_said_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name if name in WANTED[1:] else None)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.delenv("TOX_SKIP_MISSING_INTERPRETERS", raising=False)
    assert found() == list(WANTED[1:])
    assert f"skipped: {WANTED[0]}\n" in capsys.readouterr().out
    monkeypatch.setenv("TOX_SKIP_MISSING_INTERPRETERS", "false")
    with pytest.raises(SystemExit, match=WANTED[0]):
        found()


def test_what_is_missing_is_no_agreement() -> None:
    item = comparison()
    item.there.source, item.here.source = "<built-in>", "cffisock/_io.py"
    assert gaps([item], {item.label: ["test_asyncore"]}) == []
    assert gaps([item], {item.label: ["test_ssl"]}) == [
        "CPython 3.11.7 is installed without test_ssl"
    ]
    assert gaps([], {}) == ["nothing was compared"]
    item.here.source = "<built-in>"
    assert len(gaps([item], {})) == 1


def test_another_kernel_gets_the_same_modules_and_interpreters() -> None:
    args = options(["--kernel", "uml", "--modules", "test_socket", "--match", "*CAN*"])
    inside = command_inside(args, [Interpreter("/v/bin/python", "cpython-3.11", "", True, True)])
    last = inside.splitlines()[-1]
    assert "--kernel" not in last
    assert last.endswith("--python /v/bin/python --match '*CAN*' --modules test_socket")


def test_help_names_the_modules() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "--help"],
        capture_output=True,
        text=True,
        cwd=os.sep,
        check=True,
    )
    assert "test_socket " in done.stdout
    assert "--python" in done.stdout
