"""Real programs and other packages' suites: minutes long, so collected only when they are named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from certificates import make_chain  # noqa: E402 -- it lies one folder up
from servers import (  # noqa: E402, F401 -- fixtures
    dns,
    mariadb,
    memcached,
    mosquitto,
    namespace,
    postgres,
    redis,
    sshd,
    web,
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = [Path(str(arg).partition("::")[0]).resolve() for arg in config.args]
    return None if any(path == HERE or HERE in path.parents for path in named) else True


@pytest.fixture
def no_descriptor_leaks() -> None:
    """Servers of the whole session open descriptors in whichever test comes first."""


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with root.pem, chain.pem and leaf.key."""
    folder = tmp_path_factory.mktemp("chain")
    make_chain(folder)
    return folder
