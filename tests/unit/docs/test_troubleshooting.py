"""Every error's address leads to an entry of docs/troubleshooting.md, and every entry is some error's."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import wizard
from tests.support.parts import ROOT
from wizard.commands import codehub
from wizard.commands.explain import entries
from wizard.errors import GENERAL, CodehubError, MissingError, StepFailed, UsageError
from wizard.setup.problems import InvalidAnswers
from wizard.tools import build_causes, helm_errors
from wizard.tools.build_failure import describe_failure
from wizard.tools.build_progress import FailedStep
from wizard.tools.registry_errors import Refusal, refusal_error

_ENGINE = Path(wizard.__file__).parent


def _written() -> Iterator[str]:
    """Every address in the source: `address="…"` and `address = "…"`."""
    for path in sorted(_ENGINE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            value: ast.expr | None = None
            if isinstance(node, ast.keyword) and node.arg == "address":
                value = node.value
            elif isinstance(node, ast.ClassDef):
                for line in node.body:
                    target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
                    if isinstance(target, ast.Name) and target.id == "address":
                        value = getattr(line, "value", None)
            # The hub's network address has the same name in places; an entry's address is one lower-case word.
            for part in ast.walk(value) if value else ():
                if isinstance(part, ast.Constant) and re.fullmatch(r"[a-z]+(-[a-z]+)*", str(part.value)):
                    yield str(part.value)


def _all_addresses() -> set[str]:
    by_rules = {rule.address for rule in (*build_causes._RULES, *helm_errors._RULES)}
    by_registry = {f"registry-{refusal}" for refusal in Refusal}
    return set(_written()) | by_rules | by_registry


def test_every_address_has_an_entry_and_every_entry_an_error() -> None:
    assert sorted(_all_addresses() - set(entries())) == []
    assert sorted(set(entries()) - _all_addresses()) == []


def test_every_kind_of_error_has_an_address() -> None:
    for module in pkgutil.walk_packages(wizard.__path__, "wizard."):
        if not module.name.endswith("__main__") and ".screens" not in module.name and ".widgets" not in module.name:
            importlib.import_module(module.name)
    kinds = [CodehubError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {kind.address for kind in kinds} <= set(entries())
    assert len({kind.address for kind in kinds}) > len(GENERAL)


def test_entries_say_something_and_have_one_address_each() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    headings = re.findall(r"^### (.+)$", page, re.MULTILINE)
    assert len(headings) == len(set(headings)) == len(entries()) > 50
    assert all(len(text) > 40 for text in entries().values())


@pytest.mark.parametrize("refusal", Refusal)
def test_what_a_registry_says_leads_to_its_entry(refusal: Refusal) -> None:
    assert f"registry-{refusal}" in entries()
    error = refusal_error("push", "reg.example/a:1", "reg.example", "unauthorized: authentication required")
    assert error.lines()[-1] == "see: codehub explain registry-login"


def test_what_a_build_says_leads_to_its_entry() -> None:
    failed = FailedStep(name="RUN x", error="no space left on device", lines=(), exit_code=1)
    assert describe_failure("hub image", failed, final="").address == "build-disk-full"
    failed = FailedStep(name="RUN x", error="something else", lines=(), exit_code=1)
    assert describe_failure("hub image", failed, final="").address == "build-failed"


def test_what_helm_says_leads_to_its_entry() -> None:
    found = helm_errors.explain("upgrade", "Error: Kubernetes cluster unreachable", release="r", namespace="n")
    assert found.address == "cluster-unreachable"


@pytest.mark.parametrize("kind", [CodehubError, UsageError, MissingError, StepFailed])
def test_a_general_error_points_nowhere(kind: type[CodehubError]) -> None:
    assert kind("It went wrong.").lines() == ["It went wrong."]


def test_an_address_is_the_last_line_of_an_error() -> None:
    assert InvalidAnswers("codehub.yaml", []).lines()[-1] == "see: codehub explain answers"


def test_the_command_shows_lists_and_corrects() -> None:
    listed = CliRunner().invoke(codehub, ["explain"])
    assert listed.output.splitlines() == list(entries())
    shown = CliRunner().invoke(codehub, ["explain", "docker-daemon"])
    assert shown.output.startswith("*The Docker daemon at")
    refused = CliRunner().invoke(codehub, ["explain", "docker-deamon"])
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.fix == "Did you mean docker-daemon?"
