"""The REST side: create, read, update, patch, apply, delete, with authentication and the scenario's failures."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.kubeapi import admission, discovery, exec_, forward, protobuf, streams
from tests.kubeapi.errors import ApiError
from tests.kubeapi.patches import merge
from tests.kubeapi.resources import Obj, Resource, find
from tests.kubeapi.scenario import Scenario
from tests.kubeapi.selectors import matcher
from tests.kubeapi.store import Store

_PREFIX = "/{prefix:api/v1|apis/[^/]+/[^/]+}"
_NAMED = "{plural}{name:(/[^/]+)?}{sub:(/[^/]+)?}"
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """The API over one store. `requests` keeps (method, path with query, User-Agent) of all requests."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.store = Store()
        self.requests: list[tuple[str, str, str]] = []

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._gate], client_max_size=32 << 20)
        app.add_routes(discovery.routes(self.scenario))
        app.router.add_route("*", f"{_PREFIX}/namespaces/{{namespace}}/{_NAMED}", self._resource)
        app.router.add_route("*", f"{_PREFIX}/{_NAMED}", self._resource)
        return app

    @web.middleware
    async def _gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs, request.headers.get("User-Agent", "")))
        scenario = self.scenario
        try:
            if scenario.latency:
                await asyncio.sleep(scenario.latency)
            if scenario.failures:
                code = scenario.failures.pop(0)
                raise ApiError(code, "InternalError", "the server was told to fail")
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if scenario.tokens is not None and token not in scenario.tokens:
                raise ApiError(401, "Unauthorized", "Unauthorized")
            return await handler(request)
        except ApiError as error:
            return web.json_response(error.body, status=error.code)
        except web.HTTPNotFound:
            gone = ApiError(404, "NotFound", "the server could not find the requested resource")
            return web.json_response(gone.body, status=404)

    async def _resource(self, request: web.Request) -> web.StreamResponse:
        match = request.match_info
        group_version, namespace = match["prefix"].split("/", 1)[1], match.get("namespace")
        name, sub = match["name"][1:], match["sub"][1:]
        try:
            resource = find(group_version, match["plural"])
        except KeyError:
            raise web.HTTPNotFound from None
        self._authorize(request, resource, namespace, name)
        if request.method == "GET":
            return await self._read(request, resource, namespace, name, sub)
        if resource.plural == "selfsubjectaccessreviews":
            return await self._review(request)
        return await self._write(request, resource, namespace, name, sub)

    def _authorize(self, request: web.Request, resource: Resource, namespace: str | None, name: str) -> None:
        reading = "get" if name else "watch" if request.query.get("watch") else "list"
        verb = _VERBS.get(request.method, reading)
        if resource.plural != "selfsubjectaccessreviews" and self._denied(verb, resource.plural):
            place = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            message = (
                f'{resource.qualified} is forbidden: User "tester" cannot {verb} resource "{resource.plural}" '
                f'in API group "{resource.group}" {place}'
            )
            raise ApiError(403, "Forbidden", message, kind=resource.plural, group=resource.group)

    def _denied(self, verb: str, plural: str) -> bool:
        return bool({(verb, plural), ("*", plural), (verb, "*")} & self.scenario.forbidden)

    async def _review(self, request: web.Request) -> web.Response:
        review = await _body(request)
        asked = review["spec"].get("resourceAttributes", {})
        review["status"] = {"allowed": not self._denied(asked.get("verb", ""), asked.get("resource", ""))}
        return web.json_response(review, status=201)

    async def _read(
        self, request: web.Request, resource: Resource, namespace: str | None, name: str, sub: str
    ) -> web.StreamResponse:
        if sub == "exec":
            if self._denied("create", "pods/exec"):
                raise ApiError(403, "Forbidden", 'pods "exec" is forbidden: User "tester" cannot create pods/exec')
            return await exec_.serve(self.scenario, self.store.get(resource, namespace, name), request)
        if sub == "portforward":
            if self._denied("create", "pods/portforward"):
                raise ApiError(403, "Forbidden", 'pods "portforward" is forbidden: User "tester" cannot create it')
            return await forward.serve(self.scenario, self.store, resource, namespace, name, request)
        if sub == "log":
            return await streams.logs(self.scenario, self.store.get(resource, namespace, name), request)
        if name:
            return web.json_response(self.store.get(resource, namespace, name))
        if request.query.get("watch", "").lower() in {"1", "true"}:
            return await streams.watch(self.scenario, self.store, resource, namespace, request)
        chosen = matcher(request.query)
        # Like the real API: what a list holds does not repeat its kind.
        items = [
            {key: value for key, value in item.items() if key not in {"kind", "apiVersion"}}
            for item in self.store.all(resource.plural, namespace)
            if chosen(item)
        ]
        kind = f"{resource.kind}List"
        if "as=PartialObjectMetadataList" in request.headers.get("Accept", ""):
            kind, items = "PartialObjectMetadataList", [_partial(item) for item in items]
        version = {"resourceVersion": str(self.store.version)}
        return web.json_response(
            {"kind": kind, "apiVersion": resource.group_version, "metadata": version, "items": items}
        )

    async def _write(
        self, request: web.Request, resource: Resource, namespace: str | None, name: str, sub: str
    ) -> web.Response:
        dry_run = request.query.get("dryRun") == "All"
        manager = request.query.get("fieldManager") or request.headers.get("User-Agent", "unknown").split("/")[0]
        if request.method == "DELETE" and name:
            return web.json_response(self.store.delete(resource, namespace, name))
        body = await _body(request)
        warnings = admission.warnings(self.store, namespace, resource, body)
        code = 200
        if request.method == "POST":
            admission.admit(self.store, namespace, resource, body)
            saved, code = self.store.create(resource, body, namespace, manager, dry_run=dry_run), 201
        elif request.method == "PUT":
            saved = self.store.update(resource, namespace, name, body, manager, dry_run=dry_run)
        elif request.method == "PATCH":
            saved = self._patch(request, resource, namespace, name, body, manager, dry_run)
        else:
            raise ApiError(405, "MethodNotAllowed", f"{request.method} {sub} is not played here")
        response = web.json_response(saved, status=code)
        for warning in warnings:
            response.headers.add("Warning", f'299 - "{warning}"')
        return response

    def _patch(
        self,
        request: web.Request,
        resource: Resource,
        namespace: str | None,
        name: str,
        patch: Obj,
        manager: str,
        dry_run: bool,
    ) -> Obj:
        kind = request.headers.get("Content-Type", "")
        if "apply-patch" in kind:
            if self.store.key(resource, namespace, name) not in self.store.objects:
                admission.admit(self.store, namespace, resource, patch)
            force = request.query.get("force") == "true"
            return self.store.apply(resource, namespace, name, patch, manager, force=force, dry_run=dry_run)
        if "json-patch" in kind:
            raise ApiError(415, "UnsupportedMediaType", "JSON patches are not played here")
        old = self.store.get(resource, namespace, name)
        new = merge(copy.deepcopy(old), patch, lists="strategic" in kind)
        return self.store.update(resource, namespace, name, new, manager, dry_run=dry_run)


async def _body(request: web.Request) -> Any:
    raw = await request.read()
    if raw.startswith(protobuf.MAGIC):
        return protobuf.decode(raw)
    if not raw:
        return {}
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(415, "UnsupportedMediaType", "only JSON bodies here") from error


def _partial(item: Obj) -> Obj:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
