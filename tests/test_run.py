"""``python -m cffisock run``: the program cannot tell, and the swap is real."""

from __future__ import annotations

import hashlib
import http.client
import multiprocessing
import os
import py_compile
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PYTHON = [sys.executable, "-X", "faulthandler"]
RUN = [*PYTHON, "-m", "cffisock", "run"]

ABOUT_ITSELF = """\
import sys
main = sys.modules["__main__"]
print(__name__, sys.argv, sys.path[:2])
print(sorted(vars(main)))
print(globals().get("__file__"), getattr(__spec__, "name", None), __package__)
print(vars(main) is globals(), __doc__, type(__builtins__), type(__loader__))
"""


def started(command: list[str], **options: Any) -> tuple[int, str, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, **options)
    return done.returncode, done.stdout, done.stderr


def run(code: str, *args: str) -> str:
    """Run source text on cffisock, with warnings as errors; its standard output."""
    command = [*PYTHON, "-W", "error", "-m", "cffisock", "run", "-c", textwrap.dedent(code), *args]
    status, out, err = started(command)
    assert (status, err) == (0, ""), err
    return out


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "pro gram"
    folder.mkdir()
    (folder / "script.py").write_text(ABOUT_ITSELF)
    (folder / "__main__.py").write_text(ABOUT_ITSELF)
    package = folder / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(ABOUT_ITSELF)
    (package / "inner.py").write_text('"""Documented."""\n' + ABOUT_ITSELF)
    py_compile.compile(str(folder / "script.py"), str(folder / "compiled.pyc"))
    try:
        (folder / "link.py").symlink_to(package / "inner.py")
    except OSError:  # Windows gives this right to few
        pass
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.write(folder / "__main__.py", "__main__.py")
    return folder


@pytest.mark.parametrize(
    "args",
    [
        ["script.py"],
        ["script.py", "-m", "--help", ""],
        ["./script.py"],
        ["package/../script.py"],
        ["link.py"],
        ["compiled.pyc"],
        ["../pro gram"],
        ["archive.zip", "x"],
        ["-m", "script"],
        ["-m", "package", "-x"],
        ["-mpackage.inner", "a b"],
        ["-c", ABOUT_ITSELF, "-c", "x"],
        ["-c" + ABOUT_ITSELF],
    ],
    ids=lambda args: " ".join(args)[:24],
)
def test_a_program_finds_what_the_interpreter_gives_it(program: Path, args: list[str]) -> None:
    if args == ["link.py"] and not (program / "link.py").exists():
        pytest.skip("this system lets us make no symbolic links")
    expected = started([*PYTHON, *args], cwd=program)
    assert expected[0] == 0
    assert started([*RUN, *args], cwd=program) == expected


def test_a_program_from_standard_input(program: Path) -> None:
    expected = started([*PYTHON, "-", "a"], input=ABOUT_ITSELF, cwd=program)
    assert expected[0] == 0
    assert started([*RUN, "-", "a"], input=ABOUT_ITSELF, cwd=program) == expected


@pytest.mark.parametrize("args", [["script.py"], ["-m", "package"], ["-c", "main = 1"]])
def test_a_program_is_looked_into_after_its_end(program: Path, args: list[str]) -> None:
    pypy = sys.implementation.name == "pypy"  # it looks into the __main__ that it made itself
    options: dict[str, Any] = {"input": "" if pypy else "print(type(main))", "cwd": program}
    expected = started([PYTHON[0], "-i", *args], **options)
    assert expected[0] == 0
    assert started([PYTHON[0], "-i", *RUN[-3:], *args], **options) == expected


ENDINGS = [
    "import sys; sys.exit('in words')",
    "def f():\n    raise ValueError('deep')\nf()",
    "not python",
    "import signal, os; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(9)",
]
MORE_ENDINGS = [
    "import sys; sys.exit(3)",
    "raise SystemExit",
    "import atexit; atexit.register(print, 'bye')",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError(1) from e",
    "import sys; sys.excepthook = lambda *args: print('hooked', args[1]); 1 / 0",
    "import threading\nthreading.Thread(target=lambda: print('thread')).start()",
    "from __future__ import annotations\nx: no_such_name = 1\nprint(__annotations__)",
]


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        *(("script", source) for source in ENDINGS + MORE_ENDINGS),
        *(("module", source) for source in ENDINGS),
        *(("code", source) for source in ENDINGS),
    ],
)
def test_endings(tmp_path: Path, kind: str, source: str) -> None:
    """Exit status, traceback, signal: as the interpreter's own."""
    (tmp_path / "ending.py").write_text(source + "\n")
    args = {"script": ["ending.py"], "module": ["-m", "ending"], "code": ["-c", source]}[kind]
    expected = started([*PYTHON, *args], cwd=tmp_path)
    found = started([*RUN, *args], cwd=tmp_path)
    if kind == "code":  # since 3.13 the interpreter keeps the text of -c for tracebacks
        expected = (*expected[:2], re.sub(r'(File "<string>".*\n)(    .*\n)+', r"\1", expected[2]))
        found = (*found[:2], re.sub(r'(File "<string>".*\n)(    .*\n)+', r"\1", found[2]))
    assert found == expected


@pytest.mark.parametrize("args", [["missing.py"], ["-m", "no_such_module"], ["-m", "email"]])
def test_programs_that_are_not_there(tmp_path: Path, args: list[str]) -> None:
    expected = started([*PYTHON, *args], cwd=tmp_path)
    assert expected[0] != 0
    status, out, err = started([*RUN, *args], cwd=tmp_path)
    assert (status, out) == expected[:2]
    assert err == expected[2] or sys.implementation.name == "pypy"


@pytest.mark.parametrize("args", [[], ["-x"], ["-m"], ["-c"]])
def test_wrong_usage_is_explained(args: list[str]) -> None:
    status, out, err = started([*RUN, *args])
    assert (status, out) == (2, "")
    assert err.startswith("usage: python -m cffisock run")
    assert "python -m cffisock run: " in err


@pytest.mark.skipif(not hasattr(sys.flags, "safe_path"), reason="safe paths are new in Python 3.11")
def test_a_safe_path_stays_safe(program: Path) -> None:
    expected = started([sys.executable, "-P", "script.py"], cwd=program)
    safe = [sys.executable, "-P", "-m", "cffisock", "run"]
    assert started([*safe, "script.py"], cwd=program) == expected


def test_the_swap_is_real() -> None:
    """Not one object of the interpreter's own socket type is made, by whatever the program uses."""
    out = run("""
        import sys
        made = []
        sys.addaudithook(lambda event, args: event == "socket.__new__" and made.append(args[0]))
        import socket, _socket
        import cffisock
        assert socket.socket is cffisock.socket and _socket.socket is cffisock._socket.socket
        import asyncio, http.client, multiprocessing.connection, selectors, urllib.request, ssl
        holders = [http.client, multiprocessing.connection, urllib.request, asyncio.base_events]
        assert all(module.socket is cffisock for module in holders)

        async def talk():
            async def echo(reader, writer):
                writer.write(await reader.read(5))
                writer.close()
            server = await asyncio.start_server(echo, "127.0.0.1", 0)
            address = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"hello")
            assert await reader.read() == b"hello"
            writer.close()
            await writer.wait_closed()
            server.close()

        asyncio.run(talk())
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with socket.create_connection(listener.getsockname()) as client:
                listener.accept()[0].close()
        one, other = socket.socketpair()
        one.close(), other.close()
        assert len(made) > 5
        assert all(isinstance(sock, cffisock.socket) for sock in made)
        # The interpreter's own type is what cffisock's was made to replace: it has no instance.
        import gc
        gc.collect()
        assert not any(type(o).__module__ == "_socket" for o in gc.get_objects())
        print(len(made))
    """)
    assert int(out) > 5


def test_the_interpreters_socket_module_is_never_run() -> None:
    run("""
        import sys
        import socket, asyncio, http.server, logging.handlers, smtplib, socketserver, xmlrpc.client
        files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
        import os
        assert os.path.join(os.path.dirname(os.__file__), "socket.py") not in files
    """)


def test_children_of_multiprocessing_use_ours_too(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
            import multiprocessing
            import socket
            import sys

            def child(sock, queue):
                import cffisock
                sock.sendall(b"from the child")
                sock.close()
                queue.put((socket is cffisock, type(sock) is cffisock.socket))

            if __name__ == "__main__":
                context = multiprocessing.get_context(sys.argv[1])
                queue = context.Queue()
                one, other = socket.socketpair()
                process = context.Process(target=child, args=(other, queue))
                process.start()
                other.close()
                print(queue.get(timeout=40), one.recv(100))
                process.join()
                one.close()
        """)
    )
    for method in {"spawn", "forkserver"} & set(multiprocessing.get_all_start_methods()):
        status, out, err = started([*RUN, str(script), method])
        assert (status, out) == (0, "(True, True) b'from the child'\n"), err


# -- http.server


@contextmanager
def http_server(folder: Path) -> Iterator[tuple[str, int]]:
    """``python -m cffisock run -m http.server`` on a port of the system's choice."""
    command = [sys.executable, "-u", "-m", "cffisock", "run", "-m", "http.server"]
    server = subprocess.Popen(
        [*command, "--bind", "127.0.0.1", "--directory", str(folder), "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.match(r"Serving HTTP on (\S+) port (\d+)", line)
        try:
            assert found, line
            yield found[1], int(found[2])
        finally:
            interrupted = os.name == "posix"  # Windows has no signal for one process alone
            server.send_signal(signal.SIGINT if interrupted else signal.SIGTERM)
            out, err = server.communicate(timeout=20)
            assert not interrupted or "Keyboard interrupt received, exiting." in out
            assert "Traceback" not in err, err


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("www") / "big.bin"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(os.urandom(1_000_000))
    return path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        whole = hashlib.sha256()
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()


def test_http_server_serves_50_megabytes(big_file: Path) -> None:
    with http_server(big_file.parent) as (host, port):
        connection = http.client.HTTPConnection(host, port, timeout=30)
        connection.request("GET", "/big.bin")
        response = connection.getresponse()
        whole = hashlib.sha256()
        while block := response.read(1 << 20):
            whole.update(block)
        connection.close()
    assert response.getheader("Content-Length") == "50000000"
    assert whole.hexdigest() == digest(big_file)


@pytest.mark.skipif(not shutil.which("curl"), reason="this machine has no curl")
def test_http_server_serves_curl(big_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "fetched"
    with http_server(big_file.parent) as (host, port):
        url = f"http://{host}:{port}/big.bin"
        curl = ["curl", "-sSf", "--noproxy", "*", "-o", str(target), url]
        # The sanitizer that may be loaded into us is not meant for other programs.
        env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        status, _, err = started(curl, env=env)
    assert (status, err) == (0, "")
    assert digest(target) == digest(big_file)
