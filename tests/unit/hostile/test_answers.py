"""Every answer with any text: it is either refused with the reason, or renders to files that hold it as data."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.render.setups import HOSTILE
from wizard.errors import UsageError
from wizard.render import render
from wizard.render.diagram import diagram_svg
from wizard.render.local_files import local_paths
from wizard.render.picture import picture
from wizard.render.secrets import Secrets
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers
from wizard.setup.questions import Question, get, questions
from wizard.setup.review import review
from wizard.setup.store import parse, to_text, with_settings

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PIECES = st.sampled_from(
    [
        *HOSTILE,
        "\x1b[31m",
        "\x1b]0;x\x07",
        "\x9b1m",
        "\r",
        "\n",
        "\0",
        "\u202e",
        "{{",
        "}}",
        "%s",
        "../",
        "- ",
        ": ",
        "&a",
        "*a",
    ]
)
TEXTS = st.lists(_PIECES | st.sampled_from(["a", "b.c", "1", "/"]), min_size=1, max_size=5).map("".join) | st.text(
    max_size=20
)


@pytest.mark.parametrize("question", questions(), ids=lambda one: one.path)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXTS)
def test_any_text_is_refused_or_held_as_data(question: Question, text: str) -> None:
    try:
        setup = with_settings(Setup(), [f"{question.path}={text}"])
    except InvalidAnswers as error:
        assert all(problem.rule for problem in error.problems)
        return
    assert parse(to_text(setup), "codehub.yaml") == setup
    assert not _CONTROLS.search(to_text(setup)), "a control character got into codehub.yaml"
    said = [*picture(setup), diagram_svg(setup), *map(str, review(setup))]
    assert not [line for line in said if _CONTROLS.search(line)]
    _render(setup)
    assert get(setup, question.path) == get(parse(to_text(setup), "x"), question.path)


def _render(setup: Setup) -> None:
    secrets = Secrets().complete(setup)
    try:
        files = render(setup, secrets, {path: b"{}" for _, path in local_paths(setup)})
    except UsageError:
        return  # such as a version that its way cannot build
    for path, file in files.items():
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        if path.endswith((".yaml", ".yml")):
            list(yaml.safe_load_all(file.text))
        if "/" not in path:
            assert not _CONTROLS.search(file.text), path
