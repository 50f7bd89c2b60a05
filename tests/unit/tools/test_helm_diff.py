"""Differences of manifests: complete, quiet about order, and silent about secrets."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from wizard.tools.helm_diff import MASK, Change, diff_manifests


def manifest(*items: dict[str, Any]) -> str:
    return "".join(f"---\n# Source: a/b.yaml\n{yaml.safe_dump(item, sort_keys=False)}" for item in items)


def item(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **more}


def test_added_changed_removed() -> None:
    old = manifest(item("Service", "a", spec={"type": "ClusterIP", "port": 80}), item("Service", "b"))
    new = manifest(item("Service", "a", spec={"type": "NodePort", "port": 80}), item("ConfigMap", "c"))
    found = {diff.title: diff for diff in diff_manifests(old, new)}
    assert {title: diff.change for title, diff in found.items()} == {
        "Service a": Change.CHANGED,
        "Service b": Change.REMOVED,
        "ConfigMap c": Change.ADDED,
    }
    assert "-  type: ClusterIP" in found["Service a"].lines
    assert "+  type: NodePort" in found["Service a"].lines


def test_texts_are_compared_as_written() -> None:
    """YAML 1.1 would read `on` and `1e3` as something else, and call `yes` and `true` equal."""
    old, new = "kind: A\nmetadata: {name: x}\nv: yes\nw: 1e3\n", "kind: A\nmetadata: {name: x}\nv: true\nw: 1000\n"
    (found,) = diff_manifests(old, new)
    assert [line for line in found.lines if line[0] in "+-"] == ["-v: yes", "-w: 1e3", "+v: true", "+w: 1000"]


def test_what_is_in_a_secret_is_masked() -> None:
    old = manifest(item("Secret", "hub", data={"kept": "c2FtZQ==", "changed": "b2xk", "gone": "Z29uZQ=="}))
    new = manifest(item("Secret", "hub", data={"kept": "c2FtZQ==", "changed": "bmV3", "new": "bmV3ZXI="}))
    (found,) = diff_manifests(old, new)
    text = "\n".join(found.lines)
    assert f"-  changed: {MASK} (before)" in text
    assert f"+  changed: {MASK} (after)" in text
    assert f"-  gone: {MASK}" in text
    assert f"+  new: {MASK}" in text
    assert not any(value in text for value in ("c2FtZQ", "b2xk", "bmV3", "Z29uZQ"))


@given(
    st.dictionaries(st.text(min_size=1), st.text(min_size=4), min_size=1),
    st.dictionaries(st.text(min_size=1), st.text(min_size=4)),
)
def test_no_value_of_a_secret_is_ever_shown(old: dict[str, str], new: dict[str, str]) -> None:
    shown: list[str] = []
    texts = [
        manifest(item("Secret", "s", stringData={f"k{n}": f"hush{value}" for n, value in enumerate(data.values())}))
        for data in (old, new)
    ]
    for diff in diff_manifests(*texts):
        shown += diff.lines
    assert "hush" not in "".join(shown)


_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]))
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner), max_leaves=12
)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), _VALUES), unique_by=lambda pair: pair[0]))
def test_equal_objects_in_any_order_are_no_difference(pairs: list[tuple[str, Any]]) -> None:
    items = [item("ConfigMap", name, data=value) for name, value in pairs]
    assert diff_manifests(manifest(*items), manifest(*reversed(items))) == ()


@given(_VALUES, _VALUES)
def test_a_difference_is_never_missed(old: Any, new: Any) -> None:
    first, second = manifest(item("ConfigMap", "x", data=old)), manifest(item("ConfigMap", "x", data=new))
    same = yaml.load(first, yaml.BaseLoader) == yaml.load(second, yaml.BaseLoader)
    assert (diff_manifests(first, second) == ()) == same


def test_nothing_is_a_manifest_too() -> None:
    assert diff_manifests("", "") == ()
    assert diff_manifests("---\n", "# only a comment\n") == ()
