"""twisted: TCP, UDP, TLS and Unix endpoints, and its web client and server, on its own reactor."""

import io

from facts import FOLDER, HOST, ROOT
from twisted.internet import defer, endpoints, protocol, reactor, ssl, task
from twisted.protocols.basic import LineReceiver
from twisted.web import client, resource, server


class Upper(LineReceiver):
    def lineReceived(self, line: bytes) -> None:
        self.sendLine(line.upper())


class Asking(LineReceiver):
    def connectionMade(self) -> None:
        self.answer = defer.Deferred()
        self.sendLine(b"hello")

    def lineReceived(self, line: bytes) -> None:
        self.answer.callback(line)
        self.transport.loseConnection()

    def connectionLost(self, reason=protocol.connectionDone) -> None:
        if not self.answer.called:
            self.answer.errback(reason)


class Datagrams(protocol.DatagramProtocol):
    def __init__(self) -> None:
        self.answer = defer.Deferred()

    def datagramReceived(self, data: bytes, address) -> None:
        if data == b"ping":
            self.transport.write(b"pong", address)
        else:
            self.answer.callback(data)


class Page(resource.Resource):
    isLeaf = True

    def render_POST(self, request) -> bytes:
        return request.content.read()[::-1]


async def main(_) -> None:
    with open(ROOT) as file:
        options = ssl.optionsForClientTLS("localhost", ssl.Certificate.loadPEM(file.read()))
    factory = protocol.Factory.forProtocol(Upper)
    tcp = await endpoints.TCP4ServerEndpoint(reactor, 0, interface=HOST).listen(factory)
    with open(FOLDER + "/chain.pem") as file:
        leaf, end, issuer = file.read().partition("-----END CERTIFICATE-----\n")
    for name, text in (("leaf", leaf + end), ("issuer", issuer)):
        with open(name, "w") as file:
            file.write(text)
    files = "certKey=leaf:extraCertChain=issuer"
    description = f"ssl:0:interface={HOST}:privateKey={FOLDER}/leaf.key:{files}"
    tls = await endpoints.serverFromString(reactor, description).listen(factory)
    await endpoints.UNIXServerEndpoint(reactor, "socket").listen(factory)
    for endpoint in (
        endpoints.TCP4ClientEndpoint(reactor, HOST, tcp.getHost().port),
        endpoints.UNIXClientEndpoint(reactor, "socket"),
        endpoints.wrapClientTLS(
            options, endpoints.TCP4ClientEndpoint(reactor, HOST, tls.getHost().port)
        ),
    ):
        asking = await endpoint.connect(protocol.Factory.forProtocol(Asking))
        assert await asking.answer == b"HELLO", endpoint
    here, there = Datagrams(), Datagrams()
    port = reactor.listenUDP(0, there, interface=HOST)
    reactor.listenUDP(0, here, interface=HOST)
    here.transport.write(b"ping", (HOST, port.getHost().port))
    assert await here.answer == b"pong"
    web = reactor.listenTCP(0, server.Site(Page()), interface=HOST)
    url = f"http://{HOST}:{web.getHost().port}/".encode()
    body = client.FileBodyProducer(io.BytesIO(b"0123456789" * 10_000))
    answer = await client.Agent(reactor).request(b"POST", url, None, body)
    assert await client.readBody(answer) == b"9876543210" * 10_000


task.react(lambda clock: defer.ensureDeferred(main(clock)))
