"""images.yaml: Helm values that name the very images that were delivered, by digest or by a tag of their own.

A tag can be given to another image, and nodes that have the old one would keep it; Helm would not even see a
change, and leave the hub running on the old image. With the digest beside the tag, Kubernetes takes that image
and no other. Images that are loaded onto nodes have no digest there: they are loaded under a tag that holds their
id. Made by the deploy step, once the images are delivered; build.sh writes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.render import traefik
from wizard.render.values import pull_policy
from wizard.render.yaml_text import yaml_text
from wizard.setup.model import Setup

FILE = "images.yaml"

HEADER = """\
The very images that were built and delivered last, made by codehub: do not edit.
Merged over config.yaml, so that Kubernetes takes these and no others.
"""

TAG_ROOM = 115
"""Characters of the person's tag that a tag of the image's own keeps: a tag has at most 128."""


def local_tag(tag: str, image_id: str) -> str:
    """The tag under which an image is loaded onto nodes: the person's, and twelve digits of the image's id."""
    return f"{tag[:TAG_ROOM]}-{image_id.removeprefix('sha256:')[:12]}"


def digest_tag(tag: str, digest: str) -> str:
    """The tag with the digest that a registry has for it."""
    return f"{tag}@{digest}"


def pins(setup: Setup, tags: Mapping[str, str]) -> str:
    """The text of images.yaml; `tags` by image name (`local_tag`, `digest_tag`), the others keep their plain one."""
    document: dict[str, Any] = {}
    for name in ("hub", "notebook"):
        if tags.get(name):
            document |= pin(setup, name, tags[name])
    return yaml_text(document, comment=HEADER)


def pin(setup: Setup, name: str, tag: str) -> dict[str, Any]:
    """The values that pin one image, notebook or hub, to a tag."""
    if name == "notebook":
        return {"singleuser": {"image": {"tag": tag}}}
    hub: dict[str, Any] = {"image": {"tag": tag}}
    if setup.hub.proxy == "traefik":
        # Helm merges no lists: the whole one is written again, with the image that the hub itself has.
        reference = f"{setup.hub_reference.rpartition(':')[0]}:{tag}"
        containers = traefik.hub_values(setup, pull_policy(setup))["extraContainers"]
        hub["extraContainers"] = [{**container, "image": reference} for container in containers]
    return {"hub": hub}
