"""docs/values.md has an entry for every value that codehub writes, and none for a value that it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.parts import ROOT
from tests.unit.render.setups import every_deployment, setup
from wizard.render.secrets import Secrets
from wizard.render.values import values
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers
from wizard.setup.questions import question, questions
from wizard.setup.store import with_settings

PAGE = (ROOT / "docs" / "values.md").read_text("utf-8")
ROWS = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
KEYS = [key for key, _, _ in ROWS]


def _setups() -> Iterator[Setup]:
    yield from every_deployment(target__verify="user")
    pulled = {"images__registry": "registry.example.org/acme", "target__pull_secret": "login"}
    yield setup(hub__storage__storage_class="fast", **pulled)
    yield setup(
        target__expose__kind="gateway", target__expose__host="h.example.org", target__expose__gateway="public",
        target__expose__gateway_namespace="gateways",
    )  # fmt: skip
    oidc = {
        f"hub__auth__oidc__{name}_url": f"https://id.example.org/{name}" for name in ("authorize", "token", "userdata")
    }
    yield setup(
        hub__auth__kind="oidc", hub__auth__organizations=["acme"], hub__auth__client_id="c",
        target__chart__version="3.3.8", **oidc,
    )  # fmt: skip


def _leaves(document: Mapping[str, object], path: str = "") -> Iterator[str]:
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield path + key


def _written() -> set[str]:
    found: set[str] = set()
    for one in _setups():
        found |= set(_leaves(values(one)))
        found |= set(_leaves(Secrets().complete(one).document))
    return found


def test_every_value_is_explained_and_every_explained_value_is_written() -> None:
    written = _written()
    assert sorted(key for key in written if not any(fnmatchcase(key, known) for known in KEYS)) == []
    assert sorted(known for known in KEYS if not any(fnmatchcase(key, known) for key in written)) == []


def test_each_is_explained_once_and_by_an_answer_that_exists() -> None:
    assert len(KEYS) == len(set(KEYS))
    for key, answer, why in ROWS:
        assert len(why) > 10, key
        assert answer == "—" or question(answer.strip("`")), f"{key}: {answer} is no answer"


_TEXTS = {
    "target.expose.host": "h.example.org", "target.expose.gateway": "public", "target.expose.issuer": "letsencrypt",
    "target.expose.tls_secret": "tls", "target.expose.ingress_class": "nginx", "images.registry": "r.example/acme",
    "hub.storage.storage_class": "fast", "target.pull_secret": "login", "hub.auth.client_id": "client",
    "hub.auth.callback_url": "https://h.example.org/hub/oauth_callback", "target.expose.node_port": "30080",
    "hub.auth.organizations": "acme", "target.chart.version": "3.3.8",
}  # fmt: skip
_CHOSEN = {one.path: [choice.value for choice in one.ask.choices] for one in questions() if one.kind == "choice"}
_CHOSEN |= {one.path: ["true", "false"] for one in questions() if one.kind == "bool"}
_CHOSEN |= {path: [text] for path, text in _TEXTS.items()}
del _CHOSEN["target.kind"]  # the page is about Kubernetes


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(sorted(_CHOSEN)), st.integers(0, 9), max_size=12))
def test_whatever_is_chosen_every_value_that_comes_of_it_is_explained(chosen: Mapping[str, int]) -> None:
    words = [f"{path}={_CHOSEN[path][number % len(_CHOSEN[path])]}" for path, number in chosen.items()]
    try:
        one = with_settings(Setup(), words)
    except InvalidAnswers:
        return
    written = {*_leaves(values(one)), *_leaves(Secrets().complete(one).document)}
    assert sorted(key for key in written if not any(fnmatchcase(key, known) for known in KEYS)) == []
