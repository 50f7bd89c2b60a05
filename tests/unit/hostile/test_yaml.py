"""YAML that somebody else wrote: bombs, tags, loops and megabytes end in a message, soon, wherever it is read."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.commands import codehub
from wizard.errors import CodehubError, UsageError
from wizard.foreign import MOST_VALUES, load_yaml
from wizard.importing.guide import read_guide
from wizard.render import compose
from wizard.render.secrets import Secrets
from wizard.run.folder import SetupFolder
from wizard.setup import store
from wizard.tools.kubeconfig import read_kubeconfig
from wizard.upgrade.migrate import edited

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
LOOP = "a: &a {b: *a}\n"
TAG = "a: !!python/object/apply:os.system ['touch pwned']\n"
DEEP = "a: " + "[" * 500
DATE = "a: 2026-99-99\n"
HOSTILE = {
    "bomb": BOMB,
    "loop": LOOP,
    "tag": TAG,
    "deep": DEEP,
    "date": DATE,
    "bytes": "a: \x00",
    "tab": "a:\n\tb: 1\n",
}

PROCESSOR_SECONDS = 20
"""Of the processor, which is the same on a busy machine: what expands a bomb needs days."""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_it_is_refused_by_one_kind_of_error(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        load_yaml(text)


@settings(max_examples=200)
@given(st.text(max_size=80) | st.binary(max_size=80))
def test_nothing_else_comes_out_of_any_text(text: str | bytes) -> None:
    try:
        load_yaml(text)
    except yaml.YAMLError:
        return


def test_anchors_that_people_use_are_read() -> None:
    assert load_yaml("a: &a {x: 1}\nb: *a\nc: [*a, *a]\n")["c"] == [{"x": 1}, {"x": 1}]
    assert load_yaml("") is None
    many = "[" + "x," * 1000 + "]"
    assert len(load_yaml(f"a: &a {many}\nb: [{'*a,' * (MOST_VALUES // 1001 - 2)}]")["b"]) > 900


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_each_reader_refuses_it(text: str, tmp_path: Path) -> None:
    begun = time.process_time()
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(text)
    assert read_kubeconfig([kubeconfig]).unreadable
    readers: dict[str, Callable[[], object]] = {
        "answers": lambda: store.parse(text, "codehub.yaml"),
        "secrets": lambda: Secrets.parse(text),
        "compose": lambda: compose.parse(text),
        "values": lambda: edited(text, lambda _: True),
        "guide": lambda: read_guide("", text, "4.4.0"),
    }
    for name, read in readers.items():
        with pytest.raises(UsageError) as refused:
            read()
        assert "pwned" not in refused.value.what, name
    assert not Path("pwned").exists()
    assert time.process_time() - begun < PROCESSOR_SECONDS


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["values.extra.yaml", "config.yaml", "secrets.yaml", "codehub.yaml"])
def test_commands_end_with_a_message(name: str, text: str, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    assert _run("init", str(folder), "--yes").exit_code == 0
    assert _run("render", str(folder)).exit_code == 0
    (folder / name).write_text(text)
    begun = time.process_time()
    for command in (["render", str(folder), "--check"], ["export", str(folder), "--output", str(tmp_path / "out")]):
        done = _run(*command)
        assert done.exception is None or isinstance(done.exception, CodehubError | SystemExit), repr(done.exception)
    assert time.process_time() - begun < PROCESSOR_SECONDS


def test_megabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    large = "a: 1\n" * 2_100_000
    begun = time.process_time()
    with pytest.raises(UsageError, match="too large"):
        store.load(_written(tmp_path / "codehub.yaml", large))
    assert read_kubeconfig([_written(tmp_path / "config", large)]).unreadable
    _written(tmp_path / "secrets.yaml", large)
    with pytest.raises(UsageError, match="too large"):
        SetupFolder(tmp_path).load_secrets()
    assert time.process_time() - begun < PROCESSOR_SECONDS


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(codehub, list(arguments))
