"""Three network namespaces, a - r - b, with what the wire does to datagrams; Linux, root and iproute2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PEER = Path(__file__).with_name("peer.py")


def possible() -> bool:
    """Whether this user may make namespaces here."""
    if os.name != "posix" or os.geteuid() != 0:
        return False
    if not all(map(shutil.which, ("ip", "tc", "unshare"))):
        return False
    return not subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode


collect_ignore_glob = [] if possible() else ["test_*.py"]


class Wire:
    """Hosts 10.1.0.1 (a) and 10.2.0.1 (b) with a router (r, 10.1.0.2 and 10.2.0.2) between."""

    def __init__(self) -> None:
        self.prefix = f"cs{os.getpid()}"

    def name(self, host: str) -> str:
        return self.prefix + host

    def make(self) -> None:
        for host in "arb":
            run("ip", "netns", "add", self.name(host))
            self.inside(host, "ip", "link", "set", "lo", "up")
        for number, host in enumerate("ab", 1):
            link = f"{self.prefix}{host}"
            run("ip", "link", "add", f"{link}0", "netns", self.name(host), "type", "veth",
                "peer", "name", f"{link}1", "netns", self.name("r"))  # fmt: skip
            for where, what, last in ((host, f"{link}0", 1), ("r", f"{link}1", 2)):
                self.inside(where, "ip", "address", "add", f"10.{number}.0.{last}/24", "dev", what)
                self.inside(where, "ip", "link", "set", what, "up")
            self.inside(host, "ip", "route", "add", "default", "via", f"10.{number}.0.2")
        forward = "open('/proc/sys/net/ipv4/ip_forward', 'w').write('1')"
        self.inside("r", sys.executable, "-c", forward)

    def impair(self, *netem: str) -> None:
        """Put tc-netem(8) between the router and b."""
        link = f"{self.prefix}b1"
        try:
            self.inside("r", "tc", "qdisc", "replace", "dev", link, "root", "netem", *netem)
        except subprocess.CalledProcessError:
            pytest.skip("this kernel has no netem (tools/uml.sh runs one that has)")

    def narrow(self, mtu: int) -> None:
        """Make the link between a and the router carry no more than `mtu` bytes."""
        for host, link in (("a", "a0"), ("r", "a1")):
            self.inside(host, "ip", "link", "set", self.prefix + link, "mtu", str(mtu))

    def inside(self, host: str, *command: str) -> str:
        return run("ip", "netns", "exec", self.name(host), *command)

    def peer(self, host: str, *arguments: Any) -> subprocess.Popen[str]:
        """Start peer.py on a host."""
        command = ["ip", "netns", "exec", self.name(host), sys.executable, str(PEER)]
        return subprocess.Popen(
            [*command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def remove(self) -> None:
        for host in "arb":
            subprocess.run(["ip", "netns", "del", self.name(host)], capture_output=True)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=20).stdout


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    try:
        made.make()
        yield made
    finally:
        made.remove()
