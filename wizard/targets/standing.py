"""Where a setup stands: what its folder knows at once, and what the cluster says when it is asked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError
from wizard.plan.kubernetes import DEPLOY
from wizard.plan.local import START
from wizard.plan.model import StepRecord
from wizard.run.folder import SetupFolder
from wizard.run.state import State
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.text import clean
from wizard.tools.front_door import SERVICE, addresses
from wizard.tools.helm_release import Revision
from wizard.tools.rollout_pods import PodState

_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


@dataclass(frozen=True)
class Address:
    """How the hub is reached: `url` where it is known (else empty), `command` that finds or opens it."""

    url: str = ""
    note: str = ""
    command: str = ""


@dataclass(frozen=True)
class Standing:
    """What the folder knows. `logins` are (who, password): never shown unasked, never in a repr."""

    setup: Setup
    state: State
    address: Address
    logins: tuple[tuple[str, str], ...] = field(repr=False)
    files: tuple[str, ...] = ()
    notice: str = ""

    @property
    def deployed(self) -> bool:
        """Whether the last deployment succeeded, or the last start where the hub is processes of this machine."""
        record = self.state.steps.get(START if self.setup.target.kind == "local" else DEPLOY)
        return record is not None and record.outcome == "done"


@dataclass(frozen=True)
class Live:
    """What the cluster says: the release's newest revision (None: no release), addresses, pods that are not users'.

    servers: how many editors run; users: whose they are.
    """

    revision: Revision | None
    addresses: tuple[str, ...] = ()
    pods: tuple[PodState, ...] = ()
    servers: int = 0
    unseen: str = ""
    users: tuple[str, ...] = ()


def standing(folder: SetupFolder) -> Standing:
    """What the folder knows; asks nobody. Raises UsageError or InvalidAnswers when it cannot be read."""
    setup = store.load(folder.answers)
    loaded = folder.load_state()
    secrets = folder.load_secrets()
    names = sorted(name for name in loaded.state.files if (folder.path / name).exists())
    return Standing(
        setup,
        loaded.state,
        address(setup, folder.path),
        tuple(secrets.logins(setup)),
        (store.FILE, *(name for name in names if name != store.FILE)),
        loaded.notice,
    )


def forwarded_url(port: int) -> str:
    """The address of a hub behind a port-forward to a port of this machine."""
    return f"http://localhost:{port}/"


def address(setup: Setup, folder: Path | None = None) -> Address:
    """How the hub is reached as far as the answers tell; `folder` is named in commands."""
    target = setup.target
    expose = target.expose
    look = _kubectl(setup, "get", "service", SERVICE)
    match target.kind, expose.kind:
        case "kubernetes", "ingress":
            if expose.host:
                return Address(f"{'http' if expose.tls == 'none' else 'https'}://{expose.host}/")
            note = "every name that leads to the ingress controller"
            return Address(note=note, command=_kubectl(setup, "get", "ingress"))
        case "kubernetes", "gateway":
            note = f"{expose.host}; the listener of the gateway {expose.gateway} says whether by http or https"
            return Address(note=note, command=_kubectl(setup, "get", "httproute"))
        case "kubernetes", "nodeport":
            port = str(expose.node_port or "PORT")
            known = "the port is fixed" if expose.node_port else "the cluster picks the port"
            return Address(note=f"http://NODE:{port}/ on any node; {known}", command=look)
        case "kubernetes", "loadbalancer":
            return Address(note="the service's EXTERNAL-IP, once the cluster gave it one", command=look)
        case "kubernetes", _:
            forward = shlex.join(["codehub", "port-forward", *([str(folder)] if folder else [])])
            return Address(forwarded_url(expose.port), "from this machine, while this command runs:", forward)
        case "local", _:
            return Address(f"http://127.0.0.1:{expose.port}/", "from this machine, for as long as it runs")
        case _:
            return Address(setup.docker_url, "" if expose.host else "from this machine only")


def facts(record: StepRecord) -> str:
    """What a step's result says to a person: what was built, where it went, what is deployed."""
    result: Mapping[str, Any] = record.result
    if "revision" in result:
        return (
            f"revision {result['revision']} of {result.get('chart') or 'the chart'}, {result.get('status') or 'done'}"
        )
    if "url" in result:
        return str(result["url"])
    if "backup" in result:
        return str(result["backup"])
    name = str(result.get("pinned") or result.get("reference") or "")
    image = str(result.get("image") or "")
    said = f"{name} ({image})" if name and image and "@" not in name else name or image
    return _DIGEST.sub(r"\1…", said)


async def live(setup: Setup) -> Live:
    """What the cluster says now. Raises MissingError when Helm or the cluster does not answer, and what Helm raises."""
    from wizard.targets.releases import release_of

    revision = await (await release_of(setup)).current()
    if revision is None:
        return Live(None)
    try:
        return await _seen(setup, revision)
    except CodehubError as error:  # Helm may be let in where we are not
        return Live(revision, unseen=error.why or error.what)


async def _seen(setup: Setup, revision: Revision) -> Live:
    from wizard.tools.kube import connect, path
    from wizard.tools.rollout_pods import pod_state

    target = setup.target
    async with connect(target.context) as cluster:
        listed = await cluster.list(path("v1", "pods", target.namespace), labels=f"release={target.release}")
        pods = [pod_state(pod) for pod in listed]
        where = await addresses(cluster, target.namespace)
    servers = sum(pod.component == "singleuser-server" and not pod.finished for pod in pods)
    kept = tuple(pod for pod in pods if pod.component in {"hub", "proxy"} and not pod.finished)
    names = {_user_of(pod) for pod in listed} - {""}
    return Live(revision, where, kept, servers, users=tuple(sorted(names)))


def _user_of(pod: Mapping[str, Any]) -> str:
    """Whose server a pod is: KubeSpawner notes the name as it is, which a label cannot hold."""
    noted = (pod["metadata"].get("annotations") or {}).get("hub.jupyter.org/username", "")
    return clean(str(noted))


def _kubectl(setup: Setup, *words: str) -> str:
    target = setup.target
    context = ["--context", target.context] if target.context else []
    return shlex.join(["kubectl", *words, "--namespace", target.namespace, *context])
