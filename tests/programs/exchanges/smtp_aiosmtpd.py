"""aiosmtpd with smtplib: plain, STARTTLS, and over a Unix socket."""

import smtplib
import socket

from aiosmtpd.controller import Controller, UnixSocketController
from facts import HOST, client_context, server_context


class Handler:
    def __init__(self) -> None:
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.envelopes.append(envelope)
        return "250 OK"


handler = Handler()
with socket.create_server((HOST, 0)) as sock:
    port = sock.getsockname()[1]
controller = Controller(handler, HOST, port, tls_context=server_context())
controller.start()
try:
    with smtplib.SMTP("localhost", port, timeout=20) as client:
        client.sendmail("a@example.test", ["b@example.test"], b"Subject: plain\r\n\r\ntext\r\n")
        client.starttls(context=client_context())
        client.sendmail(
            "a@example.test", ["b@example.test"], b"Subject: big\r\n\r\n" + b"x\r\n" * 50_000
        )
finally:
    controller.stop()
unix = UnixSocketController(handler, "socket")
unix.start()
unix.stop()
assert [len(e.content) > 1000 for e in handler.envelopes] == [False, True]
