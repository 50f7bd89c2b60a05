"""`codehub doctor` against what is really there, and what is really not."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kubeapi import FakeCluster
from tests.support.program import codehub

NO_DOCKER = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def checks(*arguments: str | Path, **env: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the checks by name, of `doctor --json`."""
    ended = codehub("doctor", *arguments, "--json", env=env)
    assert ended.err == ""
    document = ended.document
    assert document["ready"] is (ended.code == 0)
    return ended.code, {check["name"]: check for check in document["checks"]}


@pytest.fixture
def cluster(tmp_path: Path) -> Any:
    with FakeCluster(tmp_path / "cluster") as running:
        yield running


def at_port(kubeconfig: Path, target: Path, port: int) -> str:
    """A copy of a kubeconfig whose cluster is at another port of this machine; its path."""
    text = kubeconfig.read_text(encoding="utf-8")
    target.write_text(re.sub(r"server: (https?)://\S+", rf"server: \1://127.0.0.1:{port}", text), encoding="utf-8")
    return str(target)


@pytest.mark.tier("docker", "buildx", "helm3")
def test_all_is_there(cluster: FakeCluster, helm3: Path) -> None:
    code, found = checks(KUBECONFIG=str(cluster.kubeconfig), CODEHUB_HELM=str(helm3))
    assert code == 0, found
    for name in ("docker", "docker-cli", "buildx", "helm", "context", "cluster", "folder", "python", "git"):
        assert found[name]["state"] == "ok", found[name]
        assert found[name]["found"]
    assert re.match(r"\d+\.\d+.*, API 1\.\d+, ", found["docker"]["found"])
    assert found["helm"]["found"].startswith("3.")
    assert "in-memory" in found["context"]["found"]
    assert found["cluster"]["found"].startswith("Kubernetes v1.")


@pytest.mark.tier("docker", "helm4")
def test_lines_for_people(cluster: FakeCluster, helm4: Path) -> None:
    ended = codehub("doctor", env={"KUBECONFIG": str(cluster.kubeconfig), "CODEHUB_HELM": str(helm4)})
    assert ended.code == 0
    assert re.search(r"^ok +Helm +4\.", ended.out, re.MULTILINE)
    assert ended.out.endswith("Ready for kubernetes.\n")
    assert "\x1b" not in ended.out


def test_each_missing_thing_says_how_to_mend_it() -> None:
    code, found = checks(CODEHUB_HELM="/nonexistent/helm", **NO_DOCKER)
    assert code == 3
    for name in ("docker", "helm", "context", "cluster"):
        check = found[name]
        assert (check["state"], check["required"]) == ("missing", True), check
        assert check["why"]
        assert check["fix"]
    ended = codehub("doctor", env={"CODEHUB_HELM": "/nonexistent/helm", **NO_DOCKER})
    assert ended.code == 3
    assert "Not ready for kubernetes: Docker daemon, Helm, Kube context, Cluster." in ended.out
    assert "Traceback" not in ended.out + ended.err


def test_without_anything_on_the_path(tmp_path: Path) -> None:
    code, found = checks(PATH=str(tmp_path), **NO_DOCKER)
    assert code == 3
    assert found["docker-cli"]["state"] == "warn"
    assert found["buildx"]["state"] == "warn"
    assert found["git"]["state"] == "ok"
    assert found["git"]["found"] == "not installed"


def test_the_target_decides_what_is_needed(tmp_path: Path) -> None:
    assert checks("--target", "local", **NO_DOCKER)[0] == 0
    assert checks("--target", "docker", **NO_DOCKER)[0] == 3
    assert codehub("init", tmp_path, "--set", "target.kind=local").code == 0
    code, found = checks(tmp_path, **NO_DOCKER)
    assert (code, "docker" in found) == (0, False)
    assert checks(tmp_path, "--target", "docker", **NO_DOCKER)[0] == 3


@pytest.mark.tier("helm3")
def test_a_context_that_is_not_there(cluster: FakeCluster, helm3: Path, tmp_path: Path) -> None:
    assert codehub("init", tmp_path / "hub", "--set", "target.context=prod").code == 0
    code, found = checks(tmp_path / "hub", KUBECONFIG=str(cluster.kubeconfig), CODEHUB_HELM=str(helm3))
    assert code == 3
    assert "There is no context 'prod'; there are: in-memory." in found["context"]["why"]
    assert found["context"]["command"]


@pytest.mark.tier("helm3")
def test_a_cluster_that_is_down_or_silent(cluster: FakeCluster, helm3: Path, tmp_path: Path) -> None:
    with socket.socket() as closed, socket.socket() as silent:
        closed.bind(("127.0.0.1", 0))
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        for place, said in ((closed, "refused"), (silent, "does not answer in time")):
            kubeconfig = at_port(cluster.kubeconfig, tmp_path / "kubeconfig", place.getsockname()[1])
            began = time.monotonic()
            code, found = checks(KUBECONFIG=kubeconfig, CODEHUB_HELM=str(helm3))
            assert time.monotonic() - began < 40
            assert code == 3
            assert found["cluster"]["state"] == "missing"
            assert said in found["cluster"]["why"].lower(), found["cluster"]
            assert found["context"]["state"] == "ok"


def test_a_cluster_too_old_for_the_chart(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.scenario.version = "1.20.0"
    assert codehub("init", tmp_path / "hub", "--yes").code == 0
    _, found = checks(tmp_path / "hub", KUBECONFIG=str(cluster.kubeconfig))
    assert found["cluster"]["state"] == "missing"
    assert "The chart needs Kubernetes" in found["cluster"]["why"]


def test_a_broken_kubeconfig_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("contexts: [", encoding="utf-8")
    code, found = checks(KUBECONFIG=str(tmp_path / "config"))
    assert code == 3
    assert str(tmp_path / "config") in found["context"]["why"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho v2.17.0\n", "too old"),
        ("#!/bin/sh\necho nonsense\n", "does not answer as Helm"),
        ("#!/bin/sh\necho boom >&2; exit 1\n", "boom"),
    ],
)
def test_helms_that_will_not_do(script: str, said: str, tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text(script, encoding="utf-8")
    helm.chmod(0o755)
    code, found = checks(CODEHUB_HELM=str(helm))
    assert code == 3
    assert found["helm"]["state"] == "missing"
    assert said in found["helm"]["why"]


def test_a_password_in_a_proxys_address_is_not_shown() -> None:
    ended = codehub("doctor", "--json", env={"HTTPS_PROXY": "http://me:hunter22@127.0.0.1:9", "NO_PROXY": ""})
    assert "hunter22" not in ended.out + ended.err
    assert "127.0.0.1:9" in ended.out
