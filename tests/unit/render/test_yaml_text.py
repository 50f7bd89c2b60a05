"""What is written is what every reader reads: PyYAML and ruamel as YAML 1.1 and 1.2, and the real Helm."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.support import parts
from wizard.render.yaml_text import yaml_text

_WORDS = (
    "y n Y N yes no on off true True null ~ 1e3 0o17 017 0x1f 1_000 1.0 .5 12:30:45 2024-01-01 - ? : = << ! & * % @",
    "` .nan -.inf +1 0b1 1e 1E5 e1 nan inf [] {} # \"\" ''",
)
_TEXTS = (
    ["", " ", "a: b", "a #b", "- a", "%d", "\t", "\x85", "\u2028", "\ufeff", "é😀", "\x07", "a\nb\n", "a\nb", "\na\n"],
    [" a\nb\n", "a \nb\n", "a\n\n\n\nb\n", "a\n  b\n\nc\n", "---\na\n", "a\n---\n", "...\n...\n", "#a\n#b\n", "a\n\n"],
)
TRICKY = [word for words in _WORDS for word in words.split()] + [text for texts in _TEXTS for text in texts]

texts = st.one_of(
    st.sampled_from(TRICKY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.lists(st.sampled_from([*"ab \t:#-|>\n", "\n\n", "é"]), max_size=20).map("".join),
)
scalars = st.one_of(
    texts,
    st.booleans(),
    st.none(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
documents = st.dictionaries(
    texts,
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=12
    ),
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(documents)
def test_reads_back_as_it_was_written_by_every_reader(document: dict[str, Any]) -> None:
    text = yaml_text(document)
    assert yaml.safe_load(text) == document
    for version in ("1.1", "1.2"):
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        assert reader.load(io.StringIO(text)) == document


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.tier(name)) for name in ("helm3", "helm4")])
def test_helm_reads_back_what_was_written(name: str, tmp_path: Path) -> None:
    program = parts.program(name)
    assert program
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: echo\nversion: 1.0.0\n")
    (chart / "templates" / "echo.yaml").write_text(
        "kind: Echo\nmetadata: {name: echo}\nb64: {{ .Values.document | toJson | b64enc }}\n"
    )
    document = {
        "strings": TRICKY,
        "by_key": {text: text for text in TRICKY},
        "numbers": [1, 0, -5, 0.1, 2.5],
        "other": [True, False, None],
    }
    (tmp_path / "values.yaml").write_text(yaml_text({"document": document}))
    done = subprocess.run(
        [program, "template", "echo", chart, "--values", tmp_path / "values.yaml"],
        capture_output=True,
        text=True,
        check=True,
    )
    encoded = yaml.safe_load(done.stdout)["b64"]
    assert json.loads(base64.b64decode(encoded)) == document


def test_strings_are_quoted_and_only_safe_keys_are_plain() -> None:
    assert yaml_text({"tag": "1.0", "on": "y", "a": {"b": ["c"], "empty": {}}, "n": 1}) == (
        'tag: "1.0"\n"on": "y"\na:\n  b:\n    - "c"\n  empty: {}\n"n": 1\n'
    )


def test_whole_lines_become_a_block_that_people_can_read() -> None:
    assert yaml_text({"code": "if x:\n    y()\n"}) == "code: |\n  if x:\n      y()\n"


def test_a_long_line_is_not_folded() -> None:
    assert yaml_text({"a": "word " * 100}).count("\n") == 1


def test_a_comment_goes_on_top() -> None:
    assert yaml_text({"a": 1}, comment="one\n\ntwo\n") == "# one\n#\n# two\na: 1\n"


def test_a_shared_part_is_written_out() -> None:
    part = {"b": "c"}
    assert "&" not in yaml_text({"one": part, "two": part})


def test_a_key_that_is_not_text_is_refused() -> None:
    with pytest.raises(TypeError, match="not 1"):
        yaml_text({1: "a"})  # type: ignore[dict-item]
