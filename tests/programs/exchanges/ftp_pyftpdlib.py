"""pyftpdlib, with the standard library's client: its reactor, passive and active data connections."""

import ftplib
import io
import threading

from facts import HOST
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer, ThreadedFTPServer

for cls in (FTPServer, ThreadedFTPServer):
    authorizer = DummyAuthorizer()
    authorizer.add_user("me", "secret", ".", perm="elradfmwMT")
    handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
    server = cls((HOST, 0), handler)
    stop = threading.Event()

    def serve(server=server, stop=stop) -> None:
        while not stop.is_set():
            server.serve_forever(timeout=0.01, blocking=False)

    thread = threading.Thread(target=serve)
    thread.start()
    with ftplib.FTP(timeout=20) as client:
        client.connect(HOST, server.address[1])
        client.login("me", "secret")
        for passive in (True, False):
            client.set_pasv(passive)
            client.storbinary("STOR file", io.BytesIO(b"x" * 500_000))
            parts = []
            client.retrbinary("RETR file", parts.append)
            assert b"".join(parts) == b"x" * 500_000
        client.quit()
    stop.set()
    thread.join()
    server.close_all()
