"""asyncpg: a pool over TCP, TLS and a Unix socket; a cursor, a copy, a cancelled query."""

import asyncio
import io

import asyncpg
from facts import HOST, client_context, facts

told = facts["postgres"]
login = {key: told[key] for key in ("port", "user", "password")}


async def use(**where) -> None:
    async with asyncpg.create_pool(min_size=2, max_size=4, **login, **where) as pool:
        squares = await asyncio.gather(*(pool.fetchval("SELECT $1::int * 2", n) for n in range(40)))
        assert squares == [2 * n for n in range(40)]
        async with pool.acquire() as db, db.transaction():
            total = 0
            async for row in db.cursor("SELECT generate_series(1, 2000) AS n"):
                total += row["n"]
            assert total == 2_001_000
            await db.execute("CREATE TEMPORARY TABLE rows (n int) ON COMMIT DROP")
            await db.copy_to_table("rows", source=io.BytesIO(b"1\n2\n3\n"))
            assert await db.fetchval("SELECT sum(n) FROM rows") == 6
        try:
            await pool.execute("SELECT pg_sleep(30)", timeout=0.2)
        except asyncio.TimeoutError:
            return
        raise AssertionError("no time-out")


async def main() -> None:
    await use(host=HOST, ssl=False)
    await use(host="localhost", ssl=client_context())
    await use(host=told["folder"])


asyncio.run(main())
