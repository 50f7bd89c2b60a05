"""What docs/extending.md says a new target needs: words of its own, a place in the picture, and a guide."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.parts import ROOT
from tests.unit.render.setups import setup
from wizard.render.picture import deployment
from wizard.render.readme import readme
from wizard.render.secrets import Secrets
from wizard.screens.done_words import LIVE
from wizard.setup.answers_target import Kind

KINDS = get_args(Kind)


def test_each_has_words_of_its_own() -> None:
    assert set(LIVE) == set(KINDS)
    assert len({deployment(setup(target__kind=kind)).place for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_told_of_in_the_folders_readme(kind: str) -> None:
    assert "an editor of their own" in readme(setup(target__kind=kind), {}, Secrets())


@pytest.mark.parametrize("kind", KINDS)
def test_each_has_a_guide_in_the_readme(kind: str) -> None:
    assert f"| [`{kind}`](docs/" in (ROOT / "README.md").read_text("utf-8")
