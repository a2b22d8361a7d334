# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline of bench_share: FastAPI on uvicorn and websockets, which sends each message to each client. Says where it
listens, then does what its standard input says: "go ROUNDS EVENTS INTERVAL_MS BYTES" or "cpu"."""

import asyncio
import json
import resource
import sys
import time

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
clients = set()


@app.websocket("/ws")
async def stream(socket: WebSocket):
    await socket.accept()
    await socket.send_text("{}")
    clients.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        clients.discard(socket)


def message(size):
    text = json.dumps({"type": "agent_log", "log": {"content": f"sent at {time.monotonic_ns() // 1000}"}, "pad": ""})
    return text[:-2] + "x" * max(20, size - len(text)) + text[-2:]


async def broadcast(rounds, events, interval, size):
    for number in range(rounds):
        begun = time.monotonic()
        for _ in range(events):
            text = message(size)
            for client in list(clients):
                await client.send_text(text)
        await asyncio.sleep(max(0, interval / 1000 - (time.monotonic() - begun)))


async def obey():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode():
        word, *numbers = line.split()
        if word == "go":
            asyncio.create_task(broadcast(*map(int, numbers)))
        else:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            print(usage.ru_utime + usage.ru_stime, flush=True)


async def main():
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, ws="websockets", log_level="warning",
                                           ws_per_message_deflate=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await obey()
    server.should_exit = True
    await serving


asyncio.run(main())
