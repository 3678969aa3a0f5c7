"""Stands between Playwright and a stock Firefox, and answers for it what it does not know yet.

Playwright speaks WebDriver BiDi to a stock Firefox (`channel="moz-firefox"`), and is a few months ahead of
Firefox ESR: opening a context asks for `emulation.setMediaFeaturesOverride`, which that refuses as an unknown
command. No test of ours needs what it emulates, so such a refusal is passed on as done.

Playwright starts this as if it were Firefox, with Firefox's arguments; STORYKIN_FIREFOX names the real one.
"""

import asyncio
import json
import os
import re
import signal
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")


def answered(message: str | bytes) -> str | bytes:
    """What Firefox says, but for the refusal of an emulation that it does not know."""
    said = json.loads(message)
    if said.get("error") == "unknown command" and "emulation." in said.get("message", ""):
        return json.dumps({"type": "success", "id": said["id"], "result": {}})
    return message


async def _pass_on(source: ServerConnection, firefox: ClientConnection) -> None:
    async for message in source:
        await firefox.send(message)


async def _serve(firefox: str) -> None:
    async def between(client: ServerConnection) -> None:
        path = client.request.path if client.request else "/session"
        async with connect(firefox + path, max_size=None, proxy=None) as there:
            sending = asyncio.create_task(_pass_on(client, there))
            async for message in there:
                await client.send(answered(message))
            sending.cancel()

    async with serve(between, "127.0.0.1", 0, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", file=sys.stderr, flush=True)
        await asyncio.Future()


async def main() -> int:
    """Run Firefox until it ends; its exit code."""
    running = await asyncio.create_subprocess_exec(
        os.environ["STORYKIN_FIREFOX"], *sys.argv[1:], stderr=asyncio.subprocess.PIPE
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.terminate)
    assert running.stderr is not None
    serving: asyncio.Task[None] | None = None
    while line := await running.stderr.readline():
        found = LISTENING.search(line)
        if found and serving is None:
            serving = asyncio.create_task(_serve(found[1].decode()))
        elif not found:
            sys.stderr.buffer.write(line)
    return await running.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
