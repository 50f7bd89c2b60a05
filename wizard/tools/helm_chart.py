"""Where a chart comes from, and how Helm is told so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Chart:
    """A chart: `source` is a repository's URL, an `oci://` reference, a .tgz (file or URL) or a folder.

    version: of the chart, for repositories and OCI; name: of the chart within a repository.
    """

    source: str
    version: str = ""
    name: str = "jupyterhub"

    @property
    def is_remote(self) -> bool:
        """False for a folder or a file on this machine."""
        return self.source.startswith(("https://", "http://", "oci://"))

    def arguments(self) -> list[str]:
        """The chart as arguments of `helm upgrade`, `template` and `pull`."""
        pinned = ["--version", self.version] if self.version else []
        if self.source.startswith("oci://"):
            return [self.source, *pinned]
        if self.source.startswith(("https://", "http://")):
            if self.source.partition("?")[0].endswith((".tgz", ".tar.gz")):
                return [self.source]
            return [self.name, "--repo", self.source, *pinned]
        return [str(Path(self.source).expanduser().absolute())]
