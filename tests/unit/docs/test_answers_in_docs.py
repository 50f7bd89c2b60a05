"""Every answer that the docs name exists, takes the value that they show, and every option belongs to a command."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from tests.support.parts import ROOT
from wizard.commands import codehub
from wizard.setup.model import Setup
from wizard.setup.questions import question
from wizard.setup.store import plain, with_settings

# CHANGELOG tells of what was.
PAGES = [page for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]) if page.name != "CHANGELOG.md"]
_ANSWER = re.compile(r"(?:code_server|images|build|target|hub)(?:\.[a-z_]+)+")
_QUOTED = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r".*\.(?:py|sh|yaml|gz|pem|key|env|test)")
_OF_THE_CHART = {"hub.config", "hub.db.type"}
_FOREIGN_OPTIONS = {"--extensions-dir", "--vulnerability-service", "--osv-url"}


def _ids(page: object) -> str:
    return str(page).removeprefix(f"{ROOT}/")


def _exists(path: str) -> bool:
    """Whether it is an answer, or a part of the answers that has some."""
    found: object = plain(Setup())
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            # Below a mapping that people fill (build.args.LOCALE) every name is theirs.
            return question(path) is not None or question(path.rpartition(".")[0]) is not None
        found = found[name]
    return True


@pytest.mark.parametrize("page", PAGES, ids=_ids)
def test_each_answer_exists(page: object) -> None:
    text = (ROOT / _ids(page)).read_text("utf-8")
    quoted = (re.fullmatch(rf"({_ANSWER.pattern})(?:[=: ].*)?", words) for words in _QUOTED.findall(text))
    named = {found[1] for found in quoted if found and not _FILE.fullmatch(found[1])} - _OF_THE_CHART
    columns = {key for key in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) if _ids(page).endswith("values.md")}
    assert sorted(name for name in named - columns if not _exists(name)) == []


def _settings() -> list[tuple[str, list[str]]]:
    """Every group of FIELD=VALUE that the docs show together, in code and in commands."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            words = re.findall(rf"--set ((?:{_ANSWER.pattern})=\S+?)(?=[`\s,]|$)", line)
            words += [quoted for quoted in _QUOTED.findall(line) if re.fullmatch(rf"{_ANSWER.pattern}=\S+", quoted)]
            found += [(_ids(page), shlex.split(word)) for word in words]
    return found


@pytest.mark.parametrize(("page", "words"), _settings(), ids=str)
def test_each_value_is_one_that_its_answer_takes(page: str, words: list[str]) -> None:
    with_settings(Setup(), words)


def _options(command: click.Command) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "--version"}


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "single-user-server.md"], ids=_ids)
def test_each_option_is_some_commands(page: object) -> None:
    known = set().union(*(_options(command) for command in codehub.commands.values()), _options(codehub))
    for group in codehub.commands.values():
        if isinstance(group, click.Group):
            known |= set().union(*(_options(command) for command in group.commands.values()))
    known |= _FOREIGN_OPTIONS | {"--parts", "--snapshot-update"}
    alone = re.findall(r"`(--[a-z][a-z-]*)[^`]*`", (ROOT / _ids(page)).read_text("utf-8"))
    assert sorted(set(alone) - known) == []


def test_there_is_something_to_hold() -> None:
    assert len(_settings()) > 20
