"""What an image has inside, for `codehub status`: its size, its layers, its base and the versions of what it runs."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Mapping
from typing import Any

from wizard.foreign import load_json
from wizard.tools.docker_engine import Env, connection, image

VERSIONS_FILE = "/opt/codehub/versions.json"
"""Written at the end of the notebook image's build, by assets/dockerfiles/runtime/versions.py."""

_LABELS = "codehub."


async def contents(reference: str, env: Env = None) -> dict[str, Any]:
    """Size in bytes, number of layers, digest, the base's name and digest, and versions by name ("node": "24.9.0").

    Empty when the engine does not have the image (it was pushed straight to a registry). Raises MissingError without
    a daemon. No container of the image is started.
    """
    found = await image(reference, env)
    if found is None:
        return {}
    labels = {name.removeprefix(_LABELS): text for name, text in found.labels.items() if name.startswith(_LABELS)}
    versions = await asyncio.to_thread(_versions, reference, env)
    return {
        "size": found.size,
        "layers": len(found.layers),
        "digest": found.repository_digest,
        "base": found.labels.get("org.opencontainers.image.base.name", ""),
        "base_digest": found.labels.get("org.opencontainers.image.base.digest", ""),
        # The labels say what was asked for, the file what came of it.
        "inside": {name: text for name, text in {**labels, **versions}.items() if text},
    }


def describe(found: Mapping[str, Any]) -> str:
    """The contents in one line; empty for none."""
    if not found:
        return ""
    names = {"code-server": "code-server", "vscode": "VS Code", "node": "Node", "jupyterhub": "JupyterHub"}
    inside = found.get("inside") or {}
    parts = [f"{found['size'] / 1e6:.0f} MB in {found['layers']} layers"]
    parts += [f"{shown} {inside[name]}" for name, shown in names.items() if inside.get(name)]
    return ", ".join(parts)


def _versions(reference: str, env: Env) -> dict[str, str]:
    from docker.errors import APIError

    with connection(env) as client:
        container = client.api.create_container(reference, command=["true"])["Id"]
        try:
            chunks, _ = client.api.get_archive(container, VERSIONS_FILE)
            packed = io.BytesIO(b"".join(chunks))
        except APIError:
            return {}
        finally:
            client.api.remove_container(container)
    try:
        with tarfile.open(fileobj=packed) as archive:
            file = archive.extractfile(archive.getmembers()[0])
            read = load_json(file.read()) if file else {}
    except (tarfile.TarError, ValueError, IndexError):
        return {}
    return {str(name): str(text) for name, text in read.items()} if isinstance(read, dict) else {}
