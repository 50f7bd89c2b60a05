"""The shipped files are found, and a broken installation is told in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.parts import ROOT
from wizard import assets
from wizard.errors import CodehubError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation of its own, empty."""
    folder = tmp_path / "site-packages" / "wizard"
    folder.mkdir(parents=True)
    monkeypatch.setattr(assets, "_PACKAGE", folder)
    assets.assets_folder.cache_clear()
    yield folder
    assets.assets_folder.cache_clear()


def test_a_checkout_uses_its_own_folder() -> None:
    assert assets.asset_path("dockerfiles/Dockerfile.notebook") == ROOT / "assets/dockerfiles/Dockerfile.notebook"
    assert "FROM" in assets.asset_text("dockerfiles/Dockerfile.notebook")


def test_an_installed_wheel_uses_the_packages_own_folder(package: Path) -> None:
    for folder in (package / "_assets", package.parent / "assets"):
        folder.mkdir()
        (folder / "a.txt").write_text(folder.name, encoding="utf-8")
    assert assets.asset_text("a.txt") == "_assets"


def test_an_installation_without_its_files_says_so(package: Path) -> None:
    with pytest.raises(CodehubError, match="own files are missing") as caught:
        assets.asset_path("dockerfiles/Dockerfile.hub")
    assert str(package / "_assets") in caught.value.why
    assert caught.value.fix


def test_a_missing_file_is_named(package: Path) -> None:
    (package / "_assets").mkdir()
    with pytest.raises(CodehubError, match=r"dockerfiles/Dockerfile\.hub is missing"):
        assets.asset_path("dockerfiles/Dockerfile.hub")
