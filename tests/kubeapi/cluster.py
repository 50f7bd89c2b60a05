"""A running API with its kubeconfig, for tests: the server has a thread of its own, so that any test can use it."""

from __future__ import annotations

import asyncio
import copy
import json
import ssl
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import trustme
import yaml
from aiohttp import web

from tests.kubeapi.controllers import Controllers
from tests.kubeapi.resources import Obj, find
from tests.kubeapi.scenario import Scenario
from tests.kubeapi.server import Api
from tests.kubeapi.store import resource_of

T = TypeVar("T")
TOKEN = "token-of-the-tester"


async def start(api: Api, port: int, tls: ssl.SSLContext | None) -> tuple[web.AppRunner, Controllers, int]:
    """Serve on 127.0.0.1; port 0 takes a free one. Returns what to close, and the port."""
    controllers = Controllers(api.store, api.scenario)
    _furnish(api)
    runner = web.AppRunner(api.application(), handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
    await site.start()
    return runner, controllers, int(runner.addresses[0][1])


def _furnish(api: Api) -> None:
    """What every cluster has before anybody comes."""
    scenario, store = api.scenario, api.store
    for name in ("default", "kube-system"):
        store.create(find("v1", "namespaces"), {"metadata": {"name": name}}, None)
    for number in range(1, scenario.nodes + 1):
        space = {"cpu": scenario.node_cpu, "memory": scenario.node_memory, "pods": "110"}
        status = {
            "allocatable": space,
            "capacity": space,
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "nodeInfo": {"kubeletVersion": scenario.version, "architecture": "amd64", "operatingSystem": "linux"},
            "images": [{"names": [image]} for image in scenario.node_images],
        }
        store.create(find("v1", "nodes"), {"metadata": {"name": f"node-{number}"}, "status": status}, None)
    if scenario.default_storage_class:
        annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
        item = {"metadata": {"name": "standard", "annotations": annotations}, "provisioner": "in-memory"}
        store.create(find("storage.k8s.io/v1", "storageclasses"), item | {"volumeBindingMode": "Immediate"}, None)
    ingress = {"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}
    store.create(find("networking.k8s.io/v1", "ingressclasses"), ingress, None)


class FakeCluster:
    """`with FakeCluster(folder) as cluster:` serves TLS on loopback and writes `cluster.kubeconfig`.

    The kubeconfig has one context, `context`, whose user logs in by `auth`: "token" in the file, "exec" (a
    credential plugin that prints what `set_token` last wrote) or "tokenFile".
    """

    context = "in-memory"

    def __init__(self, folder: Path, scenario: Scenario | None = None, *, auth: str = "token") -> None:
        self.folder = folder
        self.scenario = scenario or Scenario()
        self.api = Api(self.scenario)
        self.kubeconfig = folder / "kubeconfig.yaml"
        self.auth = auth
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="in-memory-api", daemon=True)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(tls)
        authority.cert_pem.write_to_path(str(self.folder / "ca.crt"))
        self._thread.start()
        self._runner, self._controllers, self.port = self._await(start(self.api, 0, tls))
        if self.scenario.tokens is None:
            self.scenario.tokens = {TOKEN}
        self.set_token(next(iter(self.scenario.tokens), TOKEN))
        self.write_kubeconfig(self.kubeconfig)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._await(self._controllers.close())
        self._await(self._runner.cleanup())
        self._await(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"https://127.0.0.1:{self.port}"

    def env(self) -> dict[str, str]:
        """What a program needs to use this cluster and nothing of the person who runs the tests."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {"KUBECONFIG": str(self.kubeconfig), "HOME": str(home), "HELM_CACHE_HOME": str(home / ".cache" / "helm")}

    def set_token(self, token: str) -> None:
        """What the credential plugin or the token file says from now on; see `Scenario.tokens` for what is valid."""
        credential = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": token},
        }
        (self.folder / "credential.json").write_text(json.dumps(credential))
        (self.folder / "token").write_text(token)

    def write_kubeconfig(self, path: Path) -> None:
        """Write a kubeconfig for this API."""
        user: Obj = {"token": (self.folder / "token").read_text()}
        if self.auth == "tokenFile":
            user = {"tokenFile": str(self.folder / "token")}
        elif self.auth == "exec":
            plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "cat", "interactiveMode": "Never"}
            user = {"exec": plugin | {"args": [str(self.folder / "credential.json")]}}
        name = self.context
        server = {"server": self.url, "certificate-authority": str(self.folder / "ca.crt")}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": server}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
        path.write_text(yaml.safe_dump(config))
        path.chmod(0o600)

    def create(self, item: Obj, namespace: str | None = None) -> Obj:
        """Put an object in, as an administrator would."""
        resource = resource_of(item)
        return self.do(lambda: copy.deepcopy(self.api.store.create(resource, item, namespace, "kubectl-create")))

    def delete(self, group_version: str, plural: str, namespace: str | None, name: str) -> None:
        """Remove an object."""
        self.do(lambda: self.api.store.delete(find(group_version, plural), namespace, name))

    def items(self, plural: str, namespace: str | None = None) -> list[Obj]:
        """Copies of the objects of one plural."""
        return self.do(lambda: [copy.deepcopy(item) for item in self.api.store.all(plural, namespace)])

    def names(self, plural: str, namespace: str | None = None) -> list[str]:
        """Their names."""
        return [item["metadata"]["name"] for item in self.items(plural, namespace)]

    def do(self, work: Callable[[], T]) -> T:
        """Run a function on the server's loop, where the store may be touched."""

        async def wrapped() -> T:
            return work()

        return self._await(wrapped())

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)
