"""`pods/exec` over a websocket: the command really runs, on this machine, in the scenario's folders."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from tests.kubeapi.errors import ApiError
from tests.kubeapi.resources import Obj
from tests.kubeapi.scenario import Scenario

_IN, _OUT, _ERR, _STATUS = 0, 1, 2, 3


async def serve(scenario: Scenario, pod: Obj, request: web.Request) -> web.WebSocketResponse:
    """Run the command to its end, sending what it says."""
    container = request.query.get("container", "")
    states = {one["name"]: one["state"] for one in pod.get("status", {}).get("containerStatuses", [])}
    if "running" not in states.get(container, {}):
        raise ApiError(500, "InternalError", f'unable to upgrade connection: container not found ("{container}")')
    socket = web.WebSocketResponse(protocols=["v4.channel.k8s.io"])
    await socket.prepare(request)
    argv = request.query.getall("command")
    for there, here in scenario.mounts.items():
        argv = [word.replace(there, str(here)) for word in argv]
    code = 127
    if scenario.mounts:
        code = await _run(argv, socket, stdin=request.query.get("stdin") == "true")
    failure = {"reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]}}
    status = {"status": "Success"} if code == 0 else {"status": "Failure", **failure}
    if code:
        status["message"] = f"command terminated with non-zero exit code: {code}"
    cut = scenario.cut_watches_after is not None
    if not cut:
        await socket.send_bytes(bytes([_STATUS]) + json.dumps(status).encode())
    await socket.close()
    return socket


async def _run(argv: list[str], socket: web.WebSocketResponse, *, stdin: bool) -> int:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*argv, stdin=pipe if stdin else nothing, stdout=pipe, stderr=pipe)
    feeding = asyncio.create_task(_feed(socket, process.stdin))
    try:
        await asyncio.gather(_pass_on(process.stdout, _OUT, socket), _pass_on(process.stderr, _ERR, socket))
        return await process.wait()
    finally:
        feeding.cancel()
        if process.returncode is None:
            process.kill()


async def _pass_on(source: asyncio.StreamReader | None, channel: int, socket: web.WebSocketResponse) -> None:
    while source is not None and (chunk := await source.read(32 * 1024)):
        await socket.send_bytes(bytes([channel]) + chunk)


async def _feed(socket: web.WebSocketResponse, target: asyncio.StreamWriter | None) -> None:
    """Hand on what the client sends; like the real protocol it never says that there is no more."""
    async for message in socket:
        if target is not None and isinstance(message.data, bytes) and message.data[:1] == bytes([_IN]):
            target.write(message.data[1:])
            await target.drain()
