"""scapy: raw IP and packet sockets on the loopback device of a network of its own."""

from scapy.all import ICMP, IP, TCP, UDP, AsyncSniffer, Ether, Raw, conf, send, sendp, sr1
from scapy.arch.linux import L2Socket
from scapy.supersocket import L3RawSocket

conf.verb = 0
conf.L3socket = L3RawSocket
answer = sr1(IP(dst="127.0.0.1") / ICMP() / b"echo", timeout=5)
assert answer[ICMP].type == 0 and bytes(answer[Raw]) == b"echo"
answer = sr1(IP(dst="127.0.0.1") / TCP(dport=9, flags="S"), timeout=5)
assert answer[TCP].flags == "RA"
sniffer = AsyncSniffer(iface="lo", filter=None, lfilter=lambda p: UDP in p, count=2)
started = __import__("threading").Event()
sniffer.kwargs["started_callback"] = started.set
sniffer.start()
assert started.wait(5)
send(IP(dst="127.0.0.1") / UDP(dport=9) / b"at layer 3")
sendp(Ether() / IP(dst="127.0.0.1") / UDP(dport=9) / b"at layer 2", iface="lo")
sniffer.join(10)
seen = {bytes(packet[Raw]) for packet in sniffer.results}
assert seen & {b"at layer 3", b"at layer 2"}, seen
with L2Socket(iface="lo") as sock:
    assert sock.ins.getsockname()[0] == "lo"
