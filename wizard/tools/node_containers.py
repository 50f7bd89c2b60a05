"""kind and k3d: clusters whose nodes are containers of this machine's Docker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from wizard.errors import StepFailed
from wizard.foreign import load_json
from wizard.reporting import Reporter
from wizard.text import clean
from wizard.tools import docker_engine, process
from wizard.tools.loaders import LIST_TIMEOUT, familiar, follow

if TYPE_CHECKING:
    from docker.models.containers import Container

_CLUSTER_LABEL = {"kind": "io.x-k8s.kind.cluster", "k3d": "k3d.cluster"}
_ROLE_LABEL = {"kind": "io.x-k8s.kind.role", "k3d": "k3d.role"}
_ROLES = {"kind": {"control-plane", "worker"}, "k3d": {"server", "agent"}}
"""What runs pods; the others balance load or keep images."""


@dataclass(frozen=True)
class NodeContainers:
    """A kind or k3d cluster, by the name that its tool knows."""

    program: str
    cluster: str

    def command(self, reference: str) -> str:
        return process.command_line(self._argv(reference))

    async def load(self, reference: str, reporter: Reporter) -> None:
        await follow(self._argv(reference), reporter)

    async def listed(self) -> frozenset[str]:
        return await asyncio.to_thread(self._listed)

    def _argv(self, reference: str) -> list[str]:
        if self.program == "kind":
            return ["kind", "load", "docker-image", reference, "--name", self.cluster]
        return ["k3d", "image", "import", "-c", self.cluster, reference]

    def _listed(self) -> frozenset[str]:
        with docker_engine.connection(timeout=LIST_TIMEOUT) as client:
            label = f"{_CLUSTER_LABEL[self.program]}={self.cluster}"
            running = client.containers.list(filters={"label": label})
            nodes = [node for node in running if node.labels.get(_ROLE_LABEL[self.program]) in _ROLES[self.program]]
            if not nodes:
                raise StepFailed(
                    f"No node of the {self.program} cluster {self.cluster} runs in this machine's Docker.",
                    why=f"There is no running container with the label {label}.",
                    fix="Start the cluster, or choose the kube context of one that runs.",
                    address="delivery",
                )
            return frozenset.intersection(*map(_images_of, nodes))


def _images_of(node: Container) -> frozenset[str]:
    """What a node's containerd has, by crictl, which both products' nodes carry."""
    code, output = node.exec_run(["crictl", "images", "-o", "json"], demux=True)
    out, err = cast("tuple[bytes | None, bytes | None]", output)
    try:
        images = load_json(out or b"")["images"] if code == 0 else None
    except (ValueError, KeyError, TypeError):
        images = None
    if images is None:
        said = clean((err or out or b"").decode(errors="replace").strip()[-300:])
        raise StepFailed(
            f"The images on the node {clean(str(node.name))} could not be listed.",
            why=said or f"crictl ended with exit code {code}.",
            fix=f"Look there: `docker exec {clean(str(node.name))} crictl images`.",
        )
    return frozenset(familiar(str(tag)) for image in images for tag in image.get("repoTags") or ())
