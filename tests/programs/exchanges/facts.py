"""What an exchange is told: the servers it may talk to, as JSON on its command line."""

from __future__ import annotations

import json
import socket
import ssl
import sys
from typing import Any

facts: dict[str, Any] = json.loads(sys.argv[1])
HOST = "127.0.0.1"
FOLDER: str = facts["chain"]
ROOT = FOLDER + "/root.pem"


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER + "/chain.pem", FOLDER + "/leaf.key")
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ROOT)
