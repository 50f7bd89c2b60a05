"""images.yaml: Helm values that name the very images that were delivered, by their digests.

A tag can be given to another image, and nodes that have the old one would keep it; Helm would not even see a
change, and leave the hub running on the old image. With the digest beside the tag, Kubernetes takes that image
and no other. Made by the deploy step, once the digests are known; build.sh writes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.render.yaml_text import yaml_text
from wizard.setup.model import Setup

FILE = "images.yaml"

_HEADER = """\
The very images that were built and delivered last, made by codehub: do not edit.
Merged over config.yaml, so that Kubernetes takes these and no others.
"""


def pins(setup: Setup, digests: Mapping[str, str]) -> str:
    """The text of images.yaml; `digests` (sha256:…) by image name, those that are not there keep their plain tag."""
    document: dict[str, Any] = {}
    for name, chart_section, tag in (
        ("hub", "hub", setup.images.hub.tag),
        ("notebook", "singleuser", setup.images.notebook.tag),
    ):
        if digests.get(name):
            document[chart_section] = {"image": {"tag": f"{tag}@{digests[name]}"}}
    return yaml_text(document, comment=_HEADER)
