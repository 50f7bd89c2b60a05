"""What the image brings for a home folder: given once, gone when the person removes it, renewed if untouched."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.assets import asset_path


def _load(name: str) -> ModuleType:
    """A script of the image, which is no part of any package."""
    spec = importlib.util.spec_from_file_location(name, asset_path(f"dockerfiles/runtime/{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


prepare_home = _load("prepare_home")
healthcheck = _load("healthcheck")


class Image:
    """An image and a home, as folders."""

    def __init__(self, root: Path) -> None:
        self.extensions, self.files, self.skeleton = root / "extensions", root / "files", root / "skel"
        self.home = root / "home"
        self.data = self.home / "data"
        self.user = self.data / "extensions"
        for folder in (self.extensions, self.files / "welcome", self.skeleton, self.home):
            folder.mkdir(parents=True)
        (self.files / "settings.json").write_text("{}")
        (self.files / "welcome" / "README.md").write_text("hello")
        (self.skeleton / ".bashrc").write_text("# bash")

    def bake(self, *names: str, listed: bool = True) -> None:
        """Put extensions like `acme.one-1.0.0` into the image in place of those that were there."""
        shutil.rmtree(self.extensions)
        self.extensions.mkdir()
        records = []
        for folder in names:
            identity, _, version = folder.rpartition("-")
            publisher, _, name = identity.partition(".")
            (self.extensions / folder).mkdir()
            package = {"publisher": publisher, "name": name, "version": version}
            (self.extensions / folder / "package.json").write_text(json.dumps(package))
            records.append(record(folder, str(self.extensions / folder)))
        if listed:
            (self.extensions / "extensions.json").write_text(json.dumps(records))

    def start(self) -> None:
        """What a container's start does."""
        prepare_home.prepare(self.home, self.data, self.extensions, self.files, self.skeleton)

    def links(self) -> list[str]:
        return sorted(path.name for path in self.user.iterdir() if path.is_symlink())

    def listed(self) -> list[str]:
        """The folders in VS Code's list."""
        return sorted(one["relativeLocation"] for one in self._records())

    def _records(self) -> list[dict[str, Any]]:
        path = self.user / "extensions.json"
        records: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
        return records

    def uninstall(self, folder: str) -> None:
        """What VS Code does: the record goes at once, the folder at a later start."""
        kept = [one for one in self._records() if one["relativeLocation"] != folder]
        (self.user / "extensions.json").write_text(json.dumps(kept))
        (self.user / folder).unlink()

    def install(self, folder: str) -> None:
        """What VS Code does, replacing another version's record."""
        identity = folder.rpartition("-")[0]
        (self.user / folder).mkdir()
        kept = [
            one
            for one in json.loads((self.user / "extensions.json").read_text())
            if one["identifier"]["id"] != identity
        ]
        (self.user / "extensions.json").write_text(json.dumps([*kept, record(folder, str(self.user / folder))]))


def record(folder: str, path: str) -> dict[str, Any]:
    identity, _, version = folder.rpartition("-")
    return {
        "identifier": {"id": identity},
        "version": version,
        "location": {"$mid": 1, "path": path, "scheme": "file"},
        "relativeLocation": folder,
        "metadata": {"source": "vsix"},
    }


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)


def test_an_empty_home_gets_everything(image: Image) -> None:
    image.bake("acme.one-1.0.0")
    image.start()
    assert image.links() == image.listed() == ["acme.one-1.0.0"]
    assert (image.home / "welcome" / "README.md").read_text() == "hello"
    assert (image.home / ".bashrc").exists()
    entry = json.loads((image.user / "extensions.json").read_text())[0]
    assert entry["location"]["path"] == str(image.user / "acme.one-1.0.0")
    assert entry["metadata"] == {"source": "vsix"}


def test_what_the_person_has_is_not_replaced(image: Image) -> None:
    image.bake()
    settings_file = image.data / "User" / "settings.json"
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text('{"mine": 1}')
    (image.home / ".bashrc").write_text("# mine")
    image.start()
    assert settings_file.read_text() == '{"mine": 1}'
    assert (image.home / ".bashrc").read_text() == "# mine"


def test_what_was_removed_stays_removed_also_in_a_newer_image(image: Image) -> None:
    image.bake("acme.one-1.0.0", "acme.two-1.0.0")
    image.start()
    image.uninstall("acme.one-1.0.0")
    shutil.rmtree(image.home / "welcome")
    image.bake("acme.one-2.0.0", "acme.two-2.0.0")
    image.start()
    assert image.links() == image.listed() == ["acme.two-2.0.0"]
    assert not (image.home / "welcome").exists()


def test_a_version_of_the_persons_own_is_kept(image: Image) -> None:
    image.bake("acme.one-1.0.0")
    image.start()
    image.install("acme.one-3.0.0")
    image.bake("acme.one-2.0.0")
    image.start()
    assert image.listed() == ["acme.one-3.0.0"]


def test_an_extension_that_left_the_image_leaves_no_dead_link(image: Image) -> None:
    image.bake("acme.one-1.0.0", "acme.two-1.0.0")
    image.start()
    image.bake("acme.two-1.0.0")
    image.start()
    assert image.links() == image.listed() == ["acme.two-1.0.0"]
    image.bake("acme.two-1.0.0", "acme.one-1.0.0")
    image.start()
    assert image.links() == image.listed() == ["acme.one-1.0.0", "acme.two-1.0.0"]


def test_an_extension_with_a_longer_name_is_another_one(image: Image) -> None:
    image.bake("acme.one-1.0.0", "acme.one-more-1.0.0")
    image.start()
    image.bake("acme.one-2.0.0", "acme.one-more-1.0.0")
    image.start()
    assert image.links() == image.listed() == ["acme.one-2.0.0", "acme.one-more-1.0.0"]


def test_a_list_that_cannot_be_read_is_left_to_vscode(image: Image) -> None:
    image.bake("acme.one-1.0.0")
    image.user.mkdir(parents=True)
    (image.user / "extensions.json").write_text("{broken")
    image.start()
    assert (image.user / "extensions.json").read_text() == "{broken"


def test_older_versions_have_no_list_and_get_links_alone(image: Image) -> None:
    image.bake("acme.one-1.0.0", listed=False)
    image.user.mkdir(parents=True)
    (image.user / "other.thing-1.0.0").mkdir()
    image.start()
    assert image.links() == ["acme.one-1.0.0"]
    assert not (image.user / "extensions.json").exists()


def test_a_second_start_writes_nothing(image: Image) -> None:
    image.bake("acme.one-1.0.0")
    image.start()
    before = {path: path.lstat().st_mtime_ns for path in image.home.rglob("*")}
    image.start()
    assert {path: path.lstat().st_mtime_ns for path in image.home.rglob("*")} == before


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.sampled_from(["a.x-1.0.0", "a.x-2.0.0", "a.x-y-1.0.0", "b.x-1.0.0"])), max_size=4))
def test_whatever_images_follow_each_other_links_and_list_agree(
    tmp_path_factory: pytest.TempPathFactory, images: list[set[str]]
) -> None:
    image = Image(tmp_path_factory.mktemp("image"))
    for names in images:
        newest = {name.rpartition("-")[0]: name for name in sorted(names)}
        image.bake(*newest.values())
        image.start()
        assert image.links() == image.listed() == sorted(newest.values())
        assert all((image.user / name / "package.json").exists() for name in image.links())


@pytest.mark.parametrize(
    "service, url",
    [
        ("", "http://127.0.0.1:8888/healthz"),
        ("http://0.0.0.0:8888/user/alice/", "http://127.0.0.1:8888/user/alice/healthz"),
        ("http://:8889/user/a%40b/lab", "http://127.0.0.1:8889/user/a%40b/lab/healthz"),
        ("https://0.0.0.0:8888/user/alice/", "https://127.0.0.1:8888/user/alice/healthz"),
    ],
)
def test_health_is_asked_where_the_hub_put_the_server(service: str, url: str) -> None:
    assert healthcheck.health_url(service) == url
