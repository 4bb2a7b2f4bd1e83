"""A certificate chain of three for TLS tests: root, intermediate, and leaves that the root vouches for."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest


def new_root() -> Any:
    """An authority; a new interpreter may not have what makes keys yet."""
    return pytest.importorskip("trustme", reason="this interpreter has no cryptography").CA()


def make_chain(folder: Path, *names: str) -> None:
    """Write root.pem, and for each name NAME.pem: its key, its certificate, the intermediate.

    The first (by default the only) leaf is also there as chain.pem and leaf.key, for programs that
    want them apart.
    """
    root = new_root()
    root.cert_pem.write_to_path(str(folder / "root.pem"))
    middle = root.create_child_ca()
    for name in names or ("localhost",):
        leaf = middle.issue_cert(name, "127.0.0.1", "::1")
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.pem"))
        if not (folder / "leaf.key").exists():
            leaf.private_key_pem.write_to_path(str(folder / "leaf.key"))
            for part in leaf.cert_chain_pems:
                part.write_to_path(str(folder / "chain.pem"), append=True)


def make_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the server's context, the client's, which trusts the root only), from a new chain."""
    make_chain(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(str(folder / "chain.pem"), str(folder / "leaf.key"))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(str(folder / "root.pem"))
    return server, client
