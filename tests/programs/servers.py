"""Real servers, one of each kind per test run: on loopback, ports of the kernel's, data in a folder.

Each fixture yields what a client needs to know, ready to be written as JSON. A server that this
machine lacks skips the tests that need it (setup.sh installs them all).
"""

from __future__ import annotations

import functools
import http.server
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HOST = "127.0.0.1"
START_SECONDS = 30
SBIN = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", "/sbin"])


def find(*names: str) -> str:
    """A server's program, or skip."""
    path = os.pathsep.join([os.environ.get("PATH", ""), SBIN, *_postgres_folders()])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    pytest.skip(f"{names[0]} is not installed")


@functools.cache
def _postgres_folders() -> list[str]:
    return [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago; a server takes it from its command line."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@contextmanager
def data_folder(user: str | None = None) -> Iterator[Path]:
    """A folder that the user the server runs as may enter: pytest's own are for one user only."""
    folder = Path(tempfile.mkdtemp(prefix="cffisock-"))
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments of Popen for a server that refuses to run as root."""
    if user is None or os.getuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": user, "group": entry.pw_gid, "extra_groups": []}


def answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def served(
    args: Sequence[str], folder: Path, port: int, user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block's end; it is up when its port answers."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            args,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **as_user(user),
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not answers(port):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.05)  # between two questions; nothing depends on its length
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def setup(args: Sequence[str], folder: Path, user: str | None = None) -> None:
    done = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, timeout=120, **as_user(user)
    )
    assert done.returncode == 0, done.stdout + done.stderr


# -- HTTP, in this process and so always on the interpreter's own socket


class Echo(http.server.BaseHTTPRequestHandler):
    """GET /bytes/N answers N bytes; /slow never answers; POST answers the body."""

    protocol_version = "HTTP/1.1"
    stop = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.stop.wait(30)
            self.close_connection = True
            return
        what, _, number = self.path.strip("/").partition("/")
        self.answer(b"x" * int(number) if what == "bytes" else b"hello")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _http_server(context: ssl.SSLContext | None) -> Iterator[int]:
    with http.server.ThreadingHTTPServer((HOST, 0), Echo) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            Echo.stop.set()
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def web(chain: Path) -> Iterator[dict[str, Any]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(chain / "chain.pem"), str(chain / "leaf.key"))
    with _http_server(None) as plain, _http_server(context) as tls:
        yield {"http": f"http://{HOST}:{plain}", "https": f"https://localhost:{tls}"}


# -- data bases


@pytest.fixture(scope="session")
def redis() -> Iterator[dict[str, Any]]:
    port = free_port()
    with data_folder() as folder:
        args = [find("redis-server"), "--port", str(port), "--bind", HOST, "--save", ""]
        args += ["--dir", str(folder), "--unixsocket", str(folder / "socket")]
        with served(args, folder, port):
            yield {"port": port, "path": str(folder / "socket")}


@pytest.fixture(scope="session")
def memcached() -> Iterator[dict[str, Any]]:
    port = free_port()
    with data_folder() as folder:
        args = [find("memcached"), "-l", HOST, "-p", str(port), "-u", "nobody"]
        with served(args, folder, port):
            yield {"port": port}


@pytest.fixture(scope="session")
def postgres(chain: Path) -> Iterator[dict[str, Any]]:
    user = "postgres"
    port = free_port()
    initdb = find("initdb")
    server = str(Path(initdb).resolve().with_name("postgres"))
    with data_folder(user) as folder:
        data = folder / "data"
        (folder / "password").write_text("secret")
        options = ["-U", user, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N"]
        setup([initdb, "-D", str(data), *options], folder, user)
        entry = pwd.getpwnam(user)
        for name in ("chain.pem", "leaf.key"):
            copy = shutil.copy(chain / name, data)
            os.chmod(copy, 0o600)
            os.chown(copy, entry.pw_uid, entry.pw_gid)
        settings = {
            "port": port,
            "listen_addresses": HOST,
            "unix_socket_directories": folder,
            "ssl": "on",
            "ssl_cert_file": "chain.pem",
            "ssl_key_file": "leaf.key",
            "fsync": "off",
        }
        args = [server, "-D", str(data)]
        for key, value in settings.items():
            args += ["-c", f"{key}={value}"]
        with served(args, folder, port, user):
            _wait_for_postgres(Path(initdb).resolve().with_name("pg_isready"), port)
            yield {"port": port, "user": user, "password": "secret", "folder": str(folder)}


def _wait_for_postgres(pg_isready: Path, port: int) -> None:
    """Its port answers before it takes connections."""
    end = time.monotonic() + START_SECONDS
    while subprocess.run([pg_isready, "-q", "-h", HOST, "-p", str(port)]).returncode:
        assert time.monotonic() < end, "PostgreSQL does not take connections"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[dict[str, Any]]:
    user = "mysql"
    port = free_port()
    server = find("mariadbd", "mysqld")
    with data_folder(user) as folder:
        data = folder / "data"
        options = ["--no-defaults", f"--datadir={data}"]
        install = ["--skip-test-db", "--auth-root-authentication-method=normal"]
        setup([find("mariadb-install-db"), *options, *install], folder, user)
        (folder / "init.sql").write_text(
            "CREATE DATABASE test;\nCREATE USER 'me'@'%' IDENTIFIED BY 'secret';\n"
            "GRANT ALL ON test.* TO 'me'@'%';\n"
        )
        args = [server, *options, f"--port={port}", f"--bind-address={HOST}"]
        args += [f"--socket={folder / 'socket'}", f"--init-file={folder / 'init.sql'}"]
        args += [
            "--skip-name-resolve",
            "--innodb-flush-method=fsync",
            f"--pid-file={folder / 'pid'}",
        ]
        with served(args, folder, port, user):
            yield {"port": port, "user": "me", "password": "secret", "path": str(folder / "socket")}


# -- others


@pytest.fixture(scope="session")
def sshd() -> Iterator[dict[str, Any]]:
    port = free_port()
    with data_folder() as folder:
        for name in ("host", "user"):
            setup([find("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", name], folder)
        shutil.copy(folder / "user.pub", folder / "authorized")
        settings = {
            "Port": port,
            "ListenAddress": HOST,
            "HostKey": folder / "host",
            "AuthorizedKeysFile": folder / "authorized",
            "PidFile": folder / "pid",
            "StrictModes": "no",
            "PermitRootLogin": "yes",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "Subsystem": "sftp internal-sftp",
        }
        lines = [f"{key} {value}\n" for key, value in settings.items()]
        (folder / "config").write_text("".join(lines))
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd will not start without it
        with served([find("sshd"), "-D", "-e", "-f", str(folder / "config")], folder, port):
            user = pwd.getpwuid(os.getuid()).pw_name
            yield {"port": port, "user": user, "key": str(folder / "user"), "folder": str(folder)}


@pytest.fixture(scope="session")
def dns() -> Iterator[dict[str, Any]]:
    port = free_port()
    with data_folder() as folder:
        args = [find("dnsmasq"), "--keep-in-foreground", "--no-resolv", "--no-hosts", "--no-daemon"]
        args += [f"--port={port}", f"--listen-address={HOST}", "--bind-interfaces", "--conf-file="]
        args += ["--address=/example.test/192.0.2.7", "--address=/example.test/2001:db8::7"]
        args += ["--txt-record=big.test," + ",".join(["x" * 200] * 20), f"--pid-file={folder}/pid"]
        with served(args, folder, port):
            yield {"port": port}


@pytest.fixture(scope="session")
def mosquitto(chain: Path) -> Iterator[dict[str, Any]]:
    port, tls = free_port(), free_port()
    with data_folder() as folder:
        for name in ("chain.pem", "leaf.key", "root.pem"):
            os.chmod(shutil.copy(chain / name, folder), 0o644)
        os.chmod(folder, 0o755)
        (folder / "config").write_text(
            f"listener {port} {HOST}\nlistener {tls} {HOST}\ncertfile {folder}/chain.pem\n"
            f"keyfile {folder}/leaf.key\nallow_anonymous true\n"
        )
        with served([find("mosquitto"), "-c", str(folder / "config")], folder, port):
            yield {"port": port, "tls": tls}


@pytest.fixture(scope="session")
def namespace() -> list[str]:
    """How to run a program in a network of its own: multicast and raw frames stay inside."""
    enter = [find("unshare"), "--net", "--"]
    if subprocess.run([*enter, "true"], capture_output=True).returncode:
        pytest.skip("this user may not make a network namespace")
    find("ip")
    return enter
