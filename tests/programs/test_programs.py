"""Other people's programs in real exchanges, on the interpreter's sockets and on ours.

An exchange is a script that ends with success; it is started the same way on both sides, and the
socket objects its processes made are the proof of the side (see watch/sitecustomize.py).
"""

from __future__ import annotations

import http.client
import json
import re
from pathlib import Path
from typing import Any

import child
import pytest

EXCHANGES = {
    "http_requests": ["web"],
    "http_urllib3": ["web"],
    "http_httpx": ["web"],
    "http_aiohttp": [],
    "http_tornado": [],
    "net_twisted": [],
    "wsgi_servers": [],
    "ws_websockets": [],
    "db_redis": ["redis"],
    "db_pymemcache": ["memcached"],
    "db_pg8000": ["postgres"],
    "db_asyncpg": ["postgres"],
    "db_pymysql": ["mariadb"],
    "ssh_paramiko": ["sshd"],
    "dns_dnspython": ["dns"],
    "mq_pyzmq": [],
    "mqtt_paho": ["mosquitto"],
    "ftp_pyftpdlib": [],
    "smtp_aiosmtpd": [],
    "loop_uvloop": [],
    "loop_trio": [],
    "loop_anyio": [],
    "loop_gevent": [],
}
IN_A_NAMESPACE = ["raw_scapy", "mdns_zeroconf"]
LOOPBACK_UP = "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && exec "

both_sides = pytest.mark.parametrize("side", child.SIDES)


def arguments(name: str, chain: Path, **servers: Any) -> list[str]:
    script = child.HERE / "exchanges" / f"{name}.py"
    return [str(script), json.dumps({"chain": str(chain), **servers})]


@both_sides
@pytest.mark.parametrize("name", EXCHANGES)
def test_exchange(
    request: pytest.FixtureRequest, tmp_path: Path, chain: Path, name: str, side: str
) -> None:
    servers = {server: request.getfixturevalue(server) for server in EXCHANGES[name]}
    child.run(side, arguments(name, chain, **servers), tmp_path)


@both_sides
@pytest.mark.parametrize("name", IN_A_NAMESPACE)
def test_exchange_in_a_namespace(
    namespace: list[str], tmp_path: Path, chain: Path, name: str, side: str
) -> None:
    enter = [*namespace, "sh", "-c", LOOPBACK_UP + '"$@"', "sh"]
    child.run(side, arguments(name, chain), tmp_path, enter)


# -- programs that are servers on a command line

FLASK = """
from flask import Flask, request
app = Flask(__name__)

@app.post("/")
def echo():
    return request.get_data()
"""
DJANGO = """
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

settings.configure(
    DEBUG=True, SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=2**24,
)
urlpatterns = [path("", csrf_exempt(lambda request: HttpResponse(request.body)))]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line()
"""
WSGI = """
def app(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
SERVERS = {
    "flask": (FLASK, ["-m", "flask", "--app", "served", "run", "--port", "0"]),
    "flask-reloader": (FLASK, ["-m", "flask", "--app", "served", "--debug", "run", "--port", "0"]),
    "django": (DJANGO, ["served.py", "runserver", "--noreload", "127.0.0.1:0"]),
    "gunicorn": (WSGI, ["-m", "gunicorn", "-b", "127.0.0.1:0", "-w", "2", "served:app"]),
    "gunicorn-threads": (
        WSGI,
        ["-m", "gunicorn", "-b", "127.0.0.1:0", "-k", "gthread", "--threads", "4", "served:app"],
    ),
    "gunicorn-gevent": (
        WSGI,
        ["-m", "gunicorn", "-b", "127.0.0.1:0", "-k", "gevent", "served:app"],
    ),
    "gunicorn-tornado": (
        WSGI,
        ["-m", "gunicorn", "-b", "127.0.0.1:0", "-k", "tornado", "served:app"],
    ),
    "waitress": (WSGI, ["-m", "waitress", "--listen", "127.0.0.1:0", "served:app"]),
}


@both_sides
@pytest.mark.parametrize("name", SERVERS)
def test_server(tmp_path: Path, name: str, side: str) -> None:
    source, args = SERVERS[name]
    (tmp_path / "served.py").write_text(source)
    with child.running(side, args, tmp_path) as process:
        assert process.stdout is not None
        port = next_port(process.stdout)
        for size in (1, 1000, 1_000_000):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=child.SECONDS)
            client.request("POST", "/", b"x" * size)
            assert client.getresponse().read() == b"x" * size
            client.close()


def next_port(output: Any) -> int:
    """The port the server says it listens on."""
    said = []
    for line in output:
        said.append(line)
        if found := re.search(r"http://(?:127\.0\.0\.1|localhost):(\d+)", line):
            return int(found[1])
    raise AssertionError("".join(said))
