"""urllib3: pooled connections kept alive, HTTPS, a body from a generator, a read time-out."""

import urllib3
from facts import ROOT, facts

http, https = facts["web"]["http"], facts["web"]["https"]
with urllib3.PoolManager(ca_certs=ROOT, retries=False) as pool:
    for url in (http, https):
        for size in (1, 100_000):
            assert len(pool.request("GET", f"{url}/bytes/{size}").data) == size
        assert pool.connection_from_url(url).num_connections == 1
    body = (b"part" for _ in range(100))
    answer = pool.request("POST", https, body=body, headers={"Content-Length": "400"})
    assert answer.data == b"part" * 100
    try:
        pool.request("GET", http + "/slow", timeout=0.2)
    except urllib3.exceptions.ReadTimeoutError:
        pass
    else:
        raise AssertionError("no time-out")
