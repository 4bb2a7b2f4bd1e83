"""pymemcache: values, many at once, a pool used by threads."""

from concurrent.futures import ThreadPoolExecutor

from facts import HOST, facts
from pymemcache.client.base import Client, PooledClient

address = (HOST, facts["memcached"]["port"])
client = Client(address, connect_timeout=5, timeout=5, no_delay=True)
client.set("key", b"v" * 500_000)
assert client.get("key") == b"v" * 500_000
assert client.set_many({f"k{n}": b"%d" % n for n in range(100)}, noreply=False) == []
assert len(client.get_many([f"k{n}" for n in range(100)])) == 100
client.close()
pool = PooledClient(address, max_pool_size=4, timeout=5)
pool.set("count", b"0")
with ThreadPoolExecutor(4) as threads:
    list(threads.map(lambda _: pool.incr("count", 1), range(200)))
assert pool.get("count") == b"200"
pool.close()
