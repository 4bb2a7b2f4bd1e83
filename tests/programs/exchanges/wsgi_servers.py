"""waitress and cheroot: threaded WSGI servers, each asked by several connections at once."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor

import cheroot.wsgi
import waitress.server
from facts import HOST


def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def ask(port: int) -> None:
    client = http.client.HTTPConnection(HOST, port, timeout=20)
    for size in (1, 1000, 300_000):
        client.request("POST", "/", b"x" * size)
        assert len(client.getresponse().read()) == size
    client.close()


def ask_many(port: int) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, [port] * 16))


server = waitress.server.create_server(app, host=HOST, port=0)
thread = threading.Thread(target=server.run)
thread.start()
ask_many(server.effective_port)
server.close()
thread.join(10)

server = cheroot.wsgi.Server((HOST, 0), app, numthreads=4)
server.prepare()
thread = threading.Thread(target=server.serve)
thread.start()
ask_many(server.bind_addr[1])
server.stop()
thread.join(10)
