"""PyMySQL: a login with a password over TCP and a Unix socket, rows, a server-side cursor."""

import pymysql
import pymysql.cursors
from facts import HOST, facts

told = facts["mariadb"]
login = {"user": told["user"], "password": told["password"], "database": "test"}
for where in ({"host": HOST, "port": told["port"]}, {"unix_socket": told["path"]}):
    with pymysql.connect(**login, **where, read_timeout=20) as db, db.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE TABLE numbers (n INT, t TEXT)")
        cursor.executemany(
            "INSERT INTO numbers VALUES (%s, %s)", [(n, "x" * n) for n in range(500)]
        )
        db.commit()
        cursor.execute("SELECT SUM(n), SUM(LENGTH(t)) FROM numbers")
        assert cursor.fetchone() == (124750, 124750)
        with db.cursor(pymysql.cursors.SSCursor) as rows:
            rows.execute("SELECT t FROM numbers ORDER BY n")
            assert [len(text) for (text,) in rows] == list(range(500))
        db.ping()
