"""Every command that the docs show exists, with the options that it is shown with; every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.support.parts import ROOT
from wizard.commands import codehub
from wizard.setup.questions import question

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:\./)?codehub [^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _commands(text: str) -> Iterator[list[str]]:
    lines = [line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *_INLINE.findall(text)]:
        words = shlex.split(line, comments=True)
        if words and words[0] in {"codehub", "./codehub"}:
            yield words[1:]


SHOWN = [
    pytest.param(words, id=f"{page.relative_to(ROOT)}: {' '.join(words)}")
    for page in PAGES
    for words in _commands(page.read_text("utf-8"))
]


@pytest.mark.parametrize("words", SHOWN)
def test_a_command_exists_with_its_options(words: list[str]) -> None:
    name, *arguments = words
    if name.startswith("-"):
        with pytest.raises(click.exceptions.Exit) as done:
            codehub.make_context("codehub", words)
        assert done.value.exit_code == 0
    elif name not in codehub.commands:
        assert re.fullmatch(r"[a-z][a-z-]*|DIR", name), "neither a command nor a folder"
        assert not arguments
    elif arguments and "--help" not in arguments:  # a command alone is only mentioned
        # FILE stands for a file that there is.
        words = [__file__ if word == "FILE" else word for word in arguments]
        with codehub.commands[name].make_context(name, words) as context:
            _check_settings(context)


def _check_settings(context: click.Context) -> None:
    for setting in context.params.get("settings") or ():
        path = str(setting).partition("=")[0]
        assert path == "FIELD" or question(path), f"{path} is not an answer"


@pytest.mark.parametrize("name", sorted(codehub.commands))
def test_help_keeps_its_lines(name: str) -> None:
    command = codehub.commands[name]
    with click.Context(command, info_name=f"codehub {name}") as context:
        assert "\\b" not in command.get_help(context)


def test_there_are_commands_in_the_docs() -> None:
    assert len(SHOWN) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target.read_text("utf-8")), link


def _anchors(text: str) -> set[str]:
    """The addresses that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")).replace(" ", "-") for heading in headings}


_PATH = re.compile(r"`((?:wizard|assets|tests|scripts|docs|bench|\.ci)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_of_the_house_exist(page: Path) -> None:
    # CHANGELOG tells of what was; NAME and * stand for something.
    named = _PATH.findall(page.read_text("utf-8")) if page.name != "CHANGELOG.md" else []
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def test_the_map_of_the_house_is_whole() -> None:
    """Each package and module of codehub has its line, and each top folder that git keeps."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    parts = [path for path in (ROOT / "wizard").iterdir() if not path.name.startswith("_")]
    house = [f"wizard/{path.name}/" for path in parts if path.is_dir()]
    house += [f"wizard/{path.name}" for path in parts if path.suffix == ".py"]
    house += [".ci/", "bench/", "docs/", "scripts/"]
    house += [f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if any(path.glob("*.py"))]
    house += [f"assets/{path.name}/" for path in (ROOT / "assets").iterdir() if path.is_dir()]
    assert sorted(name for name in house if f"`{name}`" not in text) == []
