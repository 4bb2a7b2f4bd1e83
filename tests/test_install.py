"""install() and uninstall(): exact about order, and without a trace afterwards.

Every case is a program of its own, because what it tests is the state of a whole interpreter.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(code: str, *options: str) -> str:
    """Run a program; its standard output. Warnings and leaks are errors."""
    program = textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", program],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_import_socket_means_ours_then_theirs_again() -> None:
    run("""
        import sys
        import cffisock
        theirs = [sys.modules.get("_socket")]
        cffisock.install()
        import socket, _socket
        assert socket is cffisock and _socket is cffisock._socket
        assert isinstance(socket.socket, type) and socket.socket is cffisock.socket
        cffisock.uninstall()
        assert "socket" not in sys.modules
        assert sys.modules.get("_socket") is theirs[0]
        import socket
        assert socket is not cffisock and socket.socket is not cffisock.socket
    """)


def test_a_module_imported_after_it_uses_ours() -> None:
    run("""
        import cffisock
        cffisock.install()
        import http.client, selectors, socketserver
        assert http.client.socket is cffisock
        assert socketserver.socket is cffisock
    """)


def test_a_module_imported_before_it_is_named() -> None:
    run("""
        import types, sys
        import socket
        early = types.ModuleType("early")
        exec("import socket as s\\nfrom socket import create_connection as connect", vars(early))
        sys.modules["early"] = early
        import cffisock, warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cffisock.install()
        [warning] = caught
        assert warning.category is RuntimeWarning
        assert warning.filename == "<string>", warning.filename
        text = str(warning.message)
        assert "early (connect, s)" in text, text
        assert "__main__ (socket)" in text, text
        assert early.s is socket is not cffisock
    """)


def test_patch_rebinds_module_class_and_functions_and_uninstall_binds_them_back() -> None:
    run("""
        import sys, types
        import socket, _socket
        early = types.ModuleType("early")
        exec('''
        import socket, _socket
        from socket import socket as cls, create_connection, AF_INET, SocketType, AddressFamily
        from _socket import getaddrinfo
        untouched = [cls]
        '''.replace("        ", ""), vars(early))
        sys.modules["early"] = early
        before = dict(vars(early))
        import cffisock
        cffisock.install(patch=True)
        assert early.socket is cffisock and early._socket is cffisock._socket
        assert early.cls is cffisock.socket
        assert early.create_connection is cffisock.create_connection
        assert early.SocketType is cffisock.SocketType
        assert early.AddressFamily is cffisock.AddressFamily
        assert early.getaddrinfo is cffisock._socket.getaddrinfo
        assert early.AF_INET == cffisock.AF_INET
        assert socket is cffisock  # this program's own name for it
        cffisock.uninstall()
        assert vars(early) == before
        assert all(vars(early)[name] is value for name, value in before.items())
        assert socket is sys.modules["socket"] is not cffisock
    """)


def test_patch_keeps_what_the_program_rebound_itself() -> None:
    run("""
        import sys, types
        import socket
        early = types.ModuleType("early")
        early.connect = socket.create_connection
        sys.modules["early"] = early
        import cffisock
        cffisock.install(patch=True)
        early.connect = marker = object()
        cffisock.uninstall()
        assert early.connect is marker
    """)


def test_classes_derived_from_theirs_are_named() -> None:
    run("""
        import socket, warnings
        class Mine(socket.socket):
            pass
        import cffisock
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cffisock.install(patch=True)
        [warning] = caught
        assert "derived" in str(warning.message) and "__main__.Mine" in str(warning.message)
    """)


def test_install_twice_and_uninstall_twice() -> None:
    run("""
        import sys
        import cffisock
        cffisock.uninstall()
        before = list(sys.meta_path)
        cffisock.install()
        cffisock.install()
        assert sys.meta_path == before
        cffisock.uninstall()
        assert sys.meta_path == before
        cffisock.uninstall()
        assert "socket" not in sys.modules
    """)


def test_patch_may_come_later() -> None:
    run("""
        import http.client, warnings
        theirs = http.client.socket
        import cffisock
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cffisock.install()
        assert "http.client (socket)" in str(caught[0].message)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ssl, imported by http.client, has a derived class
            cffisock.install(patch=True)
        assert http.client.socket is cffisock
        cffisock.uninstall()
        assert http.client.socket is theirs
    """)


@pytest.mark.parametrize("patch", [True, False])
def test_modules_imported_in_between(patch: bool) -> None:
    """They are handed back after patch=True, and named otherwise."""
    run(f"""
        import sys, types, warnings
        import cffisock
        cffisock.install(patch={patch})
        between = types.ModuleType("between")
        exec("import socket\\nfrom socket import socket as cls", vars(between))
        sys.modules["between"] = between
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cffisock.uninstall()
        import socket
        if {patch}:
            assert caught == []
            assert between.socket is socket and between.cls is socket.socket
        else:
            [warning] = caught
            assert "between (cls, socket)" in str(warning.message), warning.message
            assert between.cls is cffisock.socket
    """)


def test_the_default_time_out_goes_along() -> None:
    run("""
        import socket
        socket.setdefaulttimeout(7)
        import cffisock
        cffisock.install(patch=True)
        assert cffisock.getdefaulttimeout() == 7
        with socket.socket() as sock:
            assert type(sock) is cffisock.socket and sock.gettimeout() == 7
        cffisock.uninstall()
        assert cffisock.getdefaulttimeout() is None
    """)


def test_default_arguments_of_early_modules_still_mean_the_default() -> None:
    """http.client holds the standard library's sentinel for "no time-out given"."""
    run("""
        import http.client, warnings
        import cffisock
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ssl's derived class
            cffisock.install(patch=True)
        with cffisock.create_server(("127.0.0.1", 0)) as listener:
            connection = http.client.HTTPConnection(*listener.getsockname())
            connection.connect()
            assert type(connection.sock) is cffisock.socket
            assert connection.sock.gettimeout() is None
            connection.close()
    """)


def test_lazy_modules_stay_unloaded() -> None:
    run("""
        import importlib.util, sys
        spec = importlib.util.find_spec("poplib")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = importlib.util.module_from_spec(spec)
        sys.modules["poplib"] = module
        spec.loader.exec_module(module)
        import cffisock
        cffisock.install()
        assert type(module) is not type(sys)
        assert "POP3" not in object.__getattribute__(module, "__dict__")
    """)


def test_ssl_imported_after_it_derives_from_ours_and_shows_its_own_loader() -> None:
    run("""
        import cffisock
        cffisock.install()
        import ssl, inspect
        assert issubclass(ssl.SSLSocket, cffisock.socket)
        assert type(ssl.__loader__) is type(inspect.__loader__)
        assert ssl.__spec__.loader is ssl.__loader__
        assert "class SSLSocket" in inspect.getsource(ssl)
    """)


def test_uninstall_takes_back_what_multiprocessing_was_told() -> None:
    run("""
        import multiprocessing.util as util, multiprocessing.spawn as spawn, warnings
        before = util.spawnv_passfds, spawn.get_command_line
        import cffisock
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cffisock.install()
        assert "import cffisock" in str(spawn.get_command_line(pipe_handle=3))
        cffisock.uninstall()
        assert (util.spawnv_passfds, spawn.get_command_line) == before
    """)


def test_finders_of_the_old_kind_are_passed_over() -> None:
    """As the import system does, which looks for `find_module` then, or for nothing."""
    code = """
        import sys
        class Old:
            def find_module(self, name, path=None):
                return None
        sys.meta_path.insert(0, Old())
        import cffisock
        cffisock.install()
        import multiprocessing.spawn as spawn
        assert "import cffisock" in str(spawn.get_command_line(pipe_handle=3))
    """
    run(code, "-W", "ignore")


def test_importing_cffisock_imports_no_more_than_it_needs() -> None:
    modules = run("import sys, cffisock; print(*sys.modules)").split()
    heavy = {"argparse", "inspect", "json", "runpy", "selectors", "socket", "ssl", "tempfile"}
    baseline = set(run("import sys; print(*sys.modules)").split())
    assert heavy & (set(modules) - baseline) == set()
