"""requests: a session over HTTP and HTTPS, streaming, a time-out, a refused connection."""

import requests
from facts import ROOT, closed_port, facts

http, https = facts["web"]["http"], facts["web"]["https"]
with requests.Session() as session:
    session.trust_env = False
    for _ in range(3):
        assert session.get(http + "/").text == "hello"
    assert session.post(https, data=b"posted" * 1000, verify=ROOT).content == b"posted" * 1000
    with session.get(http + "/bytes/1000000", stream=True) as answer:
        assert sum(map(len, answer.iter_content(4096))) == 1_000_000
    for url, error in (
        (http + "/slow", requests.ReadTimeout),
        (f"http://127.0.0.1:{closed_port()}", requests.ConnectionError),
        (https, requests.exceptions.SSLError),
    ):
        try:
            session.get(url, timeout=0.2)
        except error:
            continue
        raise AssertionError(url)
