"""Hostile text in every answer that takes text, found by the model's fields: each file says what it says for harmless
text, and no more. A field that is added is tested by itself."""

from __future__ import annotations

import ast
import csv
import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support import parts
from tests.unit.render.setups import HOSTILE, setup
from wizard.render import compose, render
from wizard.render.export import example_text
from wizard.render.gitops import gitops_files
from wizard.render.jupyterhub_config import LocalPlace, local_config
from wizard.render.local_files import local_paths
from wizard.render.merge import put
from wizard.render.secrets import Secrets
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.setup.questions import Question, questions

PIECES = (*HOSTILE, "{", "}", "%s", ":", "<", "(", "[", "]", "$$", "@", "~", "?", ": x", "- ", "${{ github.token }}")
SHAPES = (
    "{}", "./{}", "./{}.vsix", "~/{}", "https://h.example.org/{}", "oci://h.example.org/{}", "{}@example.org",
    "h.example.org/{}", "{}.example.org", "1.2.3-{}", "{}:1",
)  # fmt: skip
"""What answers look like; the hostile text is put into the first that takes the most of it."""

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Not shrinking: a failure names the field by its mark, and each try takes long."""

OIDC = {f"hub__auth__oidc__{name}_url": f"https://id.example.org/{name}" for name in ("authorize", "token", "userdata")}
BASES: dict[str, dict[str, Any]] = {
    "ingress": {
        "hub__auth__kind": "oidc", **OIDC, "hub__proxy": "traefik", "target__expose__kind": "ingress",
        "target__expose__tls": "cert-manager", "target__pull_secret_from_login": True, "target__verify": "user",
        "images__registry": "ghcr.io/acme",
    },
    "gateway": {
        "hub__auth__kind": "github", "target__expose__kind": "gateway", "code_server__method": "source",
        "images__registry": "ghcr.io/acme", "target__delivery": "kind-load",
    },
    "letsencrypt": {
        "target__kind": "docker", "hub__auth__kind": "google", "hub__proxy": "traefik", "code_server__method": "image",
        "target__docker__tls": "letsencrypt", "target__expose__host": "h.example.org",
    },
    "certificate": {
        "target__kind": "docker", "target__docker__tls": "files", "target__docker__redirect_port": 80,
        "code_server__method": "npm",
    },
    "local": {"target__kind": "local"},
}  # fmt: skip


def fields() -> list[Question]:
    return [one for one in questions() if one.kind in {"text", "list", "map"}]


def answers(question: Question, text: str) -> Iterator[Any]:
    """The text as an answer of the field's kind; of a map as a value and as a key."""
    if question.kind == "map":
        yield from ({"APT_MIRROR": text}, {text: "x"}, {text: "sha256:" + "0" * 64}, {"debian": text})
    else:
        yield [text] if question.kind == "list" else text


def filled(question: Question, shape: str, number: int, mark: str, pieces: Iterable[str]) -> tuple[Any, str]:
    """An answer of a shape with as many of the pieces as the field takes, and the text in which they are."""
    inner, answer = mark, None
    for piece in pieces:
        tried = list(answers(question, shape.replace("{}", f"{inner}{piece}z")))[number]
        if question.check(tried) is None:
            inner, answer = inner + piece, tried
    return answer, f"{inner}z"


@cache
def best_shape(path: str) -> tuple[str, int] | None:
    """The shape in which a field takes the most; None for a field that takes none of it, whatever the shape."""
    (question,) = (one for one in fields() if one.path == path)
    lengths = {
        (shape, number): len(filled(question, shape, number, "a", PIECES)[1])
        for shape in SHAPES
        for number, plain in enumerate(answers(question, shape.format("safe")))
        if question.check(plain) is None
    }
    best = max(lengths, key=lambda key: lengths[key], default=None)
    return best if best and lengths[best] > len("az") else None


def twins(base: Mapping[str, Any], pieces: tuple[str, ...]) -> tuple[Setup, Setup, Callable[[Any], Any]]:
    """A Setup with hostile text in every field that takes some, its harmless twin, and the way to it."""
    hostile, harmless = (setup(**base).model_dump(by_alias=True) for _ in range(2))
    pairs = []
    for place, question in enumerate(fields()):
        shape = best_shape(question.path)
        if shape is None:
            continue
        answer, inner = filled(question, *shape, f"q{place}q", pieces)
        good = f"q{place}safe"
        put(hostile, tuple(question.path.split(".")), answer)
        put(harmless, tuple(question.path.split(".")), list(answers(question, shape[0].format(good)))[shape[1]])
        pairs.append((inner, good))
    assert len(pairs) > 30

    def tamed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {tamed(key): tamed(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [tamed(item) for item in value]
        if isinstance(value, str):
            for bad, good in pairs:
                value = value.replace(bad, good)
        return value

    return Setup.model_validate(hostile), Setup.model_validate(harmless), tamed


def made(chosen: Setup) -> dict[str, str]:
    """Every text that codehub makes of a setup."""
    secrets = Secrets.parse("hub: {config: {SharedPasswordAuthenticator: {user_password: abcdefgh1}}}")
    files = render(chosen, secrets.complete(chosen), {path: b"" for _, path in local_paths(chosen)})
    texts = {name: file.text for name, file in files.items() if not file.secret and not name.startswith("image/")}
    texts["secrets.example.yaml"] = example_text(secrets)
    texts[store.FILE] = store.to_text(chosen)
    if chosen.target.kind == "kubernetes":
        # From git, charts come from a repository only.
        target = chosen.target.model_copy(update={"chart": Setup().target.chart})
        fetched, values = chosen.model_copy(update={"target": target}), yaml.safe_load(texts["config.yaml"])
        for form in ("argocd", "flux", "helmfile"):
            texts |= gitops_files(form, fetched, secrets, values)
    texts |= gitops_files("ci", chosen, secrets, {})
    if chosen.target.kind == "local":
        place = {"port": 8000, "hub_port": 8001, "api_port": 8002, "python": "/p", "singleuser": "/s"}
        texts["jupyterhub_config.py"] = local_config(chosen, LocalPlace(folder="/f", **place))  # type: ignore[arg-type]
    return texts


def read(name: str, text: str) -> Any:
    """What a file says to whoever reads it; of a script what it is without its settings."""
    if name == compose.FILE:
        return compose.parse(text)
    if name.endswith(".yaml"):
        return yaml.safe_load(text)
    if name.endswith(".py"):
        return [
            ast.literal_eval(node.value)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SETTINGS"
            else ast.dump(node)
            for node in ast.parse(text).body
        ]
    if name == "README.md":
        blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return text


@pytest.mark.parametrize("base", BASES)
@given(st.permutations(PIECES))
@settings(max_examples=4, deadline=None, phases=PHASES)
def test_files_say_the_same(base: str, pieces: list[str]) -> None:
    hostile, harmless, tamed = twins(BASES[base], tuple(pieces))
    bad, good = made(hostile), made(harmless)
    assert {tamed(name) for name in bad} == set(good)
    for name, text in bad.items():
        if not name.endswith(".sh"):
            assert tamed(read(name, text)) == read(tamed(name), good[tamed(name)]), name
    workflow = yaml.safe_load(bad[".github/workflows/codehub.yaml"])
    assert "github.token" not in json.dumps(workflow), "GitHub would fill it in"


RECORDER = """#!/bin/bash
{ printf '%s\\0' "${0##*/}" "$@"; printf '\\n\\0'; } >>"$RECORD"
case "$*" in
*' -') cat >/dev/null ;; # who does not read what it is sent ends whoever sends it
*'{{.Id}}'*) echo sha256:0123456789abcdef ;;
version*) echo v3.17.3 ;;
run*) printf 'A={}\\nB=c\\n' ;;
esac
"""


def calls(folder: Path, script: str) -> list[list[str]]:
    """What a script calls, with the options that are lists of their own taken apart."""
    tools, record = folder.parent / "bin", folder.parent / "record"
    tools.mkdir(exist_ok=True)
    for name in ("docker", "helm", "kubectl", "kind", "minikube"):
        (tools / name).write_text(RECORDER)
        (tools / name).chmod(0o755)
    record.write_text("")
    env = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(folder), "RECORD": str(record)}
    login = {"CODEHUB_REGISTRY_USERNAME": "a", "CODEHUB_REGISTRY_PASSWORD": "b"}
    done = subprocess.run([folder / script], env=env | login, cwd=folder.parent, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = [call.split("\0")[:-1] for call in record.read_text().split("\n\0")[:-1]]
    return [[part for word in argv for part in taken_apart(word.replace(str(folder), "HOME"))] for argv in found]


GALLERY = "--build-arg=EXTENSIONS_GALLERY="


def taken_apart(word: str) -> list[str]:
    if word.startswith("--secret="):
        return next(csv.reader([word.removeprefix("--secret=")]))
    if word.startswith(GALLERY):
        return [str(part) for pair in json.loads(word.removeprefix(GALLERY)).items() for part in pair]
    return [word]


def written(folder: Path, chosen: Setup) -> Path:
    """The folder of a setup, with the company CA that its answers name."""
    folder.mkdir()
    files = render(chosen, Secrets().complete(chosen), {path: b"" for _, path in local_paths(chosen)})
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content.replace(b"PUT-THE-CLIENT-SECRET-HERE", b"x"))
        path.chmod(file.mode)
    (folder / chosen.build.ca_bundle).write_text("certificate")
    return folder


@pytest.mark.parametrize("base", [name for name in BASES if name != "local"])
@given(st.permutations(PIECES))
@settings(max_examples=2, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
def test_scripts_call_the_same(base: str, pieces: list[str]) -> None:
    hostile, harmless, tamed = twins(BASES[base], tuple(pieces))
    with tempfile.TemporaryDirectory() as place:
        bad, good = (written(Path(place, name), one) for name, one in (("bad", hostile), ("good", harmless)))
        before = {path.name for path in bad.iterdir()}
        for script in ("build.sh", "deploy.sh"):
            found = calls(bad, script)
            assert len(found) > 1
            assert tamed(found) == calls(good, script)
        assert {path.name for path in bad.iterdir()} - before <= {"images.yaml"}
        if (bad / "images.yaml").exists():
            pins = [yaml.safe_load((folder / "images.yaml").read_text()) for folder in (bad, good)]
            assert tamed(pins[0]) == pins[1]
        for script in {"backup.sh", "restore.sh"} & before:
            assert tamed((bad / script).read_text()) == (good / script).read_text()


@pytest.mark.tier("compose")
@pytest.mark.parametrize("base", ["letsencrypt", "certificate"])
def test_the_real_compose_reads_the_same(base: str, tmp_path: Path) -> None:
    # The review refuses a path with a ':' for what is mounted.
    hostile, harmless, tamed = twins(BASES[base], tuple(piece for piece in PIECES if ":" not in piece))
    docker = parts.program("docker")
    assert docker
    found = []
    for name, one in (("bad", hostile), ("good", harmless)):
        folder = written(tmp_path / name, one)
        for path in folder.glob("*.env"):
            path.write_text("A=b\n")
        argv = [str(docker), "compose", "--project-directory", str(folder), "config", "--format", "json"]
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", "HOME": "/h"}
        )
        assert done.returncode == 0, done.stderr
        # What it prints can be read again: a dollar sign is two.
        found.append(json.loads(done.stdout.replace(str(folder), "FOLDER").replace("$$", "$")))
    assert tamed(found[0]) == found[1]
