"""httpx: the blocking client and the asynchronous one, on asyncio and on trio."""

import asyncio

import httpx
import trio
from facts import client_context, facts

http, https = facts["web"]["http"], facts["web"]["https"]


async def ask() -> None:
    async with httpx.AsyncClient(verify=client_context(), trust_env=False) as client:
        assert (await client.get(https)).text == "hello"
        assert (await client.post(http, content=b"x" * 100_000)).content == b"x" * 100_000
        try:
            await client.get(http + "/slow", timeout=0.2)
        except httpx.ReadTimeout:
            return
        raise AssertionError("no time-out")


with httpx.Client(verify=client_context(), trust_env=False) as blocking:
    assert blocking.get(http).text == blocking.get(https).text == "hello"
asyncio.run(ask())
trio.run(ask)
