"""Charts that lie on this machine."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.catalog.local import read_chart
from wizard.catalog.network import SourceError
from wizard.catalog.sources import Sources, chart_releases

CHART = "apiVersion: v2\nname: jupyterhub\nversion: 4.50.0\nappVersion: 5.7.1\nkubeVersion: '>=1.30.0-0'\n"


def _pack(file: Path, name: str, text: str) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for member in ("jupyterhub/charts/other/Chart.yaml", name):
            data = (text if member == name else "version: 9.9.9\n").encode()
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file


def test_a_folder_and_a_packed_chart(tmp_path: Path) -> None:
    folder = tmp_path / "jupyterhub"
    folder.mkdir()
    (folder / "Chart.yaml").write_text(CHART, encoding="utf-8")
    packed = _pack(tmp_path / "chart.tgz", "jupyterhub/Chart.yaml", CHART)
    for place in (folder, packed):
        release = read_chart(place)
        assert (release.version, release.jupyterhub, release.min_kubernetes) == ("4.50.0", "5.7.1", "1.30")
        assert release.hub_image == "quay.io/jupyterhub/k8s-hub:4.50.0"
        assert chart_releases(Sources(), str(place)) == (release,)


@pytest.mark.parametrize("text", ["", "- a\n", "version: [\n", "version: latest\n", "name: x\n", "\x00"])
def test_what_is_no_chart_is_refused_with_the_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "Chart.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="is not a chart"):
        read_chart(tmp_path)
    with pytest.raises(SourceError, match="is not a chart"):
        read_chart(_pack(tmp_path / "chart.tgz", "jupyterhub/Chart.yaml", text))


def test_places_without_a_chart(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none", _pack(tmp_path / "chart.tgz", "jupyterhub/values.yaml", "x")):
        with pytest.raises(SourceError, match=r"has no Chart\.yaml"):
            read_chart(place)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "chart.tgz"
    file.write_bytes(data)
    with pytest.raises(SourceError):
        read_chart(file)
