"""Reading kubeconfig files."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import MissingError
from wizard.tools.kubeconfig import kubeconfig_files, read_kubeconfig


def kubeconfig(path: Path, current: str = "", **servers: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "clusters": [{"name": f"{name}-cluster", "cluster": {"server": url}} for name, url in servers.items()],
        "users": [{"name": "me", "user": {"token": "secret-token"}}],
        "contexts": [{"name": name, "context": {"cluster": f"{name}-cluster", "user": "me"}} for name in servers],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_contexts_with_their_servers(tmp_path: Path) -> None:
    found = read_kubeconfig([kubeconfig(tmp_path / "a", "one", one="https://one:6443", two="https://two:6443")])
    assert found.current == "one"
    assert [(context.name, context.server) for context in found.contexts] == [
        ("one", "https://one:6443"),
        ("two", "https://two:6443"),
    ]
    chosen, other = found.context(), found.context("two")
    assert chosen is not None
    assert (chosen.name, chosen.namespace, chosen.user) == ("one", "default", "me")
    assert other is not None
    assert found.context("three") is None
    assert "secret-token" not in repr(found)


def test_of_two_files_the_first_one_wins(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "a", "", same="https://first")
    second = kubeconfig(tmp_path / "b", "other", same="https://second", other="https://other")
    found = read_kubeconfig([first, tmp_path / "absent", second])
    assert found.current == "other"
    assert {context.name: context.server for context in found.contexts} == {
        "same": "https://first",
        "other": "https://other",
    }
    assert found.files == (first, second)


def test_credentials_in_addresses_are_blotted_out(tmp_path: Path) -> None:
    found = read_kubeconfig([kubeconfig(tmp_path / "a", "one", one="https://me:pass@one:6443")])
    assert "pass" not in found.contexts[0].server


def test_a_broken_file_is_named_and_the_others_count(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("contexts: [", encoding="utf-8")
    found = read_kubeconfig([broken, kubeconfig(tmp_path / "a", "one", one="https://one")])
    assert found.current == "one"
    assert len(found.unreadable) == 1
    assert str(broken) in found.unreadable[0]


def test_no_file_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingError) as caught:
        read_kubeconfig([tmp_path / "absent"])
    assert str(tmp_path / "absent") in caught.value.why


def test_the_files_are_those_of_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kubeconfig_files({"KUBECONFIG": os.pathsep.join(["/a", "", "/b"])}) == (Path("/a"), Path("/b"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kubeconfig_files({}) == (tmp_path / ".kube" / "config",)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["clusters", "contexts", "name", "cluster", "context", "server", "current-context", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(_JUNK)
def test_any_yaml_is_read_or_named(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    path = tmp_path_factory.mktemp("kube") / "config"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    found = read_kubeconfig([path])
    assert all(context.server.isprintable() and isinstance(context.name, str) for context in found.contexts)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_named(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("kube") / "config"
    path.write_bytes(raw)
    found = read_kubeconfig([path])
    assert found.contexts == () or not found.unreadable
