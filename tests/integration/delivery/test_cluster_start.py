"""Starting local clusters: exact commands of minikube, kind and k3d, and every way in which they do not come up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.program import codehub
from tests.support.recorder import Recorder
from tests.support.standin import StandIns
from tests.support.terminal import on_terminal
from wizard.errors import CodehubError, MissingError, StepFailed, UsageError
from wizard.reporting import TaskState
from wizard.tools import cluster_start
from wizard.tools.cluster_new import KIND_INGRESS, NewCluster, proposal
from wizard.tools.cluster_start import start_cluster
from wizard.tools.helm_chart import Chart

RUNS = json.dumps({"Name": "dev", "Host": "Running", "Kubelet": "Running", "APIServer": "Running"})
STOPPED = json.dumps({"Name": "dev", "Host": "Stopped", "Kubelet": "Stopped", "APIServer": "Stopped"})
NO_PROFILE = (14, '{"error":{"Op":"open","Path":"/home/ann/.minikube/profiles","Err":2}}', "")
DEV = NewCluster(product="minikube", name="dev", driver="docker", cpus=2, memory=4096)


def profiles(status: str) -> tuple[int, str, str]:
    return 0, json.dumps({"invalid": [], "valid": [{"Name": "dev", "Status": status}]}), ""


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """A cluster that answers in the contexts dev, kind-dev and k3d-dev."""
    with FakeCluster(tmp_path / "c") as running:
        files = []
        for name in ("dev", "kind-dev", "k3d-dev", "minikube"):
            running.context = name
            path = tmp_path / f"{name}.yaml"
            running.write_kubeconfig(path)
            files.append(str(path))
        monkeypatch.setenv("KUBECONFIG", os.pathsep.join(files))
        yield running


class TestMinikube:
    async def test_made_anew_with_ingress(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        standins.answer(
            "minikube",
            {
                "profile list": NO_PROFILE,
                "start": (0, "😄  minikube v1.36.0\n", ""),
                "-p dev status": (0, RUNS, ""),
                "-p dev addons": (0, "🌟  The 'ingress' addon is enabled\n", ""),
                "-p dev ip": (0, "192.168.49.2\n", ""),
            },
        )
        started = await start_cluster(DEV, said)
        assert (started.context, started.ingress_class, started.address) == ("dev", "nginx", "192.168.49.2")
        assert started.version == named.scenario.version
        assert standins.calls == [
            ["minikube", "profile", "list", "-o", "json"],
            ["minikube", "start", "-p", "dev", "--driver", "docker", "--cpus", "2", "--memory", "4096mb"],
            ["minikube", "-p", "dev", "status", "-o", "json"],
            ["minikube", "-p", "dev", "addons", "enable", "ingress"],
            ["minikube", "-p", "dev", "ip"],
        ]
        assert "😄  minikube v1.36.0" in said.text("minikube")

    async def test_a_stopped_one_keeps_its_size(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        standins.answer(
            "minikube", {"profile list": profiles("Stopped"), "start": (0, "", ""), "-p dev status": (0, RUNS, "")}
        )
        await start_cluster(NewCluster(product="minikube", name="dev", ingress=False), said)
        assert standins.calls[1] == ["minikube", "start", "-p", "dev"]

    async def test_one_that_runs_is_left_alone(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        standins.answer("minikube", {"profile list": profiles("OK"), "-p dev status": (0, RUNS, "")})
        await start_cluster(NewCluster(product="minikube", name="dev", ingress=False), said)
        assert [call[1] for call in standins.calls] == ["profile", "-p"]

    async def test_its_silent_failure_is_noticed(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        answers = {"profile list": NO_PROFILE, "start": (0, "", ""), "-p dev status": (7, STOPPED, "")}
        standins.answer("minikube", answers)
        with pytest.raises(StepFailed, match="reported no failure, but its cluster dev does not run") as failed:
            await start_cluster(DEV, said)
        assert failed.value.why == "Host is Stopped, Kubelet is Stopped."

    @pytest.mark.parametrize(
        "words,advice",
        [
            (
                '❌  Exiting due to DRV_AS_ROOT: The "docker" driver should not be used with root privileges.',
                "not for root",
            ),
            ("⛔  Exiting due to RSRC_INSUFFICIENT_CORES: Requested cpu count 8 is greater than 2", "fewer CPUs"),
            ("💣  Exiting due to PROVIDER_DOCKER_NOT_RUNNING: deadline exceeded", "Start Docker"),
        ],
    )
    async def test_what_it_says_is_told(
        self, words: str, advice: str, standins: StandIns, named: FakeCluster, said: Recorder
    ) -> None:
        standins.answer("minikube", {"profile list": NO_PROFILE, "start": (60, f"😄  minikube v1\n{words}\n", "")})
        with pytest.raises(StepFailed) as failed:
            await start_cluster(DEV, said)
        assert words.partition(": ")[0].rpartition(" ")[2] in failed.value.why
        assert advice in failed.value.fix
        assert TaskState.FAILED in said.last().values()

    async def test_an_unknown_profile(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        """It ended between two calls: what `status` says then is no document."""
        answers = {
            "profile list": NO_PROFILE,
            "start": (0, "", ""),
            "-p dev status": (
                85,
                '🤷  Profile "dev" not found. Run "minikube profile list" to view all profiles.\n',
                "",
            ),
        }
        standins.answer("minikube", answers)
        with pytest.raises(CodehubError) as failed:
            await start_cluster(DEV, said)
        assert 'Profile "dev" not found' in failed.value.why


class TestKind:
    async def test_made_anew(
        self, standins: StandIns, named: FakeCluster, said: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The ingress controller's chart cannot be had here; a real Helm installs another in its place."""
        if (helm := parts.program("helm4")) is None:
            pytest.skip("needs helm4")
        monkeypatch.setenv("CODEHUB_HELM", str(helm))
        chart = tmp_chart(standins.folder / "chart")
        monkeypatch.setattr(cluster_start, "INGRESS_CHART", Chart(str(chart)))
        standins.answer("kind", {"get clusters": (0, "", "No kind clusters found.\n"), "create": (0, "", "Ready\n")})
        started = await start_cluster(NewCluster(product="kind", name="dev"), said)
        assert (started.context, started.ingress_class, started.address) == ("kind-dev", "nginx", "127.0.0.1")
        assert standins.calls[1] == [
            *("kind", "create", "cluster", "--name", "dev", "--wait", "180s", "--config", "-"),
        ]
        assert standins.stdin == [KIND_INGRESS]
        (made,) = named.items("configmaps", "ingress-nginx")
        assert made["data"] == {"hostPort": "true", "type": "ClusterIP", "selector": "true"}

    async def test_without_ingress(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        standins.answer("kind", {"get clusters": (0, "other\n", ""), "create": (0, "", "")})
        await start_cluster(NewCluster(product="kind", name="dev", ingress=False), said)
        assert standins.calls[1] == ["kind", "create", "cluster", "--name", "dev", "--wait", "180s"]

    @pytest.mark.tier("docker", "base_image")
    async def test_a_stopped_one_is_started_by_its_containers(
        self, standins: StandIns, named: FakeCluster, said: Recorder, client: docker.DockerClient
    ) -> None:
        node = client.containers.create(
            parts.BASE_IMAGE, ["sleep", "300"], labels={"io.x-k8s.kind.cluster": "dev"}, init=True
        )
        try:
            standins.answer("kind", {"get clusters": (0, "dev\n", "")})
            await start_cluster(NewCluster(product="kind", name="dev", ingress=False), said)
            node.reload()
            assert node.status == "running"
        finally:
            node.remove(force=True)
        assert len(standins.calls) == 1

    async def test_a_port_that_is_taken(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        words = "ERROR: failed to create cluster: Bind for 0.0.0.0:80 failed: port is already allocated\n"
        standins.answer("kind", {"get clusters": (0, "", ""), "create": (1, "", words)})
        with pytest.raises(StepFailed, match="kind failed") as failed:
            await start_cluster(NewCluster(product="kind", name="dev"), said)
        assert "0.0.0.0:80" in failed.value.why
        assert "--no-ingress" in failed.value.fix

    async def test_a_cluster_that_never_answers(self, standins: StandIns, said: Recorder, named: FakeCluster) -> None:
        standins.answer("kind", {"get clusters": (0, "", ""), "create": (0, "", "")})
        with pytest.raises(StepFailed, match="the cluster gone does not answer") as failed:
            await start_cluster(NewCluster(product="kind", name="gone", ingress=False), said, patience=0.1)
        assert "kind-gone" in failed.value.fix


class TestK3d:
    async def test_made_anew(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        standins.answer("k3d", {"cluster list": (0, "[]", ""), "cluster create": (0, "", "INFO[0000] Prep\n")})
        started = await start_cluster(NewCluster(product="k3d", name="dev", memory=3072), said)
        assert (started.context, started.ingress_class, started.address) == ("k3d-dev", "traefik", "127.0.0.1")
        assert standins.calls == [
            ["k3d", "cluster", "list", "-o", "json"],
            [
                *("k3d", "cluster", "create", "dev", "--wait", "--timeout", "300s", "--servers-memory", "3072m"),
                *("-p", "80:80@loadbalancer", "-p", "443:443@loadbalancer"),
            ],
        ]

    @pytest.mark.parametrize(
        "running,second", [(0, ["k3d", "cluster", "start", "dev", "--wait"]), (1, None)], ids=["stopped", "running"]
    )
    async def test_one_that_is_there(
        self, running: int, second: list[str] | None, standins: StandIns, named: FakeCluster, said: Recorder
    ) -> None:
        there = json.dumps([{"name": "dev", "serversCount": 1, "serversRunning": running}])
        standins.answer("k3d", {"cluster list": (0, there, ""), "cluster start": (0, "", "")})
        await start_cluster(NewCluster(product="k3d", name="dev", ingress=False), said)
        assert standins.calls[1:] == ([second] if second else [])

    async def test_a_name_that_is_taken(self, standins: StandIns, named: FakeCluster, said: Recorder) -> None:
        words = "FATA[0000] Failed to create cluster 'dev' because a cluster with that name already exists\n"
        standins.answer("k3d", {"cluster list": (0, "not json", ""), "cluster create": (1, "", words)})
        with pytest.raises(StepFailed) as failed:
            await start_cluster(NewCluster(product="k3d", name="dev"), said)
        assert "another name" in failed.value.fix


def tmp_chart(folder: Path) -> Path:
    """A chart that shows the values it was given."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shows\nversion: 1.0.0\n")
    (folder / "templates" / "values.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shown}\ndata:\n"
        '  hostPort: "{{ .Values.controller.hostPort.enabled }}"\n  type: "{{ .Values.controller.service.type }}"\n'
        '  selector: "{{ index .Values.controller.nodeSelector "ingress-ready" }}"\n'
    )
    return folder


@pytest.mark.parametrize(
    "wanted,said",
    [
        ({"product": "microk8s"}, "starts no microk8s clusters"),
        ({"product": "kind", "name": "Not A Name"}, "no name for a cluster"),
        ({"product": "minikube", "cpus": 1}, "2 CPUs and 2048 MiB"),
        ({"product": "minikube", "driver": "none"}, "no driver none"),
    ],
)
def test_what_cannot_be_started_is_refused(wanted: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        NewCluster(**wanted)  # type: ignore[arg-type]


def test_without_a_program_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="No program that makes a local cluster") as missing:
        proposal()
    assert "minikube.sigs.k8s.io" in missing.value.fix
    with pytest.raises(MissingError, match="kind is not on the PATH"):
        proposal("kind")


def test_the_command_asks_shows_and_says_the_hosts_line(standins: StandIns, named: FakeCluster, tmp_path: Path) -> None:
    standins.answer(
        "minikube",
        {
            "profile list": NO_PROFILE,
            "start": (0, "", ""),
            "-p minikube status": (0, RUNS, ""),
            "-p minikube addons": (0, "", ""),
            "-p minikube ip": (0, "192.168.49.2\n", ""),
        },
    )
    env = {"PATH": f"{standins.folder}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    folder = tmp_path / "hub"
    assert codehub("init", folder, "--yes", "--set", "target.expose.host=hub.test").code == 0
    with on_terminal("cluster", "start", folder, env=env) as session:
        session.answer("Driver", "docker")
        session.answer("CPUs")
        session.answer("Memory in MiB", "4096")
        session.answer("With an ingress controller", "y")
        session.read_until("$ minikube start -p minikube --driver docker --cpus")
        session.answer("Do this now?", "y")
        assert session.finish() == 0
        assert "echo '192.168.49.2 hub.test' | sudo tee -a /etc/hosts" in session.text
        assert "--set target.context=minikube --set target.expose.kind=ingress" in session.text
    assert not any(call[0] == "sudo" for call in standins.calls)
    codehub("cluster", "start", folder, env=env).refused(2, "nobody to ask", "--yes")
    done = codehub("cluster", "start", folder, "--no-ingress", "--yes", env=env)
    assert done.code == 0, done.err
    assert "runs; its context is minikube." in done.out
