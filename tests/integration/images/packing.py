"""The editor of a notebook image, packed as upstream packs its releases and its image."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.images.building import docker

NAME = "code-server-4.139.1-linux-amd64"
PATH = f"v4.139.1/{NAME}.tar.gz"
"""Of the tarball, below a release address."""


def release_tarball(image: str, target: Path) -> Path:
    """Write the tarball of a release, with the one folder in it that upstream's have."""
    pack = f"tar -C /opt --transform 's,^code-server,{NAME},S' -cf - code-server"
    with target.open("wb") as output:
        command = ["docker", "run", "--rm", "--entrypoint=sh", image, "-c", f"{pack} | gzip -1"]
        subprocess.run(command, stdout=output, check=True, timeout=300)
    return target


@contextmanager
def upstream_image(image: str, reference: str, folder: Path) -> Iterator[str]:
    """An image that has code-server where codercom/code-server has it; removed afterwards."""
    (folder / "Dockerfile").write_text(f"FROM scratch\nCOPY --from={image} /opt/code-server /usr/lib/code-server\n")
    docker("buildx", "build", "--quiet", "--load", "--provenance=false", f"--tag={reference}", str(folder), seconds=300)
    yield reference
    docker("rmi", "--force", reference)
