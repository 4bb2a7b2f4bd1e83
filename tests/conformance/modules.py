"""Which modules of the interpreter's own test package are run, and what each of them needs.

`QUICK` is the gate: test_socket, test_ssl and all that take less than about 30 seconds. `LONG` is
the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

QUICK: tuple[str, ...] = (
    "test_socket",
    "test_timeout",
    "test_socketserver",
    "test_selectors",
    "test_select",
    "test_poll",
    "test_epoll",
    "test_eintr",
    "eintrdata.eintr_tester",  # what test_eintr starts in a process of its own
    "_test_eintr",  # ... and its name since 3.12
    "test_httplib",
    "test_httpservers",
    "test_urllib2",
    "test_urllib2_localnet",
    "test_wsgiref",
    "test_ftplib",
    "test_poplib",
    "test_smtplib",
    "test_ssl",
    "test_audit",
    "test_asyncore",
    "test_asynchat",
    "test_smtpd",
    "test_nntplib",
    "test_telnetlib",
)
LONG: tuple[str, ...] = (
    "test_xmlrpc",
    "test_imaplib",
    "test_asyncio",
    "test_logging",
    "test_signal",
    "test_os",
    "test_multiprocessing_fork",
    "test_multiprocessing_spawn",
)

# Two names of one module: an installation has one of them.
ALTERNATIVES = ("eintrdata.eintr_tester", "_test_eintr")
# Removed by Python 3.12 and 3.13. An installation without any other module is a failure.
MAY_BE_MISSING = {"test_asyncore", "test_asynchat", "test_smtpd", "test_nntplib", "test_telnetlib"}
# PyPy's skip themselves as a whole; elsewhere, a module of which nothing ran proves nothing.
MAY_RUN_NOTHING = {"test_multiprocessing_fork", "test_multiprocessing_spawn"}

# Everything but what leaves the machine, needs a screen or fills the disk ...
RESOURCES = "all,-network,-urlfetch,-gui,-audio,-largefile"
# ... except here, where "network" guards loopback servers, or nearly so.
WITH_NETWORK = RESOURCES.replace("-network,", "")
MODULE_RESOURCES = {"test_socketserver": WITH_NETWORK, "test_timeout": WITH_NETWORK}
# This class looks up a public host in every set-up.
MODULE_IGNORED = {"test_timeout": ("*.TCPTimeoutTestCase.*",)}

# A virtual machine's VSOCK peer is outside the machine; the interpreter's own socket hangs too.
NEEDS_VSOCK_LOOPBACK: tuple[str, ...] = ("*VSOCK*",)
# Changes the machine's name: run only where the process has a UTS namespace of its own.
NEEDS_UTS_NAMESPACE: tuple[str, ...] = ("test_sethostname",)


def selected(words: Sequence[str]) -> list[str]:
    """Expand `quick`, `long` and module names, in order, each once."""
    groups = {"quick": QUICK, "long": LONG}
    names = [name for word in words for name in groups.get(word, (word,))]
    return list(dict.fromkeys(names))


def resources(module: str) -> str:
    return MODULE_RESOURCES.get(module, RESOURCES)
