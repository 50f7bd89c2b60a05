"""docs/supply-chain.md names the licence of every library that codehub needs and of all that its images get."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

from packaging.requirements import Requirement

from tests.support.parts import ROOT

_PAGE = (ROOT / "docs" / "supply-chain.md").read_text("utf-8")
_LICENCES = _PAGE[_PAGE.index("## Licences") : _PAGE.index("## The project's own")]
LIBRARIES = dict(
    re.findall(r"^\| (?!library )([\w.-]+) \| ([^|]+) \|$", _LICENCES.partition("The images contain")[0], re.MULTILINE)
)
IN_IMAGES = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", _LICENCES, re.MULTILINE)
_OTHER_NAMES = {"Apache Software License": "Apache-2.0", "MIT License": "MIT"}


def _project(path: str) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / path).read_text("utf-8"))["project"]
    return project


def _needed(path: str) -> list[str]:
    return [Requirement(text).name for text in _project(path)["dependencies"]]


def _own_words(library: str) -> str:
    """The licence that a library's own metadata names."""
    fields = importlib.metadata.metadata(library).json
    named = [text.rpartition(" :: ")[2] for text in fields.get("classifier", ()) if text.startswith("License ::")]
    found = str(fields.get("license_expression") or fields.get("license") or named[0])
    return _OTHER_NAMES.get(found, found)


def _added_to_the_hub() -> Iterator[str]:
    """What hub.sh gives to pip and npm."""
    script = (ROOT / "assets/dockerfiles/build/hub.sh").read_text("utf-8").replace("\\\n", " ")
    for line in script.splitlines():
        words = shlex.split(line.strip(), comments=True) if re.search(r"\badd \w+ |\binstall\b", line) else []
        for word in words:
            if re.search(r"[<>=@^]=?\d|^oauthenticator$|^jupyterhub-", word):
                yield re.split(r"[<>=@]", word)[0]


def test_every_library_is_there_with_the_licence_that_it_names() -> None:
    assert sorted(LIBRARIES) == sorted(_needed("pyproject.toml"))
    assert {name: _own_words(name) for name in LIBRARIES} == LIBRARIES


def test_what_the_notebook_image_gets_is_there() -> None:
    named = {what for image, what in IN_IMAGES if image in {"both", "notebook"}}
    assert set(_needed("assets/singleuser/pyproject.toml")) - named == set()
    assert {"code-server, and VS Code's open source", "Node.js"} <= named


def test_what_the_hub_image_gets_is_there() -> None:
    added = set(_added_to_the_hub())
    assert len(added) >= 7, added
    named = " ".join(what for image, what in IN_IMAGES if image.startswith(("hub", "both")))
    assert {name for name in added if name not in named} == set()
    assert {
        what for image, what in IN_IMAGES if image.startswith("hub") and not any(name in what for name in added)
    } == set()


def test_the_wheel_ships_the_projects_own_licence() -> None:
    project = _project("pyproject.toml")
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
