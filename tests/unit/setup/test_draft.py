from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.setup.draft import MAX_TYPED, Draft, load_draft, save_draft
from wizard.setup.model import Setup
from wizard.setup.questions import questions
from wizard.setup.store import with_settings


def blocked(draft: Draft) -> bool:
    """Whether something keeps it from being saved and run."""
    return any(problem.level == "error" for problem in draft.problems())


def test_what_is_not_valid_is_kept_and_shown_and_named() -> None:
    draft = Draft(Setup())
    problem = draft.enter("target.release", "Not A Name")
    assert problem is not None
    assert problem.field == "target.release"
    assert draft.shown("target.release") == "Not A Name"
    assert draft.setup.target.release == "jhub"
    assert blocked(draft)
    assert draft.enter("target.release", "mine") is None
    assert draft.shown("target.release") == "mine"
    assert not blocked(draft)


def test_a_field_that_is_not_asked_any_more_does_not_stand_in_the_way() -> None:
    draft = Draft(Setup())
    draft.enter("target.namespace", "BAD")
    assert [(draft.enter("target.kind", kind), blocked(draft)) for kind in ("docker", "kubernetes")] == [
        (None, False),
        (None, True),
    ]
    assert draft.shown("target.namespace") == "BAD"


def test_a_draft_comes_back_with_everything(tmp_path: Path) -> None:
    draft = Draft(with_settings(Setup(), ["images.registry=ghcr.io/a"]), {"target.release": "Not A Name"})
    save_draft(tmp_path / ".codehub" / "draft.json", draft)
    back = load_draft(tmp_path / ".codehub" / "draft.json")
    assert back is not None
    assert back.setup == draft.setup
    assert back.shown("target.release") == "Not A Name"
    assert back.problems()[0].field == "target.release"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"answers": {}, "typed": {"nope": "x"}}', '{"answers": {"a": 1}}'])
def test_a_draft_that_cannot_be_used_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "draft.json").write_text(text)
    assert load_draft(tmp_path / "draft.json") is None


def test_a_huge_paste_is_cut() -> None:
    draft = Draft(Setup())
    draft.enter("images.registry", "x" * 10_000_000)
    assert len(draft.shown("images.registry")) == MAX_TYPED


@given(st.sampled_from([one.path for one in questions()]), st.text(max_size=60))
def test_nothing_typed_is_lost(path: str, text: str) -> None:
    draft = Draft(Setup())
    if draft.enter(path, text) is not None:
        assert draft.shown(path) == text
