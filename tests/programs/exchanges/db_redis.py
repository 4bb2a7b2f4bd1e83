"""redis-py: commands, a pipeline, publish and subscribe, blocking reads, a Unix socket, asyncio."""

import asyncio

import redis
import redis.asyncio
import redis.backoff
import redis.retry
from facts import HOST, facts

port, path = facts["redis"]["port"], facts["redis"]["path"]
for db in (redis.Redis(HOST, port), redis.Redis(unix_socket_path=path)):
    with db:
        db.set("key", b"v" * 200_000)
        assert db.get("key") == b"v" * 200_000
        with db.pipeline() as pipe:
            for number in range(1000):
                pipe.incrby("sum", number)
            assert pipe.execute()[-1] - pipe.delete("sum").execute()[0] == 499_499
        with db.pubsub() as channel:
            channel.subscribe("news")
            assert channel.get_message(timeout=5)["type"] == "subscribe"
            db.publish("news", "hello")
            assert channel.get_message(timeout=5)["data"] == b"hello"
with redis.Redis(
    HOST, port, socket_timeout=0.2, retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0)
) as db:
    try:
        db.blpop("nothing", timeout=5)
    except redis.TimeoutError:
        pass
    else:
        raise AssertionError("no time-out")


async def main() -> None:
    async with redis.asyncio.Redis(host=HOST, port=port) as db:
        await asyncio.gather(*(db.set(f"k{n}", n) for n in range(50)))
        assert [int(v) for v in await db.mget([f"k{n}" for n in range(50)])] == list(range(50))


asyncio.run(main())
