"""The diagram of a deployment: whole, closed, harmless SVG that says what the text picture says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.render.setups import setup
from wizard.commands import codehub
from wizard.errors import UsageError
from wizard.render.diagram import diagram_svg
from wizard.render.picture import deployment, picture
from wizard.setup.model import Setup
from wizard.setup.questions import questions
from wizard.setup.store import save, with_settings

_SVG = "{http://www.w3.org/2000/svg}"
CHOICES = st.lists(
    st.sampled_from([f"{one.path}={choice.value}" for one in questions() for choice in one.ask.choices]), max_size=6
)
NAMES = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)


def _texts(svg: str) -> list[str]:
    """Each text as a whole: its tooltip, where it had to be cut."""
    found = []
    for text in ET.fromstring(svg).iter(f"{_SVG}text"):
        title = text.find(f"{_SVG}title")
        found.append((title.text if title is not None else text.text) or "")
    return found


@settings(max_examples=40)
@given(CHOICES)
def test_it_says_what_the_text_picture_says(answers: list[str]) -> None:
    one = with_settings(Setup(), answers)
    shown, texts = deployment(one), _texts(diagram_svg(one))
    said = "\n".join(picture(one))
    for text in (shown.address, shown.place, *(fact for _, fact in (*shown.hub, *shown.editor)), *shown.images):
        assert " ".join(text.split()) in [" ".join(found.split()) for found in texts]
        assert text in said


@settings(max_examples=40)
@given(CHOICES)
def test_everything_stays_inside(answers: list[str]) -> None:
    root = ET.fromstring(diagram_svg(with_settings(Setup(), answers)))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for box in root.iter(f"{_SVG}rect"):
        assert float(box.get("x", "0")) + float(box.get("width", "0")) <= width
        assert float(box.get("y", "0")) + float(box.get("height", "0")) <= height


@given(NAMES)
def test_no_name_breaks_out_of_it(name: str) -> None:
    one = Setup()
    target = one.target.model_copy(update={"context": f'{name}<script>"&\x1b[31m'})
    svg = diagram_svg(one.model_copy(update={"target": target}))
    assert ET.fromstring(svg).find(f".//{_SVG}script") is None
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", svg)


def test_the_same_answers_give_the_same_bytes() -> None:
    assert diagram_svg(setup()) == diagram_svg(setup())


def test_export_draws_it_alone_and_overwrites_nothing(tmp_path: Path) -> None:
    save(tmp_path / "codehub.yaml", setup(target__context="minikube"))
    picture_file = tmp_path / "new" / "hub.svg"
    command = ["export", str(tmp_path), "--diagram", str(picture_file)]
    assert CliRunner().invoke(codehub, command).output == f"{picture_file} is written.\n"
    assert "minikube" in picture_file.read_text("utf-8")
    assert isinstance(CliRunner().invoke(codehub, command).exception, UsageError)
    assert CliRunner().invoke(codehub, [*command, "--force"]).exit_code == 0
    assert isinstance(CliRunner().invoke(codehub, ["export", str(tmp_path)]).exception, UsageError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codehub.yaml", "new"]
