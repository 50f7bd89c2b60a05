"""`codehub init`: answers from flags and files, kept with their comments, and refused with advice."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.program import codehub


def answers(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((folder / "codehub.yaml").read_text(encoding="utf-8"))
    return loaded


def test_defaults_are_enough(tmp_path: Path) -> None:
    ended = codehub("init", tmp_path / "a" / "b", "--yes")
    assert ended.code == 0
    assert "codehub plan" in ended.out
    assert answers(tmp_path / "a" / "b")["schema"] == 1


def test_settings_are_typed_by_their_field(tmp_path: Path) -> None:
    settings = [
        "images.notebook.tag=1.0",
        "hub.auth.users=alice,bob",
        "code_server.packages=[git, jq]",
        "hub.resources.cpu_limit=3",
        "hub.cull.enabled=no",
        "build.args.APT_MIRROR=http://mirror.example/debian",
        "target.namespace=on",
    ]
    flags = [word for setting in settings for word in ("--set", setting)]
    ended = codehub("init", *flags, cwd=tmp_path)
    assert ended.code == 0, ended.err
    shown = json.loads(json.dumps(answers(tmp_path)))
    assert shown["images"]["notebook"]["tag"] == "1.0"
    assert shown["hub"]["auth"]["users"] == ["alice", "bob"]
    assert shown["code_server"]["packages"] == ["git", "jq"]
    assert shown["hub"]["resources"]["cpu_limit"] == 3.0
    assert shown["hub"]["cull"]["enabled"] is False
    assert shown["build"]["args"] == {"APT_MIRROR": "http://mirror.example/debian"}
    assert shown["target"]["namespace"] == "on"


def test_a_second_init_changes_only_what_is_set(tmp_path: Path) -> None:
    assert codehub("init", tmp_path, "--set", "hub.auth.users=alice").code == 0
    path = tmp_path / "codehub.yaml"
    path.write_text("# ours\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    assert codehub("init", tmp_path, "--yes").code == 0
    assert path.read_text(encoding="utf-8") == before
    assert codehub("init", tmp_path, "--set", "target.namespace=team").code == 0
    assert path.read_text(encoding="utf-8") == before.replace("namespace: codehub", "namespace: team")


def test_an_answer_that_cannot_be_used_can_be_set_right(tmp_path: Path) -> None:
    """What the message about a bad answer advises has to work."""
    assert codehub("init", tmp_path, "--yes").code == 0
    path = tmp_path / "codehub.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("release: jhub", "release: Bad_Name"), encoding="utf-8")
    codehub("render", tmp_path).refused(2, "target.release", "codehub init --set FIELD=VALUE")
    ended = codehub("init", tmp_path, "--set", "target.release=good")
    assert ended.code == 0, ended.err
    assert codehub("render", tmp_path).code == 0


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_answers_from_elsewhere(source: str, tmp_path: Path) -> None:
    assert codehub("init", tmp_path / "one", "--set", "target.release=first").code == 0
    text = (tmp_path / "one" / "codehub.yaml").read_text(encoding="utf-8")
    origin = str(tmp_path / "one" / "codehub.yaml") if source == "file" else "-"
    ended = codehub("init", tmp_path / "two", "--from", origin, "--set", "target.namespace=team", stdin=text)
    assert ended.code == 0, ended.err
    assert "release: first" in (tmp_path / "two" / "codehub.yaml").read_text(encoding="utf-8")
    codehub("init", tmp_path / "two", "--from", origin, stdin=text).refused(2, "exists already", "--yes")
    assert codehub("init", tmp_path / "two", "--from", origin, "--yes", stdin=text).code == 0


def test_without_any_answer_it_says_how(tmp_path: Path) -> None:
    codehub("init", tmp_path).refused(2, "There are no answers to save", "--yes")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("target.kid=docker", "Did you mean target.kind?"),
        ("nonsense", "is not FIELD=VALUE"),
        ("target.kind=moon", "must be one of"),
        ("hub.cull.timeout=soon", "hub.cull.timeout"),
        ("hub.cull.timeout=1.5", "hub.cull.timeout"),
        ("hub.resources.cpu_limit=.nan", "hub.resources.cpu_limit"),
        ("code_server.packages=[git", "code_server.packages"),
        ("target.namespace=Not_A_Name", "Write something like codehub."),
        ("images.registry=https://ghcr.io/acme", "Write ghcr.io/acme."),
        ("build.args=[1]", "build.args"),
        ("build.args.1X=1", "build.args"),
        ("hub.auth.kind=github", "hub.auth.client_id"),
        ("schema=2", "schema"),
        ("target=docker", "target"),
    ],
)
def test_settings_that_cannot_be_used(setting: str, said: str, tmp_path: Path) -> None:
    codehub("init", tmp_path, "--set", setting).refused(2, said)
    assert list(tmp_path.iterdir()) == []


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    ended = codehub("init", tmp_path, "--set", "target.kid=x", "--set", "target.namespace=A B")
    ended.refused(2, "target.kid", "target.namespace")
