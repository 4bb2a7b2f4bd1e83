"""dnspython: queries over UDP and TCP, truncation and the way to TCP, its resolver, asyncio, trio."""

import asyncio

import dns.asyncbackend
import dns.asyncquery
import dns.asyncresolver
import dns.message
import dns.query
import dns.resolver
import trio
from facts import HOST, facts

port = facts["dns"]["port"]
query = dns.message.make_query("example.test", "A")
for call in (dns.query.udp, dns.query.tcp):
    answer = call(query, HOST, port=port, timeout=5)
    assert answer.answer[0][0].address == "192.0.2.7", answer
big = dns.message.make_query("big.test", "TXT")
answer, by_tcp = dns.query.udp_with_fallback(big, HOST, port=port, timeout=5)
assert by_tcp
assert len(answer.answer[0][0].strings) == 20
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = [HOST], port
assert [str(record) for record in resolver.resolve("example.test", "AAAA")] == ["2001:db8::7"]
try:
    resolver.resolve("missing.example", "A", lifetime=2)
except (dns.resolver.NXDOMAIN, dns.resolver.NoNameservers):
    pass


async def main() -> None:
    for call in (dns.asyncquery.udp, dns.asyncquery.tcp):
        answer = await call(query, HOST, port=port, timeout=5)
        assert answer.answer[0][0].address == "192.0.2.7"
    stub = dns.asyncresolver.Resolver(configure=False)
    stub.nameservers, stub.port = [HOST], port
    assert str((await stub.resolve("example.test", "A"))[0]) == "192.0.2.7"


asyncio.run(main())
dns.asyncbackend.set_default_backend("trio")
trio.run(main)
