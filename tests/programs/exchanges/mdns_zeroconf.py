"""zeroconf: one instance announces a service, another finds it, by multicast on loopback."""

import threading

from facts import HOST
from zeroconf import ServiceBrowser, ServiceInfo, ServiceListener, Zeroconf

KIND = "_cffisock._tcp.local."
found = threading.Event()


class Listener(ServiceListener):
    def add_service(self, zc, type_, name) -> None:
        found.set()

    def update_service(self, zc, type_, name) -> None:
        pass

    def remove_service(self, zc, type_, name) -> None:
        pass


info = ServiceInfo(KIND, f"here.{KIND}", port=7, parsed_addresses=[HOST], properties={"a": "b"})
there, here = Zeroconf([HOST]), Zeroconf([HOST])
there.register_service(info)
ServiceBrowser(here, KIND, Listener())
assert found.wait(10)
answer = here.get_service_info(KIND, f"here.{KIND}", timeout=5000)
assert (
    answer.port == 7 and answer.parsed_addresses() == [HOST] and answer.properties == {b"a": b"b"}
)
there.unregister_service(info)
there.close()
here.close()
