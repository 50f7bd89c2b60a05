"""Images onto the nodes of local clusters: exact commands, and every way in which the programs fail."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from tests.support import parts
from tests.support.recorder import Recorder
from tests.support.standin import StandIns
from wizard.errors import CodehubError, MissingError
from wizard.tools import loaders
from wizard.tools.containerd import Containerd, installed
from wizard.tools.minikube import Minikube, inner_docker
from wizard.tools.node_containers import NodeContainers

REFERENCE = "code-server-notebook:1.0.0-0123456789ab"
UNKNOWN_PROFILE = (
    '🤷  Profile "moon" not found. Run "minikube profile list" to view all profiles.\n'
    '👉  To start a cluster, run: "minikube start -p moon"\n'
)
CRIO = (
    '❌  Exiting due to MK_USAGE: The docker-env command is only compatible with the "docker" runtime, but this '
    'cluster was configured to use the "crio" runtime.\n'
)
SEVERAL_NODES = (
    "❌  Exiting due to ENV_MULTINODE_CONFLICT: The docker-env command is incompatible with multi-node clusters. "
    "Use the 'registry' add-on\n"
)
NO_DRIVER = "❌  Exiting due to ENV_DRIVER_CONFLICT: 'none' driver does not support 'minikube docker-env' command\n"


class TestMinikube:
    async def test_loads_and_looks(self, standins: StandIns, said: Recorder) -> None:
        listed = f"registry.k8s.io/pause:3.9\ndocker.io/library/{REFERENCE}\n"
        standins.answer("minikube", {"-p dev image load": (0, "", ""), "-p dev image ls": (0, listed, "")})
        await loaders.load(Minikube("dev"), REFERENCE, said)
        assert standins.calls == [
            ["minikube", "-p", "dev", "image", "load", REFERENCE],
            ["minikube", "-p", "dev", "image", "ls"],
        ]

    async def test_its_silent_failure_is_noticed(self, standins: StandIns, said: Recorder) -> None:
        warning = "! Unable to load cached images: loading cached images: stat: no such file or directory\n"
        old = REFERENCE.replace("0123456789ab", "ba9876543210")
        listed = f"docker.io/library/{old}\n"
        standins.answer("minikube", {"-p dev image load": (0, "", warning), "-p dev image ls": (0, listed, "")})
        with pytest.raises(CodehubError, match="is not on every node, though minikube reported no failure"):
            await loaders.load(Minikube("dev"), REFERENCE, said)
        assert warning.strip() in said.text("minikube")

    async def test_an_unknown_profile(self, standins: StandIns, said: Recorder) -> None:
        standins.answer("minikube", {"-p moon image load": (85, UNKNOWN_PROFILE, "")})
        with pytest.raises(CodehubError) as refused:
            await loaders.load(Minikube("moon"), REFERENCE, said)
        assert 'Profile "moon" not found' in refused.value.why
        assert "minikube start" in refused.value.fix
        assert refused.value.exit_code == 1

    async def test_a_full_disk(self, standins: StandIns, said: Recorder) -> None:
        words = "❌  Exiting due to GUEST_IMAGE_LOAD: Failed to load image: write /var/lib/x: no space left on device\n"
        standins.answer("minikube", {"-p dev image load": (80, "", words)})
        with pytest.raises(CodehubError) as refused:
            await loaders.load(Minikube("dev"), REFERENCE, said)
        assert "no space left" in refused.value.why
        assert "disk is full" in refused.value.fix

    async def test_its_own_docker(self, standins: StandIns) -> None:
        exports = (
            'export DOCKER_TLS_VERIFY="1"\nexport DOCKER_HOST="tcp://192.168.49.2:2376"\n'
            'export DOCKER_CERT_PATH="/home/a b/.minikube/certs"\nexport MINIKUBE_ACTIVE_DOCKERD="dev"\n\n'
            "# To point your shell to minikube's docker-daemon, run:\n# eval $(minikube -p dev docker-env)\n"
        )
        standins.answer("minikube", {"-p dev docker-env --shell sh": (0, exports, "")})
        inner = await inner_docker("dev")
        assert inner.env == {
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_HOST": "tcp://192.168.49.2:2376",
            "DOCKER_CERT_PATH": "/home/a b/.minikube/certs",
        }
        assert inner.command == 'eval "$(minikube -p dev docker-env --shell sh)"'

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ((14, "", CRIO), "only compatible"),
            ((14, "", SEVERAL_NODES), "multi-node"),
            ((14, "", NO_DRIVER), "'none' driver"),
            ((0, 'export DOCKER_HOST="ssh://docker@127.0.0.1:32772"\nexport SSH_AUTH_SOCK="/tmp/x"\n', ""), "BuildKit"),
        ],
    )
    async def test_no_docker_of_its_own(self, standins: StandIns, answer: tuple[int, str, str], why: str) -> None:
        standins.answer("minikube", {"-p dev docker-env": answer})
        inner = await inner_docker("dev")
        assert not inner.env
        assert why in inner.why_not


CRICTL = """#!/bin/sh
[ "$*" = "images -o json" ] || exit 64
cat /images.json
"""

Node = Callable[..., Container]


@pytest.fixture
def node(client: docker.DockerClient, tmp_path: Path) -> Iterator[Node]:
    """Starts containers that look like a cluster's nodes: labels, and a crictl that lists the images given."""
    started = []

    def start(labels: dict[str, str], images: list[str] | None) -> Container:
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        (folder / "crictl").write_text(CRICTL)
        (folder / "crictl").chmod(0o755)
        listing = [{"id": "sha256:1", "repoTags": [image]} for image in images or []]
        listing += [{"id": "sha256:2", "repoTags": [], "repoDigests": ["x@sha256:3"]}]
        text = json.dumps({"images": listing}) if images is not None else "cannot connect to containerd"
        (folder / "images.json").write_text(text)
        container = client.containers.run(
            parts.BASE_IMAGE,
            ["sleep", "300"],
            detach=True,
            labels=labels,
            name=f"delivery-test-{folder.name[:8]}",
            network_mode="none",
            volumes=[f"{folder}/crictl:/usr/bin/crictl:ro", f"{folder}/images.json:/images.json:ro"],
        )
        started.append(container)
        return container

    yield start
    for container in started:
        container.remove(force=True)


def _labels(product: str, cluster: str, role: str) -> dict[str, str]:
    if product == "kind":
        return {"io.x-k8s.kind.cluster": cluster, "io.x-k8s.kind.role": role}
    return {"k3d.cluster": cluster, "k3d.role": role}


COMMANDS = {
    "kind": ["kind", "load", "docker-image", REFERENCE, "--name"],
    "k3d": ["k3d", "image", "import", "-c", REFERENCE],
}


@pytest.mark.tier("docker", "base_image")
@pytest.mark.parametrize(
    ("product", "roles", "balancer"),
    [("kind", ["control-plane", "worker"], "external-load-balancer"), ("k3d", ["server", "agent"], "loadbalancer")],
)
class TestNodesInContainers:
    @pytest.fixture
    def cluster(self) -> str:
        return f"delivery-{uuid.uuid4().hex[:6]}"

    async def test_every_node_must_have_it(
        self,
        standins: StandIns,
        said: Recorder,
        node: Node,
        cluster: str,
        product: str,
        roles: list[str],
        balancer: str,
    ) -> None:
        standins.answer(product, {"": (0, "", "")})
        loader = NodeContainers(product, cluster)
        there = f"docker.io/library/{REFERENCE}"
        node(_labels(product, cluster, balancer), None)
        node(_labels(product, cluster, roles[0]), ["registry.k8s.io/pause:3.10", there])
        node(_labels(product, "another", roles[0]), [])
        await loaders.load(loader, REFERENCE, said)
        (call,) = standins.calls
        assert sorted(call) == sorted([*COMMANDS[product], cluster])
        assert call == loader.command(REFERENCE).split()
        node(_labels(product, cluster, roles[1]), ["registry.k8s.io/pause:3.10"])
        with pytest.raises(CodehubError, match="is not on every node"):
            await loaders.load(loader, REFERENCE, said)

    async def test_a_cluster_that_does_not_run(
        self, standins: StandIns, said: Recorder, cluster: str, product: str, roles: list[str], balancer: str
    ) -> None:
        words = {
            "kind": f'ERROR: no nodes found for cluster "{cluster}"\n',
            "k3d": f"ERRO[0000] Failed to import images into cluster '{cluster}': failed to get cluster {cluster}: "
            "No nodes found for given cluster\nFATA[0000] At least one of the image imports failed\n",
        }
        del roles, balancer
        standins.answer(product, {"": (1, "", words[product])})
        with pytest.raises(CodehubError) as refused:
            await loaders.load(NodeContainers(product, cluster), REFERENCE, said)
        assert "no nodes found" in refused.value.why.lower()
        assert "Start the cluster" in refused.value.fix
        with pytest.raises(CodehubError, match="No node of the"):
            await NodeContainers(product, cluster).listed()

    async def test_a_node_that_cannot_say(
        self, node: Node, cluster: str, product: str, roles: list[str], balancer: str
    ) -> None:
        del balancer
        node(_labels(product, cluster, roles[0]), None)
        with pytest.raises(CodehubError, match="could not be listed") as refused:
            await NodeContainers(product, cluster).listed()
        assert "cannot connect to containerd" in refused.value.why


IMPORTS = {"k3s": "ctr images import -", "microk8s": "ctr image import -"}
REFUSALS = {
    "k3s": 'FATA[0000] failed to dial "/run/k3s/containerd/containerd.sock": connection error: desc = "transport: '
    'error while dialing: dial unix /run/k3s/containerd/containerd.sock: connect: permission denied"\n',
    "microk8s": "Insufficient permissions to access MicroK8s.\nYou can either try again with sudo or add the user ann "
    "to the 'microk8s' group:\n",
}


@pytest.mark.tier("docker")
@pytest.mark.parametrize("program", ["k3s", "microk8s"])
class TestContainerd:
    async def test_the_saved_image_is_piped_in(
        self, standins: StandIns, said: Recorder, program: str, image: str
    ) -> None:
        standins.answer(
            program, {IMPORTS[program]: (0, "", ""), "ctr images ls -q": (0, f"docker.io/library/{image}\n", "")}
        )
        await loaders.load(Containerd(program), image, said)
        assert standins.calls == [
            [program, *IMPORTS[program].split()], [program, "ctr", "images", "ls", "-q"],
        ]  # fmt: skip
        assert "manifest.json" in standins.stdin[0]

    async def test_an_image_that_is_not_there(self, standins: StandIns, said: Recorder, program: str) -> None:
        standins.answer(program, {"ctr": (0, "", "")})
        with pytest.raises(CodehubError) as refused:
            await loaders.load(Containerd(program), "delivery-test-nothing:1", said)
        assert "docker could not save delivery-test-nothing:1" in refused.value.what
        assert "delivery-test-nothing" in refused.value.why or "not exist" in refused.value.why

    async def test_missing_rights(self, standins: StandIns, said: Recorder, program: str, image: str) -> None:
        standins.answer(program, {"ctr": (1, "", REFUSALS[program])})
        with pytest.raises(CodehubError) as refused:
            await loaders.load(Containerd(program), image, said)
        assert "ermission" in refused.value.why
        assert "sudo" not in refused.value.fix
        assert f"may not use {program}" in refused.value.fix

    async def test_which_one_is_here(self, standins: StandIns, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(standins.folder))
        with pytest.raises(MissingError, match="Neither k3s nor microk8s"):
            installed()
        standins.answer(program, {})
        assert installed() == program


async def test_a_program_that_is_not_there(said: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for loader in (Minikube("dev"), NodeContainers("kind", "dev"), Containerd("k3s")):
        with pytest.raises(MissingError):
            await loaders.load(loader, REFERENCE, said)
