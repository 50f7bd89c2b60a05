from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import UsageError
from wizard.setup import store
from wizard.setup.migrate import migrate
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers
from wizard.setup.questions import get, questions

AWKWARD = ["no", "1.0", "1e3", "0o17", "null", "~", "2024-01-01", "a: b", "a #b", "'", '"', "é", "- x", "{x}", "1_0"]


def test_a_new_file_reads_back_and_names_the_choices() -> None:
    text = store.to_text(Setup())
    assert store.parse(text, "x") == Setup()
    assert "# kubernetes | docker | local" in text
    assert "No secrets" in text


@given(
    st.lists(st.sampled_from(AWKWARD) | st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])), max_size=4),
    st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), st.sampled_from(AWKWARD), max_size=3),
)
def test_awkward_text_survives_saving(organizations: list[str], args: dict[str, str]) -> None:
    answers = store.plain(Setup())
    answers["hub"]["auth"]["organizations"] = [text for text in organizations if text.isprintable()]
    answers["build"]["args"] = args
    setup = store.validate(answers, "x")
    assert store.parse(store.to_text(setup), "x") == setup
    assert store.parse(store.to_text(setup, store.to_text(Setup())), "x") == setup


@pytest.mark.parametrize("name", ["NO", "ON", "Y", "NULL", "_1"])
def test_a_build_argument_may_have_any_name(name: str) -> None:
    for existing in ("", store.to_text(Setup())):
        setup = store.with_settings(Setup(), [f"build.args.{name}=1"])
        assert store.parse(store.to_text(setup, existing), "x") == setup


def test_comments_order_and_style_stay() -> None:
    text = (
        "# our hub\n"
        "schema: 1\n"
        "hub:\n"
        "  auth: {kind: native}  # ask Kim before changing\n"
        "  cull:\n"
        "    timeout: 600   # ten minutes\n"
        "code_server:\n"
        "  packages:\n"
        "    - git   # for everyone\n"
        "    - jq\n"
    )
    setup = store.with_settings(
        store.parse(text, "x"), ["hub.cull.timeout=900", "code_server.packages=[git, vim]", "images.registry=ghcr.io/a"]
    )
    saved = store.to_text(setup, text)
    assert store.parse(saved, "x") == setup
    assert "# our hub" in saved
    assert "{kind: native}  # ask Kim before changing" in saved
    assert "timeout: 900   # ten minutes" in saved
    assert "- git   # for everyone" in saved
    assert "jq" not in saved
    assert saved.index("hub:") < saved.index("code_server:") < saved.index("images:")
    assert "release_url" not in saved, "defaults that nobody set stay out of a hand-written file"


def test_saving_without_a_change_changes_nothing() -> None:
    text = "schema: 1\nimages:\n    registry:   'ghcr.io/acme'\n    notebook: {tag: \"2\"}\n"
    path_text = store.to_text(store.parse(text, "x"), text)
    assert yaml.safe_load(path_text) == yaml.safe_load(text)
    assert "'ghcr.io/acme'" in path_text


@pytest.mark.parametrize(
    "text,words",
    [
        ("a: [", ["not valid YAML", "line 1"]),
        ("a: &x [1]\nb: *x", ["aliases", "line 2"]),
        ("hub: {}\nhub: {}", ["'hub' is there twice"]),
        ("\thub: 1", ["line 1"]),
        ("[1]", ["map of fields"]),
        ("schema: 9", ["newer codehub", "Upgrade"]),
        ("schema: yes", ["schema"]),
        ("schema: 0", ["cannot be brought up to date"]),
        ("x: !!python/object:os.system y", ["python/object"]),
        ("x: " + "[" * 5000, ["recursion"]),
        ("images: {notebook: {tag: 1.0}}", ["images.notebook.tag = 1.0", 'Write "1.0"']),
        ("target: {context: no}", ["target.context = false", "quotes"]),
        ("code_server: {versoin: v4.0.0}", ["code_server.versoin", "Did you mean code_server.version"]),
        ("hub: {cull: {timeout: '60'}}", ["hub.cull.timeout", "whole number"]),
        ("target: {kind: k8s}", ["target.kind", "'kubernetes'"]),
        ("code_server: 5", ["code_server", "map of fields"]),
        ("hub: {resources: {cpu_limit: .nan}}", ["hub.resources.cpu_limit"]),
    ],
)
def test_a_bad_file_is_explained(text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        store.parse(text, "codehub.yaml")
    for word in words:
        assert word in str(caught.value)
    assert caught.value.fix


@given(st.text(max_size=200))
def test_no_text_makes_anything_but_answers_or_a_usage_error(text: str) -> None:
    try:
        assert isinstance(store.parse(text, "x"), Setup)
    except UsageError as error:
        assert error.why


def test_a_file_that_cannot_be_read_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "codehub.yaml"
    path.write_text("hub: [")
    with pytest.raises(UsageError):
        store.save(path, Setup())
    assert path.read_text() == "hub: ["


@pytest.mark.parametrize(
    "setting,path,value",
    [
        ("images.notebook.tag=1.0", "images.notebook.tag", "1.0"),
        ("images.notebook.tag=a=b".replace("a=b", "x"), "images.notebook.tag", "x"),
        ("code_server.packages=[git, jq]", "code_server.packages", ["git", "jq"]),
        ("code_server.packages=git,jq", "code_server.packages", ["git", "jq"]),
        ("code_server.packages=", "code_server.packages", []),
        ("hub.cull.enabled=false", "hub.cull.enabled", False),
        ("hub.cull.timeout=60", "hub.cull.timeout", 60),
        ("hub.resources.cpu_limit=3", "hub.resources.cpu_limit", 3.0),
        ("build.args={A: b}", "build.args", {"A": "b"}),
        ("build.args.APT_MIRROR=http://m/?a=b", "build.args", {"APT_MIRROR": "http://m/?a=b"}),
        ("target.context=no", "target.context", "no"),
    ],
)
def test_settings_are_read_by_the_type_of_their_field(setting: str, path: str, value: Any) -> None:
    assert get(store.with_settings(Setup(), [setting]), path) == value


@pytest.mark.parametrize(
    "setting", ["x", "nope=1", "target=docker", "hub.cull.timeout=soon", "code_server.packages=[", "schema=2", "=1"]
)
def test_settings_that_cannot_be_used_are_named(setting: str) -> None:
    with pytest.raises(InvalidAnswers) as caught:
        store.with_settings(Setup(), [setting])
    assert setting.partition("=")[0] in str(caught.value)


def test_all_bad_settings_are_told_at_once() -> None:
    with pytest.raises(InvalidAnswers) as caught:
        store.with_settings(Setup(), ["target.kind=x", "target.release=A", "target.namespace=ok"])
    assert [problem.field for problem in caught.value.problems] == ["target.kind", "target.release"]


def test_migration_goes_step_by_step() -> None:
    steps = {1: lambda old: {"hub": old["old"]}, 2: lambda old: {"hub": {"proxy": old["hub"]}}}
    assert migrate({"schema": 1, "old": "chp"}, "x", current=3, steps=steps) == {"schema": 3, "hub": {"proxy": "chp"}}


def test_every_question_can_be_shown_and_set_to_what_is_shown() -> None:
    setup = Setup()
    for one in questions():
        assert one.ask.label
        assert one.ask.help.endswith(".") or one.ask.help.endswith("…")
        assert one.becomes(setup)
        assert get(store.with_settings(setup, [f"{one.path}={one.show(setup)}"]), one.path) == get(setup, one.path)
