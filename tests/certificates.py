"""A certificate chain of three for TLS tests: root, intermediate, and a leaf for localhost.

Made anew for each test run by the `openssl` command; a machine without it skips those tests.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = cffisock test {what}
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
"""
ISSUERS = {"root": "root", "intermediate": "root", "leaf": "intermediate"}


def _openssl(folder: Path, *args: str) -> None:
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True, timeout=20)


def _make(folder: Path, what: str, issuer: str) -> None:
    (folder / f"{what}.cnf").write_text(CONFIG.format(what=what))
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-config", f"{what}.cnf", "-keyout", f"{what}.key"]
    if what == issuer:
        extensions = ["-x509", "-extensions", what, "-days", "2"]
        _openssl(folder, "req", *extensions, *key, *files, "-out", f"{what}.pem")
        return
    _openssl(folder, "req", "-new", *key, *files, "-out", f"{what}.csr")
    signer = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
    extensions = ["-extfile", f"{what}.cnf", "-extensions", what, "-days", "2"]
    _openssl(
        folder, "x509", "-req", "-in", f"{what}.csr", *signer, *extensions, "-out", f"{what}.pem"
    )


def make_chain(folder: Path) -> None:
    """Write root.pem, chain.pem (leaf and intermediate) and leaf.key into the folder."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl command to make certificates with")
    for what, issuer in ISSUERS.items():
        _make(folder, what, issuer)
    chain = [(folder / f"{what}.pem").read_text() for what in ("leaf", "intermediate")]
    (folder / "chain.pem").write_text("".join(chain))


def make_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the server's context, the client's, which trusts the root only), from a new chain."""
    make_chain(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(str(folder / "chain.pem"), str(folder / "leaf.key"))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(str(folder / "root.pem"))
    return server, client
