"""What programs and servers say, cut, nested or shaped as nobody would expect: read as far as it goes, or refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.recorder import Recorder
from wizard.catalog import index, parse
from wizard.errors import CodehubError
from wizard.foreign import load_json
from wizard.run.state import load_state
from wizard.tools import build_causes, helm_errors, kube_errors, registry_errors
from wizard.tools.build_progress import BuildTracker
from wizard.tools.buildkit import Decoder, Message
from wizard.tools.helm_release import parse_history

DEEP = ("[" * 100_000, '{"a":' * 100_000, '[{"a":' * 50_000)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
PIECES = ("\x1b[31m", "\x9b", "\x07", "\r", "\n", "\u202e", "x509: ", "401", "a")
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=6)).map("".join)
MESSAGES = st.dictionaries(st.sampled_from(["vertexes", "statuses", "logs", "warnings"]), VALUES, max_size=4)


@pytest.mark.parametrize("deep", DEEP, ids=["list", "map", "both"])
def test_nesting_without_end_is_refused_in_words(deep: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        load_json(deep)
    with pytest.raises(CodehubError):
        parse_history(deep)
    assert kube_errors.refused(500, deep, action="GET /api").status == 500  # type: ignore[union-attr]
    assert Decoder().feed(deep.encode() + b"\n") == [deep]
    for read in (parse.parse_npm_view, parse.parse_packument, parse.parse_tag_list):
        assert read(deep) in ([], parse.NpmPackage())
    with pytest.raises(ValueError, match="nested too deeply"):
        index.parse_index("entries: " + "[" * 500)
    (tmp_path / "state.json").write_text(deep)
    assert load_state(tmp_path / "state.json").notice


@settings(max_examples=60)
@given(VALUES)
def test_an_answer_of_another_shape_is_read_or_refused(value: Any) -> None:
    text = json.dumps(value)
    for read in (parse_history, parse.parse_npm_view, parse.parse_packument, parse.parse_tag_list):
        try:
            read(text)
        except CodehubError as error:
            assert error.fix
    assert isinstance(kube_errors.refused(500, text, action="GET /api"), CodehubError)


@settings(max_examples=60)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["vertexes", "statuses", "logs", "warnings"]), VALUES, max_size=4), max_size=5
    ),
    TEXTS,
)
def test_a_build_that_says_anything_shows_nothing_raw(messages: list[Mapping[str, Any]], name: str) -> None:
    step = {"digest": "sha256:1", "name": name, "started": "2026-01-01T00:00:00Z", "error": name}
    known = {"vertexes": [step], "logs": [{"vertex": "sha256:1", "data": "G1szMW0="}]}
    recorder = Recorder()
    tracker, decoder = BuildTracker(recorder), Decoder()
    for message in (known, *messages, known):
        for item in decoder.feed(json.dumps(message).encode() + b"\n"):
            assert isinstance(item, Message | str)
            tracker.apply(item)
    tracker.finish(ok=False)
    assert isinstance(tracker.final_error(), str)


READERS: dict[str, Callable[[str], CodehubError | None]] = {
    "helm": lambda text: helm_errors.explain("upgrade", text, release="r", namespace="n"),
    "registry": lambda text: registry_errors.refusal_error("push", "reg.example/a:1", "reg.example", text),
    "kubernetes": lambda text: kube_errors.refused(403, text, action="GET /api"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@settings(max_examples=60)
@given(TEXTS)
def test_what_others_say_is_quoted_without_controls(reader: Callable[[str], CodehubError], text: str) -> None:
    error = reader(text)
    assert error.what
    assert not _CONTROLS.search(error.what + error.why + error.fix)


@settings(max_examples=60)
@given(TEXTS)
def test_a_build_is_explained_whatever_it_said(text: str) -> None:
    cause = build_causes.explain(text, [text], step=text)
    assert cause is None or cause.fix
