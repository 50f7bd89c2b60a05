"""Records of the Docker daemon, events of a cluster's watch and manifests of Helm, of any shape and depth."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.recorder import Recorder
from wizard.catalog import index
from wizard.errors import CodehubError, StepFailed
from wizard.foreign import load_manifest
from wizard.tools import classic_build, kube_watch, registry
from wizard.tools.build_progress import BuildTracker
from wizard.tools.helm_diff import diff_manifests
from wizard.tools.kube_errors import ApiRefused, ClusterUnreachable
from wizard.tools.registry_errors import refusal_error

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["\x1b[2J", "\ud83d", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "ID", "Digest", "current", "total", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_NAMES = st.sampled_from(["error", "errorDetail", "stream", "aux", "status", "id", "progress", "progressDetail"])
RECORDS = st.dictionaries(_NAMES, VALUES | st.sampled_from(["Step 1/3 : RUN x", "0123456789ab", "Pushed"]), max_size=5)


@settings(max_examples=100)
@given(st.lists(RECORDS, max_size=6))
def test_any_record_of_the_daemon_is_read_and_shows_nothing_raw(records: list[Mapping[str, Any]]) -> None:
    recorder = Recorder()
    layers, steps = registry._Layers(recorder), classic_build._Records(BuildTracker(recorder))
    for record in records:
        layers.take(record)
        steps.take(record)
    layers.abort()
    steps.end(ok=False)
    assert isinstance(layers.error + layers.digest + steps.error + steps.image_id, str)
    said = str(refusal_error("push", "reg.example/a:1", "reg.example", layers.error))
    assert not _CONTROLS.search(said)


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["type", "object"]),
        st.sampled_from(["ADDED", "BOOKMARK", "DELETED", "ERROR"])
        | st.dictionaries(st.sampled_from(["metadata", "code", "message"]), VALUES, max_size=3)
        | VALUES,
    )
    | VALUES
)
def test_any_line_of_a_watch_is_an_event_or_a_reason_to_begin_anew(message: Any) -> None:
    for line in (json.dumps(message).encode(), json.dumps(message).encode()[:-1], b"\xff\x00"):
        try:
            event, version = kube_watch._read(line)
        except (ApiRefused, ClusterUnreachable, kube_watch._Gone):
            continue
        assert isinstance(version, str)
        assert event is None or isinstance(event, kube_watch.Changed | kube_watch.Deleted)


DEEP = {
    "flow": "a: " + "[" * 100_000,
    "lines": "a: [" + "\n[" * 100_000,
    "maps": "{a: " * 50_000,
    "sequence": "- " * 100_000 + "x",
    "keys": "? " * 100_000,
    "block": "\n".join(" " * level + "a:" for level in range(2_000)),
}
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)


@pytest.mark.parametrize("text", [*DEEP.values(), BOMB], ids=[*DEEP, "bomb"])
def test_a_manifest_without_end_is_refused(text: str) -> None:
    """PyYAML's loader in C does not survive deep nesting: it takes the whole process with it."""
    begun = time.process_time()
    for as_texts in (False, True):
        with pytest.raises(yaml.YAMLError):
            load_manifest(text, as_texts=as_texts)
    with pytest.raises(StepFailed, match="manifest cannot be read"):
        diff_manifests(text, text + "\n")
    with pytest.raises((ValueError, CodehubError)):
        index.parse_index("entries:\n  jupyterhub:\n  - " + text.replace("\n", "\n    "))
    assert time.process_time() - begun < 20


@settings(max_examples=100)
@given(st.text(max_size=60) | st.sampled_from(["---\na: 1\n", "- [\n", "a: 2026-99-99", "!!python/name:os.system ''"]))
def test_nothing_else_comes_out_of_any_manifest(text: str) -> None:
    for as_texts in (False, True):
        try:
            assert all(isinstance(item, dict) for item in load_manifest(text, as_texts=as_texts))
        except yaml.YAMLError:
            continue


def test_a_manifest_with_many_brackets_in_its_strings_is_read() -> None:
    script = "[" * 1_000 + "{" * 1_000
    for as_texts in (False, True):
        found = load_manifest(f"kind: ConfigMap\ndata:\n  x: '{script}'\n---\n# nothing\n---\n- 1\n", as_texts=as_texts)
        assert [item["data"]["x"] for item in found] == [script]
