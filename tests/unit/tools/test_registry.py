"""The streams of pushes and pulls, and what registries say when they refuse."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.build_samples import CAPTURES
from tests.support.recorder import Recorder
from wizard.errors import ExitCode
from wizard.reporting import TaskState
from wizard.tools.registry import Presence, _Layers, _lookup
from wizard.tools.registry_errors import RETRIED, Refusal, classify, refusal_error

DIGEST = "sha256:" + "a1" * 32


def layers_of(records: list[Mapping[str, Any]]) -> tuple[_Layers, Recorder]:
    recorder = Recorder()
    layers = _Layers(recorder)
    for record in records:
        layers.take(record)
    return layers, recorder


@pytest.mark.tier("shared")
def test_a_recorded_push() -> None:
    records = [json.loads(line) for line in Path(CAPTURES, "push-2010.jsonl").read_text().splitlines()]
    layers, seen = layers_of(records)
    assert layers.digest == "sha256:a91eeb0b45ed03a970717eb06b92de04270b078d309112f00004265642b956b9"
    assert seen.last() == {"f11429ff4557": TaskState.DONE}
    assert (seen.tasks[-1].current, seen.tasks[-1].total) == (203_796_480, 203_796_480)
    assert all(item.current <= item.total for item in seen.tasks), "what was sent passes the daemon's guess"
    assert seen.steps[-1][0] == seen.steps[-1][1]


def test_a_containerd_store_names_the_digest_in_its_last_line_only() -> None:
    layer = "sha256:" + "b2" * 32
    layers, seen = layers_of(
        [
            {"status": "The push refers to repository [ghcr.io/a/b]"},
            {"status": "Pushing", "progressDetail": {"current": 5, "total": 10}, "id": layer},
            {"status": "Pushed", "progressDetail": {"hidecounts": True}, "id": layer},
            {"status": f"1.0: digest: {DIGEST} size: 1234"},
        ]
    )
    assert layers.digest == DIGEST
    assert list(seen.last().values()) == [TaskState.DONE]


def test_layers_that_are_there_already() -> None:
    layers, seen = layers_of(
        [
            {"status": "Layer already exists", "id": "0123456789ab"},
            {"status": "Mounted from a/b", "id": "1123456789ab"},
        ]
    )
    assert set(seen.last().values()) == {TaskState.CACHED}
    assert (layers.count, layers.present) == (2, 2)


def test_the_detailed_message_of_an_error_is_kept() -> None:
    layers, _ = layers_of([{"errorDetail": {"message": "denied: no"}, "error": "x"}, {"status": "late"}])
    assert layers.error == "denied: no"


_JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=10)
_RECORD = st.dictionaries(
    st.sampled_from(["status", "id", "error", "stream"]), st.text(max_size=20)
) | st.fixed_dictionaries(
    {"id": st.just("0123456789ab"), "status": st.text(max_size=9)},
    optional={"progressDetail": st.dictionaries(st.sampled_from(["current", "total"]), st.integers(0, 10**12))},
)


@given(st.lists(_RECORD, max_size=12))
def test_whatever_comes_progress_stays_sane(records: list[Mapping[str, Any]]) -> None:
    _, seen = layers_of(records)
    assert all(0 <= current <= total for current, total, _ in seen.steps)


@pytest.mark.parametrize(
    "message, refusal",
    [
        ("no basic auth credentials", Refusal.LOGIN),
        ("unauthorized: authentication required", Refusal.LOGIN),
        ("denied: requested access to the resource is denied", Refusal.DENIED),
        ("pull access denied for x, repository does not exist or may require 'docker login'", Refusal.DENIED),
        ("name unknown: The repository with name 'x' does not exist in the registry with id '1'", Refusal.ABSENT),
        ("manifest unknown: manifest unknown", Refusal.ABSENT),
        ("manifest for h/a:9 not found: manifest unknown: manifest unknown", Refusal.ABSENT),
        ("toomanyrequests: You have reached your pull rate limit", Refusal.LIMIT),
        ("received unexpected HTTP status: 500 Internal Server Error", Refusal.SERVER),
        ("received unexpected HTTP status: 502 Bad Gateway", Refusal.SERVER),
        ('Get "https://h/v2/": dial tcp: lookup h: no such host', Refusal.UNREACHABLE),
        ('Get "https://h/v2/": dial tcp 10.0.0.1:443: i/o timeout', Refusal.UNREACHABLE),
        ('Get "https://h/v2/": net/http: TLS handshake timeout', Refusal.UNREACHABLE),
        ("Get https://h/v2/: x509: certificate signed by unknown authority", Refusal.CERTIFICATE),
        ('Get "https://h/v2/": http: server gave HTTP response to HTTPS client', Refusal.PLAIN_HTTP),
        ("error parsing HTTP 413 response body: invalid character '<'", Refusal.SIZE),
        ("An image does not exist locally with the tag: h/a", Refusal.LOCAL),
        ("No such image: h/a:1", Refusal.LOCAL),
        ("write /var/lib/docker/tmp/x: no space left on device", Refusal.NO_SPACE),
        ("something else entirely", Refusal.OTHER),
    ],
)
def test_messages_are_told_apart(message: str, refusal: Refusal) -> None:
    assert classify(message) is refusal
    error = refusal_error("push", "h/a:1", "h", message)
    assert error.fix
    assert message[:20] in error.why
    assert (error.exit_code is ExitCode.MISSING) == (refusal is Refusal.UNREACHABLE)


def test_a_refused_login_is_never_tried_again() -> None:
    assert not RETRIED & {Refusal.LOGIN, Refusal.DENIED, Refusal.ABSENT, Refusal.LOCAL, Refusal.CERTIFICATE}


@given(st.text(max_size=200))
def test_any_message_makes_an_error_without_url_passwords(message: str) -> None:
    error = refusal_error("pull", "h/a:1", "h", f"{message} https://me:hunter2@h/v2/")
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    "answer, presence",
    [
        ({"Descriptor": {"digest": DIGEST}, "Platforms": [{"os": "linux", "architecture": "amd64"}]}, Presence.PRESENT),
        ({"error": "manifest unknown: manifest unknown", "status": 404}, Presence.ABSENT),
        ({"error": "errors: denied: requested access", "status": 403}, Presence.DENIED),
        ({"error": "errors: unauthorized: authentication required", "status": 401}, Presence.DENIED),
        ({"error": "dial tcp: connect: connection refused", "status": 500}, Presence.UNREACHABLE),
    ],
)
def test_lookups(answer: Mapping[str, Any], presence: Presence) -> None:
    assert _lookup(answer).presence is presence
