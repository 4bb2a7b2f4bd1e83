"""tornado: HTTP over TCP and TLS, a web socket, a plain TCP server and client."""

import asyncio

import tornado.httpclient
import tornado.httpserver
import tornado.tcpclient
import tornado.tcpserver
import tornado.testing
import tornado.web
import tornado.websocket
from facts import HOST, ROOT, server_context


class Echo(tornado.web.RequestHandler):
    def post(self) -> None:
        self.write(self.request.body)


class Talk(tornado.websocket.WebSocketHandler):
    async def on_message(self, message: str) -> None:
        await self.write_message(message.upper())


class Lines(tornado.tcpserver.TCPServer):
    async def handle_stream(self, stream, address) -> None:
        stream.write((await stream.read_until(b"\n")).upper())


async def main() -> None:
    app = tornado.web.Application([("/", Echo), ("/talk", Talk)])
    client = tornado.httpclient.AsyncHTTPClient()
    for scheme, context in (("http", None), ("https", server_context())):
        sock, port = tornado.testing.bind_unused_port()
        server = tornado.httpserver.HTTPServer(app, ssl_options=context)
        server.add_socket(sock)
        url = f"{scheme}://localhost:{port}/" if context else f"http://{HOST}:{port}/"
        for _ in range(3):
            answer = await client.fetch(url, method="POST", body=b"x" * 100_000, ca_certs=ROOT)
            assert answer.body == b"x" * 100_000
        server.stop()
    sock, port = tornado.testing.bind_unused_port()
    server = app.listen(0, HOST)
    server.add_socket(sock)
    talk = await tornado.websocket.websocket_connect(f"ws://{HOST}:{port}/talk")
    await talk.write_message("hello")
    assert await talk.read_message() == "HELLO"
    talk.close()
    sock, port = tornado.testing.bind_unused_port()
    lines = Lines()
    lines.add_socket(sock)
    stream = await tornado.tcpclient.TCPClient().connect(HOST, port)
    await stream.write(b"a line\n")
    assert await stream.read_until(b"\n") == b"A LINE\n"
    stream.close()


asyncio.run(main())
