"""The pictures in the docs are what the program shows today; no page shows one that is not made by the script."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

from tests.support.parts import ROOT

SCRIPT = ROOT / "scripts" / "make_pictures.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pictures", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pictures_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), "Run scripts/make_pictures.py and look at what changed."


def test_pictures_fetch_nothing_and_are_whole(script: ModuleType) -> None:
    for name, svg in script.pictures().items():
        assert ET.fromstring(svg).tag.endswith("svg"), name
        assert "url(http" not in svg
        assert 'url("http' not in svg
        assert len(svg) < 100_000, f"{name} is too large for a README"


def test_each_picture_is_shown_and_each_shown_is_there(script: ModuleType) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(page.read_text("utf-8") for page in pages)
    assert set(re.findall(r"images/([\w-]+\.svg)", text)) == set(script.pictures())
