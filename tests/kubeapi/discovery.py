"""/version, discovery in both of its forms, and as much OpenAPI as clients ask for."""

from __future__ import annotations

from aiohttp import web

from tests.kubeapi.resources import TABLE, VERBS, Obj, base_path
from tests.kubeapi.scenario import Scenario

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def routes(scenario: Scenario) -> list[web.RouteDef]:
    """The routes; the version comes from the scenario at each request."""

    async def version(_: web.Request) -> web.Response:
        return web.json_response(_version(scenario.version))

    return [
        web.get("/version{slash:/?}", version),
        web.get("/readyz", _ready),
        web.get("/api{slash:/?}", _core),
        web.get("/apis{slash:/?}", _groups),
        web.get("/openapi/v3", _openapi_index),
        web.get("/openapi/v3/{prefix:.*}", _openapi),
        web.get("/{prefix:api/v1|apis/[^/]+/[^/]+}", _resources),
    ]


def _version(text: str) -> Obj:
    major, minor, *_ = text.lstrip("v").split(".")
    return {"major": major, "minor": minor, "gitVersion": text, "gitCommit": "in-memory", "gitTreeState": "clean"} | {
        "buildDate": "2025-01-01T00:00:00Z",
        "goVersion": "go1.24",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


async def _ready(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def _wants_aggregated(request: web.Request) -> bool:
    return "as=APIGroupDiscoveryList" in request.headers.get("Accept", "")


def _aggregated(group_versions: list[str]) -> web.Response:
    document = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_aggregated_group(group_version) for group_version in group_versions],
    }
    response = web.json_response(document)
    response.headers["Content-Type"] = _AGGREGATED
    return response


def _aggregated_group(group_version: str) -> Obj:
    rows = [
        {
            "resource": row.plural,
            "responseKind": {"group": row.group, "version": row.version, "kind": row.kind},
            "scope": "Namespaced" if row.namespaced else "Cluster",
            "singularResource": row.kind.lower(),
            "verbs": VERBS,
        }
        for row in TABLE[group_version].values()
    ]
    group, _, version = group_version.rpartition("/")
    return {"metadata": {"name": group}, "versions": [{"version": version, "freshness": "Current", "resources": rows}]}


async def _core(request: web.Request) -> web.Response:
    if _wants_aggregated(request):
        return _aggregated(["v1"])
    return web.json_response({"kind": "APIVersions", "versions": ["v1"]})


async def _groups(request: web.Request) -> web.Response:
    named = [group_version for group_version in TABLE if "/" in group_version]
    if _wants_aggregated(request):
        return _aggregated(named)
    groups = []
    for group_version in named:
        name, version = group_version.split("/")
        entry = {"groupVersion": group_version, "version": version}
        groups.append({"name": name, "versions": [entry], "preferredVersion": entry})
    return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})


async def _resources(request: web.Request) -> web.Response:
    group_version = request.match_info["prefix"].split("/", 1)[1]
    if group_version not in TABLE:
        raise web.HTTPNotFound
    rows = [
        {
            "name": row.plural,
            "singularName": row.kind.lower(),
            "namespaced": row.namespaced,
            "kind": row.kind,
            "verbs": VERBS,
        }
        for row in TABLE[group_version].values()
    ]
    return web.json_response(
        {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": rows}
    )


async def _openapi_index(_: web.Request) -> web.Response:
    paths = {base_path(gv)[1:]: {"serverRelativeURL": f"/openapi/v3{base_path(gv)}?hash=1"} for gv in TABLE}
    return web.json_response({"paths": paths})


async def _openapi(request: web.Request) -> web.Response:
    """Says only that PATCH takes fieldValidation: clients then leave the validation to the server."""
    group_version = request.match_info["prefix"].split("/", 1)[1]
    paths = {}
    for row in TABLE.get(group_version, {}).values():
        operation = {
            "operationId": f"patch{row.kind}",
            "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
            "responses": {},
            "x-kubernetes-group-version-kind": {"group": row.group, "version": row.version, "kind": row.kind},
        }
        paths[f"{base_path(group_version)}/{row.plural}/{{name}}"] = {"patch": operation}
    return web.json_response({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1"}, "paths": paths})
