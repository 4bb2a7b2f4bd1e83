"""pg8000: a password and TLS over TCP, a Unix socket, a copy, a notification."""

import io

import pg8000.native
from facts import HOST, client_context, facts

told = facts["postgres"]
port, user, password = told["port"], told["user"], told["password"]
context = client_context()
for where in (
    {"host": HOST, "ssl_context": context},
    {"host": HOST, "ssl_context": False},
    {"host": None, "unix_sock": f"{told['folder']}/.s.PGSQL.{port}", "ssl_context": False},
):
    with pg8000.native.Connection(user, port=port, password=password, timeout=20, **where) as db:
        assert db.run("SELECT repeat('x', 1000000)")[0][0] == "x" * 1_000_000
        db.run("CREATE TEMPORARY TABLE rows (n int, t text)")
        lines = io.BytesIO(b"".join(b"%d\ttext\n" % n for n in range(5000)))
        db.run("COPY rows FROM STDIN", stream=lines)
        assert db.run("SELECT sum(n), count(*) FROM rows") == [[12497500, 5000]]
        db.run("LISTEN news")
        db.run("NOTIFY news, 'hello'")
        db.run("SELECT 1")
        assert db.notifications[0][2] == "hello"
