"""What an upgrade does to the people who are at work, and how to keep a way back for the hub's database."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from wizard.catalog import chart_release, hub_image, jupyterhub_major
from wizard.setup.model import Setup
from wizard.tools.hub_database import DATABASE, FOLDER

BACKUPS = ".codehub/backups"
"""Where copies of the hub's database are, in the setup folder: they belong to this machine, and are not in git."""


@dataclass(frozen=True)
class Backup:
    """A copy of the hub's sqlite database: where it is kept, in the setup folder, and the commands that put it back."""

    file: str
    restore: tuple[str, ...]


def effects(before: Setup, after: Setup, rebuilt: frozenset[str]) -> list[str]:
    """What happens to users and their work, in sentences; `rebuilt` names the images whose content changes."""
    if before == after:
        return []
    said = []
    if before.target.kind == "kubernetes":
        said += _on_kubernetes(before, after)
    if "notebook" in rebuilt:
        said.append("Editors that are running keep their version until they are stopped and started again.")
    said.append("Home folders and their volumes stay as they are.")
    return said


def new_hub(before: Setup, after: Setup) -> bool:
    """Whether JupyterHub's major changes, and with it the layout of its database."""
    if before.target.kind != "kubernetes":
        return False
    return jupyterhub_major(before.target.chart.version) != jupyterhub_major(after.target.chart.version)


def backup(setup: Setup, file: str = "") -> Backup:
    """How the database of a hub that keeps it in a file of its own (sqlite-pvc) is put back; file: of the copy.

    A pod of its own does it: a hub that meets the database of a newer one does not even start.
    """
    target = setup.target
    name = file or f"{BACKUPS}/{target.namespace}-{target.release}-{target.chart.version}.sqlite"
    context = ["--context", target.context] if target.context else []
    kubectl = ["kubectl", *context, "--namespace", target.namespace]
    pod = json.dumps({"spec": restoring_pod(setup)}, separators=(",", ":"))
    image = _hub_image(setup)
    put = ["run", "codehub-restore", "-i", "--rm", "--restart=Never", f"--image={image}", f"--overrides={pod}"]
    return Backup(name, (f"{shlex.join([*kubectl, *put])} < {shlex.quote(name)}",))


def _hub_image(setup: Setup) -> str:
    return setup.hub_reference if setup.builds_hub else hub_image(setup.target.chart.version)


def restoring_pod(setup: Setup, *, waiting: bool = False) -> dict[str, Any]:
    """A pod beside the hub's, which is where the volume is, that writes what it is sent into the database's file.

    waiting: it does nothing but wait, for what is then run in it.
    """
    write = f"cat > {DATABASE}.new && mv {DATABASE}.new {DATABASE}"
    labels = {"component": "hub", "release": setup.target.release}
    near = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}
    return {
        "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near]}},
        "securityContext": {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000},
        "volumes": [{"name": "db", "persistentVolumeClaim": {"claimName": "hub-db-dir"}}],
        "containers": [
            {
                "name": "codehub-restore",
                "image": _hub_image(setup),
                "imagePullPolicy": "IfNotPresent",
                "command": ["sleep", "900"] if waiting else ["sh", "-c", write],
                **({} if waiting else {"stdin": True, "stdinOnce": True}),
                "volumeMounts": [{"name": "db", "mountPath": FOLDER}],
            }
        ],
    }


def _on_kubernetes(before: Setup, after: Setup) -> list[str]:
    said = []
    if before.target.chart.version != after.target.chart.version:
        said.append(
            "The hub and its proxy restart: for a minute nobody can log in, and open editors lose their connection "
            "and find it again."
        )
        hubs = [chart_release(setup.target.chart.version).jupyterhub for setup in (before, after)]
        if hubs[0] != hubs[1]:
            said.append(f"JupyterHub goes from {hubs[0]} to {hubs[1]}, and upgrades its database.")
    elif after.hub.proxy == "traefik":
        said.append("The hub's pod restarts, Traefik in it too: open editors find their connection again.")
    else:
        said.append("The hub restarts: for half a minute nobody can log in; open editors stay connected.")
    if new_hub(before, after):
        said.append("Editors that are running should be restarted: they speak the old JupyterHub's language.")
    said.append("People stay logged in: the chart keeps the secret of their cookies.")
    return said
