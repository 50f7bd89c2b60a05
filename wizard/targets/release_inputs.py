"""What a setup's release is made from: the chart, and the values files in the order in which Helm merges them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wizard.render.pins import FILE as PINS
from wizard.run.folder import SetupFolder
from wizard.scratch import scratch_folder
from wizard.setup.model import Setup
from wizard.tools.helm_chart import Chart


def chart_of(setup: Setup, folder: SetupFolder) -> Chart:
    """The chart; a folder or file in the answers is meant as seen from the setup folder."""
    chosen = setup.target.chart
    source = chosen.source if "://" in chosen.source else str(folder.path / Path(chosen.source).expanduser())
    return Chart(source=source, version=chosen.version)


def values_order(folder: SetupFolder) -> tuple[Path, ...]:
    """Every values file that a folder can have, the person's own last."""
    return (folder.values, folder.path / PINS, folder.secrets, folder.extra_values)


@contextmanager
def as_files(values: Mapping[str, bytes]) -> Iterator[list[Path]]:
    """Values as files for Helm, for this user's eyes only, and gone afterwards."""
    with scratch_folder("values") as folder:
        paths = []
        for name, content in values.items():
            path = Path(folder, name)
            path.touch(mode=0o600)
            path.write_bytes(content)
            paths.append(path)
        yield paths
