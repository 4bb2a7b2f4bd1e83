"""The suites: whose tests, where they come from, how they are run, and what is left out and why.

`source` is "installed" for tests that come with the installed package, "sdist" for those of its
source distribution, whose folder is then the working directory. `args` go to pytest, or, where
`runner` is "trial", to suites/record.py. No configuration file of a suite is read: those ask for
coverage and the like.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    """One package's tests, and what of them is run."""

    package: str
    source: str
    args: tuple[str, ...]
    what: str
    runner: str = "pytest"
    plugins: tuple[str, ...] = ()
    explained: dict[str, str] = field(default_factory=dict)  # glob of test names -> true reason
    fails: str = ""  # why some fail on the interpreter's socket too
    seconds: int = 600  # a run that takes longer is no comparison
    config: str | None = None  # a configuration file of the suite that its tests need


def modules(package: str, names: str) -> tuple[str, ...]:
    return ("--pyargs", *(f"{package}.{name}" for name in names.split()))


SUITES = [
    Suite(
        "urllib3",
        "sdist",
        (
            *(
                f"test/test_{name}.py"
                for name in ("connection", "ssl", "ssltransport", "util", "wait")
            ),
            "test/with_dummyserver",
        ),
        "connections, TLS, time-outs, pools and proxies against its own servers",
        plugins=("anyio", "pytest_timeout", "pytest_socket"),
        config="pyproject.toml",
        fails="its server's release lacks the TLS facts and the CONNECT that its own snapshot has",
    ),
    Suite(
        "tornado",
        "installed",
        modules(
            "tornado.test",
            "httpserver_test iostream_test netutil_test simple_httpclient_test tcpclient_test"
            " tcpserver_test websocket_test ioloop_test process_test",
        ),
        "the modules that touch the network",
        plugins=("quiet_tornado",),
        fails="it races a TLS handshake with a short time-out, and passes at other times",
    ),
    Suite(
        "twisted",
        "installed",
        (
            "twisted.internet.test",
            *(f"twisted.test.test_{name}" for name in ("tcp", "udp", "unix", "ssl")),
            "twisted.protocols.test.test_tls",
        ),
        "all of twisted.internet, and the older tests of TCP, UDP, Unix sockets and TLS",
        runner="trial",
        fails="the child's user may not enter the folder where the interpreter lies, root's",
    ),
    Suite(
        "trio",
        "installed",
        ("--pyargs", "trio", "-k", "not tools and not test_exports"),
        "all but what checks its sources with other people's tools",
        plugins=("trio._tests.pytest_plugin",),
        fails="two files want yaml and isort, tools that check its sources",
    ),
    Suite("paramiko", "sdist", ("tests",), "all"),
    Suite(
        "pyftpdlib",
        "sdist",
        ("tests", "-k", "not TestFtpListingCmdsTLSMixin"),
        "all but the listings over TLS, which its authors mark as failing at times",
    ),
    Suite("waitress", "sdist", ("tests",), "all"),
    Suite("aiosmtpd", "sdist", ("aiosmtpd",), "all", plugins=("pytest_mock",)),
    Suite(
        "cheroot",
        "installed",
        ("--pyargs", "cheroot"),
        "all",
        plugins=("pytest_mock", "pytest_rerunfailures"),
    ),
    Suite(
        "gevent",
        "installed",
        modules(
            "gevent.tests",
            "test__socket test__socket_close test__socket_errors test__socket_ex test__socket_send_memoryview"
            " test__socket_timeout test__ssl test__server test__server_pywsgi test__select test__socketpair"
            " test__makefile_ref test__greenio test__backdoor",
        ),
        "sockets, TLS, servers, files on sockets",
        fails="they pass in a process of their own, which gevent's runner gives each file",
    ),
]
