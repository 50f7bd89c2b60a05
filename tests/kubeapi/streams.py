"""Answers that go on: watches and followed pod logs."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json

from aiohttp import web

from tests.kubeapi.errors import ApiError
from tests.kubeapi.resources import Obj, Resource
from tests.kubeapi.scenario import Scenario
from tests.kubeapi.selectors import matcher
from tests.kubeapi.store import Change, Store


async def watch(
    scenario: Scenario, store: Store, resource: Resource, namespace: str | None, request: web.Request
) -> web.StreamResponse:
    """Send changes from the asked version on, until the client goes, the time-out or the scenario's cut."""
    return await _Watch(scenario, store, resource, namespace, request).serve()


class _Watch:
    """One client's watch."""

    def __init__(
        self, scenario: Scenario, store: Store, resource: Resource, namespace: str | None, request: web.Request
    ) -> None:
        self.scenario, self.store, self.resource, self.namespace = scenario, store, resource, namespace
        self.request = request
        self.chosen = matcher(request.query)
        self.queue: asyncio.Queue[Change] = asyncio.Queue()
        self.response = web.StreamResponse(headers={"Content-Type": "application/json"})

    async def serve(self) -> web.StreamResponse:
        query, store = self.request.query, self.store
        since = query.get("resourceVersion", "")
        fresh = query.get("sendInitialEvents") == "true" or since in {"", "0"}
        await self.response.prepare(self.request)
        if not fresh and int(since) < store.oldest:
            gone = ApiError(410, "Expired", f"too old resource version: {since} ({store.oldest})")
            await self._send("ERROR", gone.body)
            return self.response
        for change in [] if fresh else store.log:
            if change.version > int(since):
                self.queue.put_nowait(change)
        store.listeners.append(self.queue.put_nowait)
        try:
            if fresh:
                await self._send_present()
            await self._send_changes(float(query.get("timeoutSeconds") or 3600))
        except ConnectionResetError:
            return self.response  # the client has gone
        finally:
            store.listeners.remove(self.queue.put_nowait)
        return self.response

    async def _send_present(self) -> None:
        version = str(self.store.version)
        for item in [item for item in self.store.all(self.resource.plural, self.namespace) if self.chosen(item)]:
            await self._send("ADDED", item)
        if self.request.query.get("sendInitialEvents") == "true":
            mark = {"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}
            kind = {"kind": self.resource.kind, "apiVersion": self.resource.group_version}
            await self._send("BOOKMARK", {**kind, "metadata": mark})

    async def _send_changes(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        while loop.time() < started + seconds and self.request.transport is not None:
            cut = self.scenario.cut_watches_after
            if cut is not None and loop.time() - started >= cut:
                self.request.transport.abort()
                return
            try:
                change = await asyncio.wait_for(self.queue.get(), 0.05)
            except TimeoutError:
                continue
            where = change.item["metadata"].get("namespace")
            if change.resource == self.resource and self.namespace in {None, where} and self.chosen(change.item):
                await self._send(change.kind, change.item)

    async def _send(self, kind: str, item: Obj) -> None:
        if self.scenario.fat_bytes and kind in {"ADDED", "MODIFIED", "DELETED"}:
            padded = {**item["metadata"].get("annotations", {}), "padding": "x" * self.scenario.fat_bytes}
            item = {**item, "metadata": {**item["metadata"], "annotations": padded}}
        await self.response.write(json.dumps({"type": kind, "object": item}).encode() + b"\n")


async def logs(scenario: Scenario, pod: Obj, request: web.Request) -> web.StreamResponse:
    """A container's log, of its last run with `previous`."""
    query = request.query
    name = pod["metadata"]["name"]
    container = query.get("container") or pod["spec"]["containers"][0]["name"]
    states = [
        *pod.get("status", {}).get("containerStatuses", []),
        *pod.get("status", {}).get("initContainerStatuses", []),
    ]
    status = next((state for state in states if state["name"] == container), None)
    waiting = status["state"].get("waiting") if status else {"reason": "ContainerCreating"}
    previous = query.get("previous", "").lower() in {"1", "true"}
    if waiting is not None and (status is None or not status.get("lastState")):
        reason = waiting["reason"]
        raise ApiError(400, "BadRequest", f'container "{container}" in pod "{name}" is waiting to start: {reason}')
    if previous and not (status and status.get("lastState")):
        raise ApiError(400, "BadRequest", f'previous terminated container "{container}" in pod "{name}" not found')
    lines = list(scenario.crashing.get(container) or scenario.logs.get(container) or [f"{container} of {name} started"])
    log = _Log(scenario, pod, container, lines, request)
    with contextlib.suppress(ConnectionResetError):  # the client has gone
        await log.serve()
    return log.response


class _Log:
    """One client's view of a log whose lines have a time each; the pod's start is that of the first."""

    def __init__(self, scenario: Scenario, pod: Obj, container: str, lines: list[str], request: web.Request) -> None:
        self.scenario, self.container, self.lines, self.request = scenario, container, lines, request
        self.start = dt.datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
        self.response = web.StreamResponse(headers={"Content-Type": "text/plain"})

    async def serve(self) -> None:
        query, lines = self.request.query, self.lines
        await self.response.prepare(self.request)
        tail = int(query["tailLines"]) if "tailLines" in query else len(lines)
        for number in range(max(0, len(lines) - tail), len(lines)):
            await self._send(number, lines[number])
        began = asyncio.get_running_loop().time()
        number = len(lines) + round((dt.datetime.now(dt.UTC) - self.start).total_seconds() / self.scenario.log_interval)
        while query.get("follow", "").lower() in {"1", "true"} and self.request.transport is not None:
            await asyncio.sleep(self.scenario.log_interval)
            number += 1
            await self._send(number, f"[I JupyterHub app:{number}] line {number} of {self.container}")
            cut = self.scenario.cut_watches_after
            if cut is not None and asyncio.get_running_loop().time() - began >= cut:
                self.request.transport.abort()

    async def _send(self, number: int, line: str) -> None:
        when = self.start + dt.timedelta(seconds=number * self.scenario.log_interval)
        stamp = when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if stamp < self.request.query.get("sinceTime", ""):
            return
        prefix = f"{stamp} " if self.request.query.get("timestamps") == "true" else ""
        await self.response.write(f"{prefix}{line}\n".encode())
