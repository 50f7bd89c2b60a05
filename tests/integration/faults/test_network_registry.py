"""`codehub apply` to a registry that refuses, limits, has a fault or breaks the push off; and the next apply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cli.conftest import Small
from tests.integration.faults.pushing import finishes, pushing
from tests.integration.main_job import outcomes
from tests.support.line import line_to
from tests.support.registry import Registry
from tests.support.registry_front import Front, Refusal, front_of

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "registry", "helm3"), pytest.mark.timeout(400)]

MANIFEST = r"PUT .*/manifests/"
UPLOAD = r"(POST|PATCH|PUT) .*/blobs/uploads/"


@pytest.fixture
def front(registry: Registry) -> Iterator[Front]:
    """A front before the session's registry."""
    with front_of(registry) as running:
        yield running


def notices(events: list[dict[str, Any]]) -> list[str]:
    """What a run told besides output."""
    return [event["text"] for event in events if event["event"] == "notice"]


@pytest.mark.parametrize(
    ("refusal", "said", "tried"),
    [
        (Refusal(401, UPLOAD, code="UNAUTHORIZED"), "docker login {address}", False),
        (Refusal(403, UPLOAD, code="DENIED"), "images.registry", False),
        (Refusal(500, MANIFEST), "registry's log", True),
        (Refusal(429, MANIFEST, code="TOOMANYREQUESTS", headers={"Retry-After": "2"}), "Wait a while", True),
    ],
    ids=["401", "403", "500", "429"],
)
def test_a_registry_that_refuses(
    small: Small, front: Front, registry: Registry, refusal: Refusal, said: str, *, tried: bool
) -> None:
    name = pushing(small, front.address)
    front.refusals.append(refusal)
    done = small.run("apply", "--yes", "--progress", "json")
    reference = f"{front.address}/{name}:1.0.0"
    done.refused(1, f"Error: {reference} could not be pushed.", said.format(address=front.address), "log: ")
    ended = outcomes(done.events)
    assert (ended["build-notebook"], ended["deliver-notebook"], ended["deploy"]) == ("done", "failed", "cancelled")
    again = [text for text in notices(done.events) if "is tried again" in text]
    assert len(again) == (3 if tried else 0), "what may pass by itself is tried four times, the rest once"
    assert all(reference in text for text in again)
    front.refusals.clear()
    finishes(small, registry, name)


def test_faults_that_pass_do_not_end_the_run(small: Small, front: Front, registry: Registry) -> None:
    name = pushing(small, front.address)
    limit = Refusal(429, MANIFEST, times=1, code="TOOMANYREQUESTS", headers={"Retry-After": "1"})
    front.refusals.extend([Refusal(500, MANIFEST, times=1), limit])
    done = small.run("apply", "--yes", "--progress", "json")
    assert done.code == 0, done.err
    assert len(front.refused) == 2
    again = [re.sub(r" is tried.*", "", text) for text in notices(done.events) if "is tried again" in text]
    assert again == [f"The push of {front.address}/{name}:1.0.0"] * 2
    assert registry.tags(name) == ["1.0.0"]


def test_a_push_that_is_cut_in_the_middle_of_a_layer(small: Small, registry: Registry) -> None:
    """Once, and the daemon sends it again; then the line breaks each time, and the next apply finishes."""
    with line_to(int(registry.address.rpartition(":")[2])) as line:
        name = pushing(small, line.address)
        line.cut_in_passing(100_000)
        done = small.run("apply", "--yes", "--progress", "json")
        assert done.code == 0, done.err
        assert line.carried > 350_000, "it was cut in the middle of the layer"
        assert registry.tags(name) == ["1.0.0"]

        other = pushing(small, line.address)
        line.cut_in_passing(*[100_000] * 1000)
        failed = small.run("apply", "--yes", "--progress", "json")
        assert failed.code in {1, 3}
        failed.refused(failed.code, f"Error: {line.address}/{other}:1.0.0 could not be pushed.", "log: ")
        assert outcomes(failed.events)["deliver-notebook"] == "failed"
        line.forget_cuts()
        finishes(small, registry, other)
