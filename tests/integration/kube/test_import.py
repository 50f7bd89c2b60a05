"""`codehub import` of releases that the real Helm 3 and 4 made: deploying what it wrote would change nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.kube.conftest import CHART, NAMESPACE
from tests.kubeapi import FakeCluster
from tests.support.program import Ended, codehub
from tests.support.recorder import Recorder
from tests.unit.render.setups import setup
from wizard.render.secrets import Secrets
from wizard.render.values import values as rendered
from wizard.render.yaml_text import yaml_text
from wizard.tools.helm import Helm, Release

pytestmark = pytest.mark.timeout(200)

LOCAL: dict[str, Any] = {
    "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
    "scheduling": {"userScheduler": {"enabled": False}},
}
EXAMPLE: dict[str, Any] = {
    # the example of the chart's facts, for a code-server behind the stock proxy
    "singleuser": {
        "image": {"name": "code-server-notebook", "tag": "1.0.0", "pullPolicy": "Never"},
        "cmd": ["jupyter-standaloneproxy", "--", "code-server", "--auth=none", "--bind-addr=127.0.0.1:{port}"],
        "uid": 1000,
        "fsGid": 1000,
        "startTimeout": 300,
        "storage": {"capacity": "2Gi", "homeMountPath": "/home/coder"},
    },
    "hub": {"image": {"name": "code-server-hub", "tag": "1.0.0", "pullPolicy": "Never"}},
}
BY_HAND: dict[str, Any] = {
    "proxy": {"secretToken": "a" * 64, "service": {"type": "NodePort", "nodePorts": {"http": 30123}}},
    "hub": {
        "config": {
            "JupyterHub": {"authenticator_class": "github", "admin_access": False},
            "GitHubOAuthenticator": {
                "client_id": "me",
                "client_secret": "hush-hush",
                "oauth_callback_url": "https://hub.example.org/hub/oauth_callback",
                "allowed_organizations": ["acme", "beta"],
            },
        },
        "extraConfig": {"quota": "c.JupyterHub.active_server_limit = 10\n", "token": "x = {'token': 'abc'}\n"},
        "extraEnv": {"API_TOKEN": "hush-hush-too", "EMPTY": ""},
        "resources": {"requests": {"cpu": "200m"}},
    },
    "singleuser": {
        "image": {"name": "registry.example.org:5000/team/notebook", "tag": "2024-09"},
        "memory": {"limit": "1.5G", "guarantee": None},
        "cpu": {"limit": 0.5},
        "profileList": [{"display_name": "Small", "default": True}],
        "extraLabels": {"team": "a"},
    },
    "ingress": {
        "enabled": True,
        "hosts": ["hub.example.org"],
        "tls": [{"hosts": ["hub.example.org"], "secretName": "mine"}],
        "annotations": {"a/b": "c"},
    },
    "cull": {"enabled": False},
    "debug": {"enabled": True},
}
BY_GATEWAY: dict[str, Any] = {
    "proxy": {"service": {"type": "ClusterIP"}},
    "httpRoute": {
        "enabled": True,
        "hostnames": ["hub.example.org"],
        "annotations": {"a/b": "c"},
        "gateway": {"name": "shared", "namespace": "gateways", "sectionName": "https"},
    },
}


def by_codehub() -> dict[str, Any]:
    made = setup(hub__auth__users=["alice"], target__context="in-memory", hub__proxy="traefik")
    document = rendered(made)
    document["singleuser"]["image"]["tag"] += "-0123456789ab"
    document["hub"]["config"] |= Secrets().complete(made).config
    return document


@pytest.mark.parametrize(
    "given",
    [pytest.param(EXAMPLE, id="example"), pytest.param(BY_HAND, id="by-hand"), pytest.param({}, id="nothing"),
     pytest.param(BY_GATEWAY, id="by-gateway"), pytest.param(by_codehub(), id="by-codehub")],
)  # fmt: skip
async def test_nothing_would_change(
    given: dict[str, Any], release: Release, cluster: FakeCluster, helm: Helm, tmp_path: Path, said: Recorder
) -> None:
    path = tmp_path / "given.yaml"
    path.write_text(yaml_text(LOCAL | given))
    await release.upgrade_install(CHART, [path], said)
    before = await release.values()
    env = {"CODEHUB_HELM": helm.program, "KUBECONFIG": str(cluster.kubeconfig)}
    folder = tmp_path / "hub"
    where = ("--context", cluster.context, "--namespace", NAMESPACE, "--release", "jhub", "--chart", CHART.source)
    ended = codehub("import", folder, *where, env=env)
    assert ended.code == 0, ended.out + ended.err
    assert "would change nothing" in ended.out
    assert await release.values() == before
    revision = await release.current()
    assert revision is not None
    assert revision.number == 1
    _no_secret_outside(folder, ended)
    # The files go on saying the same, whoever renders them again.
    assert codehub("render", folder, env=env).code in {0, 2}
    names = [name for name in ("config.yaml", "images.yaml", "secrets.yaml", "values.extra.yaml")
             if (folder / name).exists()]  # fmt: skip
    again = await release.dry_run(CHART, [folder / name for name in names])
    from wizard.tools.helm_diff import diff_manifests

    assert diff_manifests(await release.manifest() or "", again.manifest) == ()
    codehub("import", folder, *where, env=env).refused(2, "exists already")


def _no_secret_outside(folder: Path, ended: Ended) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "secrets.yaml":
            assert b"hush-hush" not in path.read_bytes(), path
    assert "hush-hush" not in ended.out + ended.err


def _install_something_else(program: str, cluster: FakeCluster, tmp_path: Path) -> None:
    install = [program, "install", "moon", "./moon", "--namespace", NAMESPACE, "--create-namespace"]
    for argv in ([program, "create", "moon"], install):
        subprocess.run(argv, cwd=tmp_path, env=cluster.env(), check=True, capture_output=True)


@pytest.mark.parametrize(
    ("given", "expected", "rest"),
    [
        (
            BY_GATEWAY,
            {"kind": "gateway", "host": "hub.example.org", "gateway": "shared", "gateway_namespace": "gateways"},
            {"httpRoute": {"annotations": {"a/b": "c"}, "gateway": {"sectionName": "https"}}},
        ),
        (
            {"ingress": BY_HAND["ingress"]},
            {"kind": "ingress", "host": "hub.example.org", "tls": "secret", "tls_secret": "mine"},
            {"ingress": {"annotations": {"a/b": "c"}}},
        ),
        (
            {"httpRoute": {"enabled": True, "hostnames": ["a.example.org", "b.example.org"], "gateway": {"name": "g"}}},
            {"kind": "gateway", "host": "a.example.org", "gateway": "g"},
            {"httpRoute": {"hostnames": ["a.example.org", "b.example.org"]}},
        ),
    ],
)
async def test_the_way_in_becomes_answers(
    given: dict[str, Any], expected: dict[str, str], rest: dict[str, Any],
    release: Release, cluster: FakeCluster, helm: Helm, tmp_path: Path, said: Recorder,
) -> None:  # fmt: skip
    path, folder = tmp_path / "given.yaml", tmp_path / "hub"
    path.write_text(yaml_text(LOCAL | given))
    await release.upgrade_install(CHART, [path], said)
    env = {"CODEHUB_HELM": helm.program, "KUBECONFIG": str(cluster.kubeconfig)}
    where = ("--context", cluster.context, "--namespace", NAMESPACE, "--release", "jhub", "--chart", CHART.source)
    assert codehub("import", folder, *where, env=env).code == 0
    found = yaml.safe_load((folder / "codehub.yaml").read_text())["target"]["expose"]
    assert {name: found.get(name) for name in expected} == expected
    extra = yaml.safe_load((folder / "values.extra.yaml").read_text())
    assert {name: extra[name] for name in ("ingress", "httpRoute", "proxy") if name in extra} == rest


async def test_what_is_no_release_of_jupyterhub(
    release: Release, cluster: FakeCluster, helm: Helm, tmp_path: Path
) -> None:
    env = {"CODEHUB_HELM": helm.program, "KUBECONFIG": str(cluster.kubeconfig)}
    where = ("--context", cluster.context, "--namespace", NAMESPACE, "--release", "moon")
    codehub("import", tmp_path / "hub", *where, env=env).refused(2, "no working release moon", "helm list")
    _install_something_else(helm.program, cluster, tmp_path)
    codehub("import", tmp_path / "hub", *where, env=env).refused(2, "is no JupyterHub")
    codehub("import", tmp_path / "hub", env=env).refused(2, "Which release is meant?")
    assert not (tmp_path / "hub").exists()


async def test_a_difference_is_shown(
    release: Release, cluster: FakeCluster, helm: Helm, tmp_path: Path, said: Recorder
) -> None:
    """Another chart than the release was made from, here one with a changed template, cannot pass unseen."""
    import shutil

    path = tmp_path / "given.yaml"
    path.write_text(yaml_text(LOCAL | EXAMPLE))
    await release.upgrade_install(CHART, [path], said)
    other = tmp_path / "other" / "jupyterhub"
    shutil.copytree(CHART.source, other)
    template = other / "templates" / "proxy.yaml"
    template.write_text(template.read_text().replace("port: 8001, targetPort: api", "port: 8002, targetPort: api"))
    env = {"CODEHUB_HELM": helm.program, "KUBECONFIG": str(cluster.kubeconfig)}
    where = ("--context", cluster.context, "--namespace", NAMESPACE, "--release", "jhub", "--chart", str(other))
    ended = codehub("import", tmp_path / "hub", *where, env=env)
    assert ended.code == 1
    assert "changed Service proxy-api" in ended.out
    assert yaml.safe_load((tmp_path / "hub" / "codehub.yaml").read_text())["target"]["release"] == "jhub"
