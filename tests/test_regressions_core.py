"""Bugs of the core that were found once, each with the program that showed it."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading

import pytest

import cffisock


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
def test_a_socket_closed_by_a_signal_handler_stops_waiting() -> None:
    assert threading.current_thread() is threading.main_thread()
    one, other = cffisock.socketpair()
    with other:
        one.settimeout(20)
        before = signal.signal(signal.SIGALRM, lambda *_: one.close())
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(OSError) as caught:
                one.recv(1)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            one.close()
    assert caught.value.errno == errno.EBADF


@pytest.mark.skipif(not hasattr(cffisock, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_a_socket_left_open_at_exit_is_reported_and_nothing_else() -> None:
    code = "import cffisock; kept = cffisock.socket(cffisock.AF_UNIX); kept.bind('')"
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0
    assert "ImportError" not in done.stderr
