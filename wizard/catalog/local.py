"""A chart that lies on this machine: a folder, or the `.tgz` that `helm package` makes."""

from __future__ import annotations

import tarfile
from pathlib import Path

from wizard.catalog import charts
from wizard.catalog.models import ChartRelease
from wizard.catalog.network import SourceError
from wizard.errors import UsageError

_LIMIT = 1_000_000


def read_chart(path: str | Path) -> ChartRelease:
    """What `Chart.yaml` says of a chart; raises SourceError, with the reason, for what is no chart."""
    import yaml

    from wizard.foreign import load_yaml

    place = Path(path).expanduser()
    try:
        data = load_yaml(_packed(place) if place.is_file() else (place / "Chart.yaml").read_bytes()[:_LIMIT])
    except FileNotFoundError as error:
        raise SourceError(f"{place} has no Chart.yaml") from error
    except (OSError, EOFError, tarfile.TarError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f"{place} is not a chart: {error}") from error
    fields = data if isinstance(data, dict) else {}
    try:
        return charts.estimate(
            str(fields.get("version", "")),
            jupyterhub=str(fields.get("appVersion", "")),
            kube_version=str(fields.get("kubeVersion", "")),
        )
    except UsageError as error:
        raise SourceError(f"{place} is not a chart: its Chart.yaml has no proper version") from error


def _packed(archive: Path) -> bytes:
    """The `Chart.yaml` one folder down in a packed chart."""
    with tarfile.open(archive, "r:*") as files:
        for member in files:
            if member.isfile() and member.name.count("/") == 1 and member.name.endswith("/Chart.yaml"):
                stream = files.extractfile(member)
                if stream is not None:
                    return stream.read(_LIMIT)
    raise FileNotFoundError(archive)
