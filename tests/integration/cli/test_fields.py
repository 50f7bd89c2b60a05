"""`codehub fields`: the list of answers, made from the declarations."""

from tests.support.program import codehub
from wizard.setup.questions import questions


def test_every_field_is_listed_with_its_help_and_choices() -> None:
    ended = codehub("fields")
    assert ended.code == 0
    for question in questions():
        assert f"  {question.path} = " in ended.out
        assert question.ask.help in ended.out
        for choice in question.ask.choices:
            assert choice.value in ended.out


def test_a_part_of_the_tree() -> None:
    ended = codehub("fields", "hub.auth")
    assert "hub.auth.kind" in ended.out
    assert "target.kind" not in ended.out
    assert codehub("fields", "hub.auth.").out == ended.out


def test_one_field_explains_its_choices() -> None:
    out = codehub("fields", "target.kind").out
    assert "Where the hub and the editors will run." in out
    assert "default: kubernetes" in out
    assert "  docker      one Docker host." in out


def test_for_programs() -> None:
    document = codehub("fields", "--json").document
    assert [entry["field"] for entry in document] == [question.path for question in questions()]
    kind = next(entry for entry in document if entry["field"] == "target.kind")
    assert kind["default"] == "kubernetes"
    assert [choice["value"] for choice in kind["choices"]] == ["kubernetes", "docker", "local"]
