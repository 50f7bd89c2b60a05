"""Images to and from a registry, through the Docker daemon: push, pull, and is it there."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wizard.errors import CodehubError, MissingError
from wizard.reporting import Reporter, TaskState
from wizard.text import clean, without_credentials
from wizard.tools import docker_engine
from wizard.tools.docker_stream import Record, count, follow, part
from wizard.tools.registry_errors import RETRIED, Refusal, classify, refusal_error

if TYPE_CHECKING:
    from docker import DockerClient

_DIGEST = re.compile(r"[Dd]igest: (sha256:[0-9a-f]{64})")
_LAYER = re.compile(r"[0-9a-f]{12,64}|sha256:[0-9a-f]{64}")
_ENDS = {
    "Pushed": TaskState.DONE,
    "Pull complete": TaskState.DONE,
    "Download complete": TaskState.RUNNING,
    "Layer already exists": TaskState.CACHED,
    "Already exists": TaskState.CACHED,
}

ATTEMPTS = 4
"""How often a push or pull is tried in all; the pauses between are 1, 2 and 4 seconds."""

_PATIENCE = 45.0
"""Seconds without another layer having arrived after which nothing is tried again: the daemon has then repeated what
it could not send by itself, several times."""


@dataclass(frozen=True, kw_only=True)
class Transferred:
    """A finished push or pull: `digest` is the manifest's in the registry, by which a cluster should pull it."""

    reference: str
    digest: str
    layers: int
    layers_present: int

    @property
    def pinned(self) -> str:
        """The reference by digest, `registry/name@sha256:…`."""
        return f"{docker_engine.split_tag(self.reference)[0]}@{self.digest}"


class Presence(StrEnum):
    """Whether a registry has an image, as far as can be said."""

    PRESENT = "present"
    ABSENT = "absent"
    DENIED = "denied"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """The answer to "does the registry have it"; `reason` is the registry's or the daemon's message when not."""

    presence: Presence
    digest: str = ""
    platforms: tuple[str, ...] = ()
    reason: str = ""


async def push(
    reference: str, reporter: Reporter, *, env: Mapping[str, str] | None = None, attempts: int = ATTEMPTS
) -> Transferred:
    """Push one tag of an image, with the docker CLI's credentials, and report each layer's bytes.

    What may pass by itself (the network, the registry's 5xx and 429) is tried again up to `attempts` times in all.
    Raises CodehubError with the cause and a remedy: MissingError when the registry or the daemon cannot be
    reached, StepFailed otherwise. Cancelling ends the transfer within a second.
    """
    repository, tag = docker_engine.split_tag(reference)

    def start(client: DockerClient) -> Iterable[Record]:
        records: Iterable[Record] = client.api.push(repository, tag=tag, stream=True, decode=True)
        return records

    return await _transfer("push", f"{repository}:{tag}", start, reporter, env, attempts)


async def pull(
    reference: str,
    reporter: Reporter,
    *,
    platform: str = "",
    env: Mapping[str, str] | None = None,
    attempts: int = ATTEMPTS,
) -> Transferred:
    """Pull one tag of an image; like `push` in everything else."""
    repository, tag = docker_engine.split_tag(reference)

    def start(client: DockerClient) -> Iterable[Record]:
        records: Iterable[Record] = client.api.pull(
            repository, tag=tag, stream=True, decode=True, platform=platform or None
        )
        return records

    return await _transfer("pull", f"{repository}:{tag}", start, reporter, env, attempts)


async def lookup(reference: str, *, env: Mapping[str, str] | None = None, timeout: float = 20.0) -> Lookup:
    """Ask the registry, through the daemon, for an image; never raises for the registry's sake.

    `timeout` is in seconds; MissingError when there is no daemon.
    """
    found: list[Record] = []

    def start(client: DockerClient) -> Iterable[Record]:
        from docker.errors import APIError, DockerException

        try:
            answer: dict[str, Any] = client.images.get_registry_data(reference).attrs
        except APIError as error:
            return [{"error": error.explanation or str(error), "status": error.status_code}]
        except DockerException as error:
            return [{"error": str(error)}]
        return [answer]

    try:
        async with asyncio.timeout(timeout):
            await follow(start, found.append, env=env)
    except TimeoutError:
        return Lookup(presence=Presence.UNREACHABLE, reason=f"No answer within {timeout:g} seconds.")
    return _lookup(found[0] if found else {"error": "The daemon gave no answer."})


def _lookup(answer: Record) -> Lookup:
    if "error" not in answer:
        platforms = tuple(
            "/".join(filter(None, (item.get("os"), item.get("architecture"), item.get("variant"))))
            for item in answer.get("Platforms") or ()
        )
        digest = str((answer.get("Descriptor") or {}).get("digest", ""))
        return Lookup(presence=Presence.PRESENT, digest=digest, platforms=platforms)
    reason = without_credentials(clean(" ".join(str(answer["error"]).split())))
    refusal = classify(reason)
    if refusal is Refusal.ABSENT or (answer.get("status") == 404 and refusal is Refusal.OTHER):
        return Lookup(presence=Presence.ABSENT, reason=reason)
    if refusal in {Refusal.LOGIN, Refusal.DENIED} or answer.get("status") in {401, 403}:
        return Lookup(presence=Presence.DENIED, reason=reason)
    return Lookup(presence=Presence.UNREACHABLE, reason=reason)


async def _transfer(
    action: str,
    reference: str,
    start: Callable[[DockerClient], Iterable[Record]],
    reporter: Reporter,
    env: Mapping[str, str] | None,
    attempts: int,
) -> Transferred:
    moved = time.monotonic()
    for attempt in range(1, attempts + 1):
        layers = _Layers(reporter)
        message = await _once(start, layers, env)
        moved = max(moved, layers.moved)
        if not message and layers.digest:
            return Transferred(
                reference=reference,
                digest=layers.digest,
                layers=layers.count,
                layers_present=layers.present,
            )
        message = message or f"The {action} ended without a digest: the connection to the daemon broke off."
        patient = attempt < attempts and time.monotonic() - moved < _PATIENCE
        if not patient or classify(message) not in RETRIED:
            layers.abort()
            raise refusal_error(action, reference, _registry(reference), message)
        pause = 2 ** (attempt - 1)
        said = without_credentials(clean(message))
        reporter.notice(
            f"The {action} of {reference} is tried again in {pause} s ({attempt + 1} of {attempts}): {said}"
        )
        await asyncio.sleep(pause)
    raise ValueError("attempts must be at least 1")


async def _once(
    start: Callable[[DockerClient], Iterable[Record]], layers: _Layers, env: Mapping[str, str] | None
) -> str:
    """Try once; returns the message of what went wrong, or nothing."""

    def begin(client: DockerClient) -> Iterable[Record]:
        from docker.errors import APIError, DockerException

        try:
            yield from start(client)
        except APIError as error:
            yield {"error": error.explanation or str(error)}
        except DockerException as error:
            yield {"credentials": str(error)}

    try:
        await follow(begin, layers.take, env=env)
    except asyncio.CancelledError:
        layers.abort(TaskState.CANCELLED)
        raise
    return layers.error


class _Layers:
    """Follows the layers of one transfer and reports each change."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._bytes: dict[str, tuple[int, int]] = {}
        self._states: dict[str, TaskState] = {}
        self.digest = ""
        self.error = ""
        self.moved = 0.0
        """The monotonic clock when a layer arrived last; 0 when none has."""

    @property
    def count(self) -> int:
        return len(self._states)

    @property
    def present(self) -> int:
        """How many layers were there already."""
        return sum(1 for state in self._states.values() if state is TaskState.CACHED)

    def take(self, record: Record) -> None:
        """Take the daemon's next record."""
        if "credentials" in record:
            raise _credentials_error(str(record["credentials"]))
        if "error" in record:
            self.error = str(part(record, "errorDetail").get("message") or record["error"])
            return
        status = str(record.get("status", ""))
        if digest := str(part(record, "aux").get("Digest", "")):
            self.digest = digest
        elif match := _DIGEST.search(status):
            # A containerd store sends no aux record; its last status line names the digest.
            self.digest = match[1]
        layer = str(record.get("id", ""))
        if _LAYER.fullmatch(layer):
            self._layer(layer, status, part(record, "progressDetail"))
        elif status:
            self._reporter.lines([status])

    def abort(self, state: TaskState = TaskState.FAILED) -> None:
        """The transfer is over without success: nothing is running any more."""
        for layer, current in self._states.items():
            if current is TaskState.RUNNING:
                self._report(layer, state, "")

    def _layer(self, layer: str, status: str, detail: Mapping[str, Any]) -> None:
        known = self._bytes.get(layer, (0, 0))
        state = TaskState.CACHED if status.startswith("Mounted from") else _ENDS.get(status, TaskState.RUNNING)
        if detail.get("total") or detail.get("current"):
            # The total is the daemon's guess before compressing; what was sent may pass it.
            current = count(detail.get("current"))
            self._bytes[layer] = (current, max(count(detail.get("total")), current))
        elif state is TaskState.DONE or status == "Download complete":
            self._bytes[layer] = (known[1], known[1])
        if self._states.get(layer) is state and self._bytes.get(layer, (0, 0)) == known:
            return
        if state is TaskState.DONE and self._states.get(layer) is not state:
            self.moved = time.monotonic()
        self._states[layer] = state
        self._report(layer, state, status)
        if self._bytes:
            done, total = (sum(column) for column in zip(*self._bytes.values(), strict=True))
            self._reporter.progress(done, total, "bytes")

    def _report(self, layer: str, state: TaskState, status: str) -> None:
        current, total = self._bytes.get(layer, (0, 0))
        self._reporter.task(
            layer[:19], f"layer {layer[:19]}", state, current=current, total=total, unit="bytes", detail=status
        )


def _registry(reference: str) -> str:
    head, slash, _ = reference.partition("/")
    return head if slash and ("." in head or ":" in head or head == "localhost") else "docker.io"


def _credentials_error(message: str) -> CodehubError:
    return MissingError(
        "The docker CLI's credentials could not be read.",
        why=without_credentials(clean(message)),
        fix="Check credsStore and credHelpers in ~/.docker/config.json: the program docker-credential-NAME must be "
        "installed. Then run `docker login` again.",
        address="docker-config",
    )
