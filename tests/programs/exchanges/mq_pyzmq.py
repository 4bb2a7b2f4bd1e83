"""pyzmq: its library makes its own sockets; it takes ours to listen on, and polls them with its own."""

import asyncio
import os
import socket
import threading

import zmq
import zmq.asyncio
from facts import HOST


def answer(context: zmq.Context, listener: socket.socket) -> None:
    with context.socket(zmq.REP) as rep:
        rep.setsockopt(zmq.USE_FD, os.dup(listener.fileno()))
        rep.bind("tcp://%s:%d" % listener.getsockname())
        for _ in range(100):
            rep.send(rep.recv().upper())


with zmq.Context() as context, socket.create_server((HOST, 0)) as listener:
    thread = threading.Thread(target=answer, args=(context, listener))
    thread.start()
    with context.socket(zmq.REQ) as req:
        req.connect("tcp://%s:%d" % listener.getsockname())
        for number in range(100):
            req.send(b"hello %d" % number)
            assert req.poll(5000) and req.recv() == b"HELLO %d" % number
    thread.join()
    left, right = socket.socketpair()
    with left, right, context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
        push.connect(f"tcp://{HOST}:{pull.bind_to_random_port('tcp://' + HOST)}")
        poller = zmq.Poller()
        poller.register(left, zmq.POLLIN)
        poller.register(pull, zmq.POLLIN)
        right.send(b"x")
        assert poller.poll(5000) == [(left.fileno(), zmq.POLLIN)]
        left.recv(1)
        push.send(b"y")
        assert poller.poll(5000) == [(pull, zmq.POLLIN)]


async def main() -> None:
    with zmq.asyncio.Context() as context:
        with context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
            push.connect(f"tcp://{HOST}:{pull.bind_to_random_port('tcp://' + HOST)}")
            await push.send(b"asyncio")
            assert await asyncio.wait_for(pull.recv(), 5) == b"asyncio"


asyncio.run(main())
