"""Starting a local cluster with its own program, and not believing it before the cluster answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError, StepFailed
from wizard.foreign import load_json
from wizard.reporting import Reporter, TaskState
from wizard.scratch import scratch_folder
from wizard.text import clean
from wizard.tools import docker_engine, helm, process
from wizard.tools.cluster_new import KIND_INGRESS, NewCluster
from wizard.tools.helm_chart import Chart
from wizard.tools.kube import connect
from wizard.tools.loaders import LIST_TIMEOUT, Said, refused

PATIENCE = 90.0
"""Seconds that the API may take to answer once the program says that the cluster is there."""

INGRESS_CHART = Chart("https://kubernetes.github.io/ingress-nginx", name="ingress-nginx")
_INGRESS_VALUES = """\
controller:
  hostPort: {enabled: true}
  service: {type: ClusterIP}
  nodeSelector: {ingress-ready: "true"}
  tolerations:
  - {key: node-role.kubernetes.io/control-plane, operator: Equal, effect: NoSchedule}
"""
"""As kind's guide has it: the controller listens on the node's ports, which kind maps to this machine."""


@dataclass(frozen=True, kw_only=True)
class StartedCluster:
    """A cluster that answers. address: of its ingress controller as this machine reaches it, empty without one."""

    context: str
    version: str
    ingress_class: str = ""
    address: str = ""


async def start_cluster(new: NewCluster, reporter: Reporter, *, patience: float = PATIENCE) -> StartedCluster:
    """Make the cluster, or start it again where it is there; one that runs already only gets its ingress controller.

    Raises MissingError without the program, StepFailed with what it said, and where it reported no failure but no
    cluster answers.
    """
    argv = await _command(new)
    if argv:
        await _follow(argv, reporter, KIND_INGRESS.encode() if argv[-1] == "-" else None)
    elif new.product == "kind":
        await asyncio.to_thread(_start_nodes, new.called)
    await _look(new)
    version = await _answers(new, patience)
    if new.ingress and new.product == "minikube":
        await _follow(new.addon_command(), reporter)
    if new.ingress and new.product == "kind":
        await _install_ingress(new, reporter)
    return StartedCluster(
        context=new.context, version=version, ingress_class=new.ingress_class, address=await _address(new)
    )


async def _command(new: NewCluster) -> list[str]:
    """What to run; empty where it runs, and for kind's clusters that are there."""
    state = await _state(new)
    if state == "absent":
        return new.create_command()
    return [] if state == "running" else new.resume_command()


async def _state(new: NewCluster) -> str:
    """`absent`, `running` or `stopped`, as the program tells."""
    if new.product == "kind":
        done = await process.run(["kind", "get", "clusters"], timeout=LIST_TIMEOUT)
        return "stopped" if new.called in done.stdout.split() else "absent"
    if new.product == "k3d":
        for one in _rows(await process.run(["k3d", "cluster", "list", "-o", "json"], timeout=LIST_TIMEOUT)):
            if one.get("name") == new.called:
                return "running" if one.get("serversRunning") else "stopped"
        return "absent"
    # Without any profile minikube ends with an error.
    listed = _document(await process.run(["minikube", "profile", "list", "-o", "json"], timeout=LIST_TIMEOUT))
    for one in (listed.get("valid") or []) if isinstance(listed, dict) else []:
        if one.get("Name") == new.called:
            return "running" if one.get("Status") in {"Running", "OK"} else "stopped"
    return "absent"


async def _look(new: NewCluster) -> None:
    """Ask minikube, whose exit code may be 0 though nothing came up."""
    if new.product != "minikube":
        return
    argv = ["minikube", "-p", new.called, "status", "-o", "json"]
    done = await process.run(argv, timeout=LIST_TIMEOUT)
    found = _document(done)
    nodes = found if isinstance(found, list) else [found]
    parts = {key: str(node.get(key, "unknown")) for node in nodes for key in ("Host", "Kubelet") if node}
    if not parts:
        raise refused(argv, done.stdout + done.stderr, done.returncode)
    wrong = [f"{key} is {clean(state)}" for key, state in parts.items() if state != "Running"]
    if wrong:
        raise StepFailed(
            f"minikube reported no failure, but its cluster {new.called} does not run.",
            why=", ".join(wrong) + ".",
            fix=f"Look at `minikube -p {new.called} logs`; `minikube delete -p {new.called}` allows a new beginning.",
        )


async def _answers(new: NewCluster, patience: float) -> str:
    """The version that the API says, once it answers."""
    end = asyncio.get_running_loop().time() + patience
    while True:
        try:
            async with connect(new.context) as cluster:
                return clean(await cluster.version())
        except CodehubError as error:
            if asyncio.get_running_loop().time() >= end:
                raise StepFailed(
                    f"{new.product} reported no failure, but the cluster {new.called} does not answer.",
                    why=f"{error.what} {error.why}".strip(),
                    fix=f"See whether the context {new.context} is in your kubeconfig, and look at {new.product}'s "
                    "own messages above.",
                ) from error
            await asyncio.sleep(1)


async def _install_ingress(new: NewCluster, reporter: Reporter) -> None:
    release = helm.Release(helm=await helm.find(), name="ingress-nginx", namespace="ingress-nginx", context=new.context)
    with scratch_folder("ingress") as folder:
        values = Path(folder, "values.yaml")
        values.write_text(_INGRESS_VALUES)
        await release.upgrade_install(INGRESS_CHART, [values], reporter, helm.UpgradeOptions(timeout=300))


async def _address(new: NewCluster) -> str:
    if not new.ingress:
        return ""
    if new.product != "minikube":
        return "127.0.0.1"
    done = await process.run(["minikube", "-p", new.called, "ip"], timeout=LIST_TIMEOUT)
    return clean(done.stdout.strip()) if done.ok else ""


def _start_nodes(name: str) -> None:
    """Start the node containers of a kind cluster; those that run stay as they are."""
    with docker_engine.connection(timeout=LIST_TIMEOUT) as client:
        for node in client.containers.list(all=True, filters={"label": f"io.x-k8s.kind.cluster={name}"}):
            node.start()


async def _follow(argv: list[str], reporter: Reporter, stdin: bytes | None = None) -> None:
    title = process.command_line(argv)
    reporter.task(argv[0], title, TaskState.RUNNING)
    said = Said(reporter, argv[0])
    code = await process.stream(argv, said.feed, stdin=stdin)
    words = said.finish()
    reporter.task(argv[0], title, TaskState.DONE if code == 0 else TaskState.FAILED)
    if code != 0:
        raise refused(argv, words, code)


def _document(done: process.Completed) -> Any:  # noqa: ANN401 - whatever the program says
    try:
        return load_json(done.stdout)
    except ValueError:
        return {}


def _rows(done: process.Completed) -> list[dict[str, Any]]:
    found = _document(done)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
