"""What an upgrade does to the people who are at work, and how to keep a way back for the hub's database."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from wizard.catalog import chart_release, hub_image, jupyterhub_major
from wizard.setup.model import Setup


@dataclass(frozen=True)
class Backup:
    """Commands for the hub's sqlite database: copying it out of the hub's pod, and back again."""

    save: tuple[str, ...]
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


def backup(setup: Setup, name: str = "jupyterhub.sqlite.backup") -> Backup:
    """How to save and restore the database of a hub that keeps it in a file of its own (sqlite-pvc).

    The copy is made by sqlite itself, so that it is whole while the hub is running. It is put back by a pod of its
    own: a hub that meets the database of a newer one does not even start.
    """
    target = setup.target
    context = ["--context", target.context] if target.context else []
    kubectl = ["kubectl", *context, "--namespace", target.namespace]
    in_hub = [*kubectl, "exec", "deploy/hub", "-c", "hub", "--"]
    pod = json.dumps({"spec": _restoring_pod(setup)}, separators=(",", ":"))
    image = _hub_image(setup)
    put = ["run", "codehub-restore", "-i", "--rm", "--restart=Never", f"--image={image}", f"--overrides={pod}"]
    return Backup(
        save=(
            shlex.join([*in_hub, "python3", "-c", _COPY]),
            f"{shlex.join([*in_hub, 'cat', f'{_FOLDER}/backup.sqlite'])} > {shlex.quote(name)}",
        ),
        restore=(f"{shlex.join([*kubectl, *put])} < {shlex.quote(name)}",),
    )


_FOLDER = "/srv/jupyterhub"
_DATABASE = f"{_FOLDER}/jupyterhub.sqlite"
_COPY = f"import sqlite3; sqlite3.connect('{_DATABASE}').backup(sqlite3.connect('{_FOLDER}/backup.sqlite'))"


def _hub_image(setup: Setup) -> str:
    return setup.hub_reference if setup.builds_hub else hub_image(setup.target.chart.version)


def _restoring_pod(setup: Setup) -> dict[str, object]:
    """A pod beside the hub's, which is where the volume is, that writes what it is sent into the database's file."""
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
                "command": ["sh", "-c", f"cat > {_DATABASE}.new && mv {_DATABASE}.new {_DATABASE}"],
                "stdin": True,
                "stdinOnce": True,
                "volumeMounts": [{"name": "db", "mountPath": _FOLDER}],
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
