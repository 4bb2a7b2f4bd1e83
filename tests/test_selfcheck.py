"""``python -m cffisock``: what it reports is what is there, and its exit status can be relied on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

import cffisock as socket
from cffisock import _selfcheck, bench
from cffisock.__main__ import main
from cffisock._selfcheck import kernel, report, trips
from cffisock._selfcheck.results import ABSENT, FAILED, OK, Absent, Result, check, probe

COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-m", "cffisock"]

# A network of its own without IPv6, made by root or in a user namespace.
WITHOUT_IPV6 = """
import fcntl, json, struct, sys
import cffisock as socket
with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as switch:
    switch.write("1")
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
from cffisock.__main__ import main
sys.exit(main(["check", "--json"]))
"""


@pytest.fixture(scope="module")
def whole_report() -> dict[str, Any]:
    done = subprocess.run([*COMMAND, "--json"], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows(whole_report: dict[str, Any], section: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in whole_report[section]}


def test_every_check_passes_or_is_named(whole_report: dict[str, Any]) -> None:
    checks = rows(whole_report, "checks")
    assert list(checks) == [name for name, _ in trips.CHECKS]
    for row in checks.values():
        assert row["status"] in (OK, ABSENT), row
        assert row["detail"]
        assert (row["status"] == ABSENT) or row["seconds"] > 0
    assert checks["TCP over IPv4"]["status"] == checks["time-outs"]["status"] == OK
    assert whole_report["ok"] is True


def test_facts(whole_report: dict[str, Any]) -> None:
    facts = whole_report["facts"]
    assert facts["backend"] in ("posix", "windows")
    assert all(facts.values())
    assert {"cffisock", "compiled module", "compiler", "C library", "cffi"} <= facts.keys()
    version = ".".join(map(str, sys.version_info[:3]))
    assert version in facts["interpreter"]


def test_the_kernel_is_asked(whole_report: dict[str, Any]) -> None:
    families = rows(whole_report, "families")
    assert families["TCP over IPv4"] == {
        "name": "TCP over IPv4",
        "status": OK,
        "detail": "AF_INET SOCK_STREAM",
    }
    for row in families.values():
        assert (
            row["status"] == OK
            or "this kernel has no AF_" in row["detail"]
            or ("not permitted" in row["detail"])
        )
    options = rows(whole_report, "options")
    assert options["TCP_NODELAY"]["status"] == OK
    assert rows(whole_report, "features").keys() == {name for name, _ in kernel.FEATURES}


def test_a_failed_check_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> str:
        raise ValueError("not what was sent")

    monkeypatch.setattr(trips, "CHECKS", (("good", lambda: "fine"), ("bad", broken)))
    assert main([]) == 1
    out = capsys.readouterr().out
    assert "ValueError: not what was sent" in out
    assert out.endswith("1 checks passed, 1 failed\n")
    assert _selfcheck.main(["--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_what_the_machine_lacks_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> str:
        raise Absent("this machine has no such thing")

    monkeypatch.setattr(trips, "CHECKS", (("lacking", lacking),))
    assert main([]) == 0
    [result] = trips.trips()
    assert result == Result("lacking", ABSENT, "this machine has no such thing")


def test_a_corrupt_echo_is_noticed() -> None:
    """The checks compare what came out with what went in."""

    class Corrupting(socket.socket):
        def recv_into(self, *args: Any) -> int:
            count = super().recv_into(*args)
            args[0][0] ^= 1
            return count

    one, other = socket.socketpair()
    with one, other, Corrupting(fileno=other.detach()) as corrupting:
        found = check("echo", lambda: trips._echo(one, corrupting))
    assert found.status == FAILED
    assert found.detail.startswith("AssertionError: data: ")
    assert len(found.detail) < 200


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (PermissionError(1, "Operation not permitted"), ABSENT, "not permitted to this process"),
        (OSError(97, "no such family"), ABSENT, "this kernel has no AF_X (no such family)"),
        (Absent("only elsewhere"), ABSENT, "only elsewhere"),
    ],
)
def test_probes(error: Exception, status: str, detail: str) -> None:
    def ask() -> str:
        raise error

    found = probe("X", "AF_X", ask)
    assert found.status == status
    assert detail in found.detail


def has_network_namespaces() -> bool:
    try:
        command = ["unshare", "--net", "--map-root-user", "true"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(
    not has_network_namespaces() or not os.path.exists("/proc/sys/net/ipv6"),
    reason="needs Linux with network namespaces this user may make, and IPv6 to switch off",
)
def test_a_machine_without_ipv6() -> None:
    command = ["unshare", "--net", "--map-root-user", sys.executable, "-c", WITHOUT_IPV6]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    found = json.loads(done.stdout)
    checks = rows(found, "checks")
    for name in ("TCP over IPv6", "UDP over IPv6", "dual stack"):
        assert checks[name]["status"] == ABSENT
        assert "IPv6" in checks[name]["detail"]
    assert checks["TCP over IPv4"]["status"] == OK
    assert (done.returncode, done.stderr, found["ok"]) == (0, "", True)


# -- the report

SECTIONS = {
    "families": [Result("short", OK, "detail")],
    "checks": [Result("a longer name", FAILED, "why", 0.0123), Result("x", ABSENT, "no x")],
}


def test_the_table_is_aligned() -> None:
    assert report.as_text({"fact": "value"}, SECTIONS, colour=False).splitlines() == [
        "  fact           value",
        "",
        "families",
        "  short          ok      detail",
        "",
        "checks",
        "  a longer name  FAILED      12.3 ms  why",
        "  x              -       no x",
        "",
        "0 checks passed, 1 not possible on this machine, 1 failed",
    ]


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    master, slave = pty.openpty()
    with open(master, "rb", buffering=0), open(slave, "w", encoding="ascii") as terminal:
        assert report.wants_colour(terminal)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not report.wants_colour(terminal)
        monkeypatch.delenv("NO_COLOR")
        monkeypatch.setenv("TERM", "dumb")
        assert not report.wants_colour(terminal)
    with open(os.devnull, "w", encoding="ascii") as file:
        monkeypatch.setenv("TERM", "xterm")
        assert not report.wants_colour(file)
    coloured = report.as_text({}, SECTIONS, colour=True)
    assert "\x1b[31;1mFAILED\x1b[0m" in coloured
    assert "\x1b" not in report.as_text({}, SECTIONS, colour=False)


def test_a_terminal_without_the_characters(tmp_path: Any) -> None:
    with open(tmp_path / "out", "w", encoding="ascii") as stream:
        report.write("grün\n", stream)
    assert (tmp_path / "out").read_text() == "gr?n\n"


# -- the command line


@pytest.mark.parametrize(
    ("args", "mentions"),
    [
        (["--help"], ["check", "run", "bench", "--json"]),
        (["check", "--help"], ["--json", "exit status"]),
        (["run", "--help"], ["PROGRAM", "-m MODULE", "-c CODE", "http.server"]),
    ],
)
def test_help_helps(args: list[str], mentions: list[str]) -> None:
    done = subprocess.run([*COMMAND, *args], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: python -m cffisock")
    for word in mentions:
        assert word in done.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"cffisock {version('cffisock')}\n"


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    assert "no command 'chekc'" in capsys.readouterr().err


posix = pytest.mark.skipif(os.name == "nt", reason="Windows has neither such pipes nor signals")


def outcome(*args: str, **options: Any) -> tuple[int, str]:
    done = subprocess.run(
        [*COMMAND, *args], stderr=subprocess.PIPE, text=True, timeout=50, **options
    )
    return done.returncode, done.stderr


@posix
@pytest.mark.parametrize("args", [[], ["--json"], ["--help"], ["--version"]])
def test_a_reader_that_has_seen_enough(args: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert outcome(*args, stdout=writing) == (128 + 13, "")
    finally:
        os.close(writing)


@posix
def test_nobody_to_read() -> None:
    assert outcome(preexec_fn=lambda: os.close(1)) == (0, "")


def test_an_interrupt_ends_it_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(argv: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "main", interrupted)
    assert main(["bench", "--only", "unix"]) == 128 + 2
    assert capsys.readouterr() == ("", "")
