"""Traefik as the hub's proxy on Kubernetes: the chart's own proxy stays as a plain hop in front of it.

The chart (to 4.4) cannot leave out its proxy. Traefik runs as a second container of the hub's pod, so that it
outlives the hub's process: users stay connected while the hub restarts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wizard.assets import asset_text
from wizard.setup.model import Setup

PORT = 8000
FOLDER = "/srv/traefik"
_RULES = f"{FOLDER}/rules.toml"
_MOUNT = {"name": "traefik", "mountPath": FOLDER}


def command(api: str, more: Sequence[str] = (), *, folder: bool = False) -> list[str]:
    """Traefik's start. api: where its API listens; folder: read every file beside the hub's rules too."""
    watched = f"--providers.file.directory={FOLDER}" if folder else f"--providers.file.filename={_RULES}"
    return [
        "sh",
        "-c",
        # Its file provider never starts when the file is not there at the beginning.
        f'touch {_RULES} && exec traefik "$@"',
        "traefik",
        "--api=true",
        "--providers.providersthrottleduration=0s",
        watched,
        "--providers.file.watch=true",
        f"--entrypoints.http.address=:{PORT}",
        *more,
        f"--entrypoints.auth_api.address={api}",
    ]


COMMAND = tuple(command("127.0.0.1:8099", ("--entrypoints.http.forwardedheaders.insecure=true",)))
"""In the hub's pod; only the chart's proxy reaches its entry point, so the headers that proxy sets are trusted."""


def _pods_of(setup: Setup, component: str) -> list[dict[str, Any]]:
    """Network policy peers: the release's pods of a component, by the labels of charts from 4 and of those before."""
    release = setup.target.release
    current = {"app.kubernetes.io/component": component, "app.kubernetes.io/instance": release}
    before = {"component": component, "release": release}
    return [{"podSelector": {"matchLabels": labels}} for labels in (current, before)]


def proxy_values() -> dict[str, Any]:
    """Values below `proxy`: everything that the chart's proxy gets goes to Traefik."""
    return {"chp": {"defaultTarget": f"http://hub:{PORT}"}}


def hub_values(setup: Setup, pull_policy: str) -> dict[str, Any]:
    """Values below `hub`: the second container, the way to it, and the hub's own configuration."""
    ports = [{"port": PORT, "protocol": "TCP"}]
    return {
        "service": {"extraPorts": [{"name": "traefik", "port": PORT, "targetPort": PORT}]},
        "networkPolicy": {"ingress": [{"from": _pods_of(setup, "proxy"), "ports": ports}]},
        "extraVolumes": [{"name": "traefik", "emptyDir": {}}],
        "extraVolumeMounts": [dict(_MOUNT)],
        "extraContainers": [
            {
                "name": "traefik",
                "image": setup.hub_reference,
                "imagePullPolicy": pull_policy,
                "command": list(COMMAND),
                "securityContext": {
                    "runAsUser": 1000,
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [dict(_MOUNT)],
            }
        ],
        "extraConfig": {"10-traefik": asset_text("hub/traefik.py")},
    }
