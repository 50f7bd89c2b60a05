"""The address of a hub behind a gateway, as its HTTPRoute and the gateway's listeners have it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.kube.conftest import NAMESPACE
from tests.kubeapi import FakeCluster
from wizard.tools.front_door import addresses
from wizard.tools.kube import connect

API = "gateway.networking.k8s.io/v1"


def _route(cluster: FakeCluster, backend: str = "proxy-public", **parent: str) -> None:
    spec: dict[str, Any] = {
        "hostnames": ["hub.example.org"],
        "parentRefs": [{"name": "public", **parent}],
        "rules": [{"backendRefs": [{"name": backend, "port": 80}]}],
    }
    cluster.create({"apiVersion": API, "kind": "HTTPRoute", "metadata": {"name": "hub"}, "spec": spec}, NAMESPACE)


@pytest.fixture(autouse=True)
def _gateway(cluster: FakeCluster) -> None:
    for name in (NAMESPACE, "gateways"):
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    listeners = [{"name": "web", "protocol": "HTTP"}, {"name": "secure", "protocol": "HTTPS"}]
    gateway = {"apiVersion": API, "kind": "Gateway", "metadata": {"name": "public"}, "spec": {"listeners": listeners}}
    cluster.create(gateway, "gateways")


@pytest.mark.parametrize(
    "parent,url",
    [
        ({"namespace": "gateways"}, "https://hub.example.org/"),
        ({"namespace": "gateways", "sectionName": "web"}, "http://hub.example.org/"),
        ({}, "http://hub.example.org/"),
    ],
)
async def test_the_listener_decides_about_tls(cluster: FakeCluster, parent: dict[str, str], url: str) -> None:
    _route(cluster, **parent)
    async with connect(cluster.context) as api:
        assert await addresses(api, NAMESPACE) == (url,)


async def test_what_may_not_be_seen_and_what_is_not_ours(cluster: FakeCluster) -> None:
    _route(cluster, namespace="gateways")
    cluster.scenario.forbidden = {("get", "gateways")}
    async with connect(cluster.context) as api:
        assert await addresses(api, NAMESPACE) == ("http://hub.example.org/",)
        cluster.scenario.forbidden = {("list", "httproutes")}
        assert await addresses(api, NAMESPACE) == ()
        cluster.scenario.forbidden = set()
        cluster.delete(API, "httproutes", NAMESPACE, "hub")
        _route(cluster, "another-service")
        assert await addresses(api, NAMESPACE) == ()
