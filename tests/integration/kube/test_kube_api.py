"""The connection to an API: reading, writing, watching through cuts, logs, and credentials that expire."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.kubeapi import FakeCluster, Scenario
from wizard.errors import MissingError
from wizard.tools.kube import METADATA_ONLY, Cluster, Obj, connect, path
from wizard.tools.kube_errors import ApiRefused, ClusterUnreachable, CredentialsRefused
from wizard.tools.kube_logs import follow_log, last_lines
from wizard.tools.kube_watch import Changed, Deleted, Lost, Synced, follow

MAPS = path("v1", "configmaps", "default")


def config_map(name: str, **data: str) -> Obj:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def pod(name: str, image: str = "busybox") -> Obj:
    container = {"name": "main", "image": image}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


async def test_reads_and_writes(cluster: FakeCluster) -> None:
    async with connect(cluster.context) as api:
        assert await api.version() == "v1.33.1"
        assert await api.find(f"{MAPS}/one") is None
        await api.create(MAPS, config_map("one", colour="red"))
        with pytest.raises(ApiRefused) as caught:
            await api.create(MAPS, config_map("one"))
        assert caught.value.conflict
        changed = await api.patch(f"{MAPS}/one", {"data": {"colour": "blue"}})
        assert changed["data"] == {"colour": "blue"}
        applied = await api.apply(f"{MAPS}/two", config_map("two", size="big"))
        assert applied.body["data"] == {"size": "big"}
        assert [item["metadata"]["name"] for item in await api.list(MAPS)] == ["one", "two"]
        assert await api.delete(f"{MAPS}/one")
        assert not await api.delete(f"{MAPS}/one")


async def test_a_dry_run_changes_nothing_and_brings_warnings(cluster: FakeCluster) -> None:
    labels = {"pod-security.kubernetes.io/warn": "restricted"}
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "strict", "labels": labels}})
    where = path("apps/v1", "deployments", "strict", "hub")
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "hub", "image": "hub"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "hub"}, "spec": spec}
    async with connect(cluster.context) as api:
        answer = await api.apply(where, deployment, dry_run=True)
        assert 'would violate PodSecurity "restricted:latest"' in answer.warnings[0]
        assert await api.find(where) is None


async def test_lists_only_metadata_of_secrets(cluster: FakeCluster) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "hush"}}
    cluster.create(secret, "default")
    async with connect(cluster.context) as api:
        items = await api.list(path("v1", "secrets", "default"), accept=METADATA_ONLY)
    assert [item["metadata"]["name"] for item in items] == ["s"]
    assert "data" not in items[0]


async def test_says_what_may_not_be_done(cluster: FakeCluster) -> None:
    cluster.scenario.forbidden = {("list", "nodes")}
    async with connect(cluster.context) as api:
        with pytest.raises(ApiRefused) as caught:
            await api.list(path("v1", "nodes"))
    assert caught.value.forbidden
    assert 'cannot list resource "nodes"' in caught.value.why


@pytest.mark.parametrize("auth", ["exec", "tokenFile"])
async def test_a_token_that_expires_is_fetched_anew(auth: str, tmp_path: Path) -> None:
    with FakeCluster(tmp_path, Scenario(tokens={"first"}), auth=auth) as cluster:
        async with connect(cluster.context, str(cluster.kubeconfig)) as api:
            assert await api.version()
            cluster.scenario.tokens = {"second"}
            cluster.set_token("second")
            assert await asyncio.gather(*(api.version() for _ in range(5))) == ["v1.33.1"] * 5
            cluster.scenario.tokens = {"third"}
            with pytest.raises(CredentialsRefused, match="does not accept your credentials"):
                await api.version()


async def test_a_plugin_that_fails_is_explained(tmp_path: Path) -> None:
    with FakeCluster(tmp_path, auth="exec") as cluster:
        (tmp_path / "credential.json").unlink()
        with pytest.raises(CredentialsRefused) as caught:
            async with connect(cluster.context, str(cluster.kubeconfig)):
                pass
        assert "No such file" in caught.value.why


async def test_no_such_context_and_no_such_cluster(cluster: FakeCluster) -> None:
    with pytest.raises(MissingError, match="elsewhere"):
        async with connect("elsewhere"):
            pass
    cluster.kubeconfig.write_text(cluster.kubeconfig.read_text().replace(str(cluster.port), "9"))
    async with connect(cluster.context) as api:
        with pytest.raises(ClusterUnreachable, match="does not answer"):
            await api.version()


async def test_several_kubeconfig_files(cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("apiVersion: v1\nkind: Config\ncontexts: []\nclusters: []\nusers: []\ncurrent-context: ''\n")
    monkeypatch.setenv("KUBECONFIG", f"{other}:{cluster.kubeconfig}:{tmp_path}/none.yaml")
    async with connect(cluster.context) as api:
        assert await api.version()


async def test_the_first_file_with_a_current_context_decides(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for kubectl and Helm; the client library alone would take the last, and so another cluster than Helm."""
    other = tmp_path / "other.yaml"
    other.write_text(
        cluster.kubeconfig.read_text().replace(cluster.context, "elsewhere").replace(str(cluster.port), "9")
    )
    monkeypatch.setenv("KUBECONFIG", f"{cluster.kubeconfig}:{other}")
    async with connect() as api:
        assert await api.version()
        assert api.context == cluster.context


async def test_a_broken_kubeconfig_is_named(cluster: FakeCluster, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    with pytest.raises(MissingError) as caught:
        async with connect(cluster.context, f"{cluster.kubeconfig}:{broken}"):
            pass
    assert str(broken) in caught.value.why


async def test_no_kubeconfig_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no kubeconfig"):
        async with connect("", str(tmp_path / "none")):
            pass


async def test_a_proxy_is_not_asked_for_a_cluster_on_this_machine(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with connect(cluster.context) as api:
        assert await api.version()


async def _watched(api: Cluster, until: int, work: asyncio.Task[None]) -> tuple[dict[str, Obj], list[object]]:
    """Follow config maps until so many are known; what is known, and all events."""
    known: dict[str, Obj] = {}
    seen: list[object] = []
    async with asyncio.timeout(30), aclosing(follow(api, MAPS, first_pause=0.05)) as events:
        async for event in events:
            seen.append(event)
            if isinstance(event, Synced):
                known = {item["metadata"]["name"]: item for item in event.items}
            elif isinstance(event, Changed):
                known[event.item["metadata"]["name"]] = event.item
            elif isinstance(event, Deleted):
                known.pop(event.item["metadata"]["name"], None)
            if len(known) >= until:
                break
    await work
    return known, seen


async def _make(cluster: FakeCluster, numbers: Iterable[int], pause: float) -> None:
    for number in numbers:
        await asyncio.to_thread(cluster.create, config_map(f"m{number}"), "default")
        await asyncio.sleep(pause)


async def test_a_watch_survives_cut_connections(cluster: FakeCluster) -> None:
    cluster.scenario.cut_watches_after = 0.15
    async with connect(cluster.context) as api:
        making = asyncio.create_task(_make(cluster, range(12), 0.1))
        known, seen = await _watched(api, 12, making)
    assert len(known) == 12
    assert sum(isinstance(event, Lost) for event in seen) >= 2
    assert sum(isinstance(event, Synced) for event in seen) == 1, "what was known need not be listed again"


async def test_a_watch_starts_anew_when_its_version_is_gone(cluster: FakeCluster) -> None:
    async with connect(cluster.context) as api:

        async def lose() -> None:
            await _make(cluster, range(1), 0.1)
            cluster.scenario.cut_watches_after = 0.0
            await asyncio.sleep(0.3)
            await _make(cluster, range(1, 3), 0)
            await asyncio.to_thread(cluster.do, cluster.api.store.compact)
            cluster.scenario.cut_watches_after = None

        known, seen = await _watched(api, 3, asyncio.create_task(lose()))
    assert set(known) == {"m0", "m1", "m2"}
    assert sum(isinstance(event, Synced) for event in seen) == 2


async def test_a_watch_takes_objects_larger_than_64_kib(cluster: FakeCluster) -> None:
    cluster.scenario.fat_bytes = 300_000
    async with connect(cluster.context) as api:
        known, _ = await _watched(api, 3, asyncio.create_task(_make(cluster, range(3), 0.05)))
    assert len(known) == 3


async def test_a_watch_survives_failing_answers_and_an_expired_token(tmp_path: Path) -> None:
    with FakeCluster(tmp_path, Scenario(tokens={"first"}, cut_watches_after=0.2), auth="exec") as cluster:
        async with connect(cluster.context, str(cluster.kubeconfig)) as api:

            async def work() -> None:
                await _make(cluster, range(2), 0.1)
                cluster.scenario.failures += [500, 503]
                cluster.scenario.tokens = {"second"}
                cluster.set_token("second")
                await _make(cluster, range(2, 6), 0.1)

            known, seen = await _watched(api, 6, asyncio.create_task(work()))
    assert len(known) == 6
    assert any(isinstance(event, Lost) for event in seen)


async def test_a_watch_without_the_right_ends(cluster: FakeCluster) -> None:
    cluster.scenario.forbidden = {("*", "configmaps")}
    async with connect(cluster.context) as api:
        with pytest.raises(ApiRefused):
            await anext(follow(api, MAPS))


async def test_a_log_is_followed_through_cuts_without_a_line_twice(cluster: FakeCluster) -> None:
    cluster.scenario.logs["main"] = ["first", "second"]
    cluster.scenario.log_interval = 0.05
    cluster.scenario.cut_watches_after = 0.3
    cluster.create(pod("p"), "default")
    got: list[str] = []
    async with (
        connect(cluster.context) as api,
        asyncio.timeout(30),
        aclosing(follow_log(api, "default", "p", "main")) as chunks,
    ):
        async for lines in chunks:
            got += lines
            if len(got) > 15:
                break
    assert got[:2] == ["first", "second"]
    assert len(got) == len(set(got))


async def test_the_last_lines_of_a_log(cluster: FakeCluster) -> None:
    cluster.scenario.logs["main"] = [f"line {number}" for number in range(50)]
    cluster.create(pod("p"), "default")
    async with connect(cluster.context) as api:
        async with asyncio.timeout(60):
            while not await last_lines(api, "default", "p", "main", count=2):
                await asyncio.sleep(0.05)
        assert await last_lines(api, "default", "p", "main", count=2) == ("line 48", "line 49")
        assert await last_lines(api, "default", "p", "main", previous=True) == ()
        assert await last_lines(api, "default", "nobody", "main") == ()
