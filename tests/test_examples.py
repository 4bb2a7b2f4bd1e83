"""The examples do what they say, run as people run them."""

from __future__ import annotations

import importlib
import re
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import cffisock
from cffisock import ancillary

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
if not EXAMPLES.is_dir():
    pytest.skip("the examples are in the source tree only", allow_module_level=True)


@contextmanager
def running(name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """An example at work, which has printed its first line; stopped at the end."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    found = re.search(r"listening on \('[\d.]+', (\d+)\)", process.stdout.readline())
    assert found
    return int(found[1])


def run(name: str, *arguments: str) -> str:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=50, check=True).stdout


def test_udp_echo_reports_every_way() -> None:
    lines = run("udp_echo.py", "--seconds", "0.2").splitlines()
    assert [line.split()[0] for line in lines] == ["plain", "batch", "offload"]
    for line in lines:
        found = re.search(r" ([\d,]+) datagrams/s there and back, (-?\d+) lost", line)
        assert found
        assert int(found[1].replace(",", "")) > 100


def test_dns_responder_answers_dnspython() -> None:
    message = pytest.importorskip("dns.message", reason="dnspython is not installed")
    query = pytest.importorskip("dns.query")
    with running("dns_responder.py", "0") as process:
        port = port_of(process)

        def ask(name: str, kind: str = "A") -> tuple[int, list[str]]:
            question = message.make_query(name, kind)
            reply = query.udp(question, "127.0.0.1", port=port, timeout=10)
            return int(reply.rcode()), [str(item) for rows in reply.answer for item in rows]

        assert ask("one.example") == (0, ["192.0.2.1"])
        assert ask("TWO.example") == (0, ["192.0.2.2"])
        assert ask("one.example", "AAAA") == (0, [])
        assert ask("no.example") == (3, [])
        with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
            for rubbish in (b"", b"\xff" * 11, b"\x00" * 12, b"\x3f" * 100):
                sock.sendto(rubbish, ("127.0.0.1", port))
        assert ask("one.example") == (0, ["192.0.2.1"])


QUESTION = b"\0\1\1\0\0\1\0\0\0\0\0\0\3one\7example\0\0\1\0\1"


def send_from_port_0(data: bytes, port: int) -> None:
    """A datagram that nobody can answer."""
    header = struct.pack("!HHHH", 0, port, 8 + len(data), 0)
    try:
        with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_RAW, cffisock.IPPROTO_UDP) as sock:
            sock.sendto(header + data, ("127.0.0.1", 0))
    except OSError as error:
        pytest.skip(f"needs leave to write headers: {error}")


def reply_to(data: bytes, port: int) -> bytes:
    with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.sendto(data, ("127.0.0.1", port))
        return sock.recv(512)


def test_dns_responder_survives_who_cannot_be_answered() -> None:
    with running("dns_responder.py", "0") as process:
        port = port_of(process)
        send_from_port_0(QUESTION, port)
        assert reply_to(QUESTION, port).endswith(bytes([192, 0, 2, 1]))


@pytest.mark.parametrize("way", ["plain", "batch", "offload"])
def test_udp_echo_survives_who_cannot_be_answered(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = imported("udp_echo", monkeypatch)
    stop = threading.Event()
    with example.bound() as sock:
        thread = threading.Thread(target=example.serve, args=(example.MAKE[way](sock), stop))
        thread.start()
        try:
            send_from_port_0(b"lost", sock.getsockname()[1])
            assert reply_to(b"hello", sock.getsockname()[1]) == b"hello"
        finally:
            stop.set()
            thread.join()


def imported(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module(name)


def test_traceroute_finds_this_host() -> None:
    with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
        if "errors" not in ancillary.enable(sock, "errors"):
            pytest.skip("this system has no error queue")
    hops = run("traceroute.py", "127.0.0.1").splitlines()
    assert len(hops) == 1
    assert hops[0].split()[:2] == ["1", "127.0.0.1"]


def test_traceroute_goes_on_after_a_late_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
        if "errors" not in ancillary.enable(sock, "errors"):
            pytest.skip("this system has no error queue")
    example = imported("traceroute", monkeypatch)
    receive = example.datagram.recv_batch
    patience = iter([False, True])

    def recv_batch(*arguments: Any) -> Any:
        if next(patience):
            return receive(*arguments)
        raise cffisock.timeout("timed out")

    monkeypatch.setattr(example.datagram, "recv_batch", recv_batch)
    hops = [hop[:2] for hop in example.trace("127.0.0.1")]
    assert hops == [(1, None), (2, "127.0.0.1")]


def test_timestamps_are_printed() -> None:
    with cffisock.socket(cffisock.AF_INET, cffisock.SOCK_DGRAM) as sock:
        if "timestamp" not in ancillary.enable(sock, "timestamp"):
            pytest.skip("this system stamps no datagrams")
        with running("timestamps.py", "--port", "0", "--count", "3") as process:
            port = port_of(process)
            for _ in range(3):
                sock.sendto(b"x", ("127.0.0.1", port))
            output, _ = process.communicate(timeout=30)
    lines = output.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert re.match(r"\d{10}\.\d{9} +\d+\.\d us  127\.0\.0\.1:\d+ -> 127\.0\.0\.1 ", line)
