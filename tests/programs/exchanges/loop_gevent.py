"""gevent, with everything patched: servers and clients of its own and of the standard library."""

from gevent import monkey

monkey.patch_all()

import socket  # noqa: E402
import ssl  # noqa: E402
import urllib.request  # noqa: E402

import gevent  # noqa: E402
from facts import HOST, client_context, facts  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402
from gevent.server import DatagramServer, StreamServer  # noqa: E402


def echo(sock, address) -> None:
    while data := sock.recv(65536):
        sock.sendall(data)


def ask(address, wrap=lambda sock: sock) -> None:
    with wrap(socket.create_connection(address, timeout=20)) as sock:
        writing = gevent.spawn(sock.sendall, b"x" * 500_000)
        with sock.makefile("rb") as file:
            assert file.read(500_000) == b"x" * 500_000
        writing.join()


def app(environ, start_response):
    start_response("200 OK", [])
    return [b"from gevent"]


with socket.socketpair()[0] as sock:
    assert "gevent" in type(sock).__module__
server = StreamServer((HOST, 0), echo)
server.start()
gevent.joinall([gevent.spawn(ask, server.address) for _ in range(20)], raise_error=True)
server.stop()
chain = {"certfile": facts["chain"] + "/chain.pem", "keyfile": facts["chain"] + "/leaf.key"}
server = StreamServer((HOST, 0), echo, **chain)
server.start()
context = client_context()
ask(server.address, lambda sock: context.wrap_socket(sock, server_hostname="localhost"))
assert "gevent" in ssl.SSLSocket.__module__
server.stop()
datagrams = DatagramServer((HOST, 0), lambda data, address: datagrams.sendto(data[::-1], address))
datagrams.start()
with socket.socket(type=socket.SOCK_DGRAM) as sock:
    sock.connect(datagrams.address)
    sock.send(b"datagram")
    assert sock.recv(100) == b"margatad"
datagrams.stop()
wsgi = WSGIServer((HOST, 0), app, log=None)
wsgi.start()
with urllib.request.urlopen(f"http://{HOST}:{wsgi.server_port}/") as answer:
    assert answer.read() == b"from gevent"
wsgi.stop()
with gevent.Timeout(0.05, False), socket.create_server((HOST, 0)) as idle:
    idle.accept()
    raise AssertionError("accepted nothing")
assert socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
