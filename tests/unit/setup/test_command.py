"""The printed commands give the same answers again: through a real shell and click's own parsing."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.render.setups import HOSTILE, line, setup
from wizard.commands.init import init
from wizard.setup.command import apply_command, init_arguments, init_command
from wizard.setup.model import Setup
from wizard.setup.questions import Question, get, questions
from wizard.setup.store import plain, validate, with_settings

FOLDER = Path("my hub")

_WORDS = ["a", "team-1", "1.0", "true", "null", "0x10", "1e-05", "-", "~", "ghcr.io/acme", "https://a.example/b", "2G"]
_TEXT = st.one_of(st.sampled_from(["", *_WORDS]), line, st.text(max_size=12))


def _values(one: Question) -> st.SearchStrategy[Any]:
    match one.kind:
        case "choice":
            return st.sampled_from([choice.value for choice in one.ask.choices])
        case "bool":
            return st.booleans()
        case "int":
            return st.integers(-5, 3_000_000)
        case "float":
            return st.floats(-1, 1100)
        case "list":
            return st.lists(_TEXT, max_size=4)
        case "map":
            return st.dictionaries(st.sampled_from(["A", "PIP_INDEX_URL", "_x1"]), _TEXT, max_size=3)
        case _:
            return _TEXT


@st.composite
def answers(draw: st.DrawFn) -> Setup:
    """Any valid answers, sound together or not."""
    document = plain(Setup())
    for one in draw(st.lists(st.sampled_from(questions()), unique_by=lambda one: one.path, max_size=12)):
        value = draw(_values(one))
        if one.check(value) is None:
            *parents, name = one.path.split(".")
            place = document
            for parent in parents:
                place = place[parent]
            place[name] = value
    return validate(document, "drawn")


def understood(words: list[str]) -> Setup:
    """What `codehub init` makes of the words after it, where no answers are yet."""
    assert words[0] == "init"
    with init.make_context("init", words[1:]) as context:
        return with_settings(Setup(), context.params["settings"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(answers())
def test_the_command_gives_the_same_answers(setup: Setup) -> None:
    assert understood(init_arguments(FOLDER, setup)) == setup
    assert shlex.split(init_command(FOLDER, setup)) == ["codehub", *init_arguments(FOLDER, setup)]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_real_shell_reads_it_so(piece: str) -> None:
    folder = Path(f"hub {piece}")
    given = setup(build__args={"A": f"{piece}x", "B": piece}, hub__auth__client_id=f"x{piece}")
    script = "codehub() { printf '%s\\0' \"$@\"; }\n" + init_command(folder, given)
    read = subprocess.run(["sh", "-c", script], capture_output=True, check=True, timeout=20).stdout.decode()
    words = read.split("\0")[:-1]
    assert words == init_arguments(folder, given)
    assert understood(words) == given


def test_only_what_differs_is_said() -> None:
    assert init_command(Path("hub"), Setup()) == "codehub init hub --yes"
    given = setup(target__kind="docker", hub__auth__admins=[])
    assert init_command(Path("hub"), given) == "codehub init hub --set target.kind=docker --set hub.auth.admins="
    assert apply_command(Path("my hub")) == "codehub apply 'my hub' --yes"


def test_a_folder_that_looks_like_an_option_is_none() -> None:
    words = init_arguments(Path("--help"), setup(target__kind="docker"))
    with init.make_context("init", words[1:]) as context:
        assert context.params["folder"] == Path("./--help")


@given(st.floats(0, 1024))
def test_a_number_is_shown_so_that_it_reads_back_exactly(number: float) -> None:
    given = setup(hub__resources__cpu_limit=number)
    one = next(one for one in questions() if one.path == "hub.resources.cpu_limit")
    assert get(with_settings(Setup(), [f"{one.path}={one.show(given)}"]), one.path) == number
