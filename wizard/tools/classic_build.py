"""Docker's classic builder, through the docker SDK: for machines without the buildx plugin.

It builds plain Dockerfiles. What it cannot do is found before it starts, and said: secrets and mounts, several
platforms, pushing while building, builders. It also builds every stage that stands before the wanted one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wizard.errors import MissingError
from wizard.files import read_text
from wizard.reporting import Reporter
from wizard.tools import docker_engine
from wizard.tools.build_failure import check_files, describe_failure
from wizard.tools.build_progress import BuildTracker
from wizard.tools.build_request import BuildRequest, BuildResult
from wizard.tools.buildkit import Log, Message, Vertex
from wizard.tools.docker_stream import Record, follow, part

if TYPE_CHECKING:
    from docker import DockerClient

_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)", re.DOTALL)
_BUILT = re.compile(r"Successfully built ([0-9a-f]{12,64})")
_RED = "\x1b[91m"
_HOUSEKEEPING = re.compile(r"\s*(?:---> .*|Removing intermediate container \S+|Successfully (?:built|tagged) .*)?\s*")
_NEEDS_BUILDKIT = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"^\s*RUN\s+(?:--\w+=\S+\s+)*--(mount|network|security)=", "RUN --{}"),
        (r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*--(chmod|link|parents|exclude|checksum|keep-git-dir)\b", "--{}"),
        (r"^\s*(?:RUN|COPY|ADD)\b[^#\n]*<<-?[\"']?(\w+)", "a here-document (<<{})"),
    )
)


def needs_buildkit(dockerfile: str) -> list[str]:
    """What in a Dockerfile's text the classic builder does not know, as `line 12: RUN --mount`."""
    found = []
    for number, line in enumerate(_instructions(dockerfile), start=1):
        for pattern, name in _NEEDS_BUILDKIT:
            if match := pattern.search(line):
                found.append(f"line {number}: {name.format(match[1])}")
    return found


async def build(request: BuildRequest, reporter: Reporter) -> BuildResult:
    """Build one image with the classic builder.

    Raises MissingError when the request needs BuildKit or there is no daemon, StepFailed like buildx's build.
    Cancelling closes the connection, upon which the daemon stops the step.
    """
    check_files(request)
    _check(request)
    tracker = BuildTracker(reporter)
    records = _Records(tracker)

    def start(client: DockerClient) -> Iterable[Record]:
        from docker.errors import APIError

        try:
            yield from client.api.build(
                path=str(request.context),
                dockerfile=str(request.dockerfile.resolve()),
                tag=request.tags[0] if request.tags else None,
                buildargs=dict(request.args),
                labels=dict(request.labels),
                platform=request.platforms[0] if request.platforms else None,
                target=request.target,
                pull=request.pull,
                nocache=request.no_cache,
                rm=True,
                forcerm=True,
                decode=True,
            )
        except APIError as error:
            yield {"error": error.explanation or str(error)}

    finished = False
    try:
        await follow(start, records.take, env=request.env)
        finished = bool(records.image_id) and not records.error
    finally:
        records.end(ok=finished)
    if not finished:
        failed = tracker.failure()
        raise describe_failure(request.title, failed, final=records.error or "The connection to the daemon broke off.")
    for tag in request.tags[1:]:
        await docker_engine.tag(records.image_id, tag, request.env)
    image = await docker_engine.image(records.image_id, request.env)
    return BuildResult(
        image_id=image.id if image else records.image_id,
        digest="",
        tags=request.tags,
        steps=tracker.steps,
        cached_steps=tracker.cached_steps,
        builder="classic",
    )


def _check(request: BuildRequest) -> None:
    wants = needs_buildkit(read_text(request.dockerfile))
    wants += ["build secrets (build.ca_bundle)"] if request.secrets else []
    wants += ["several platforms"] if len(request.platforms) > 1 else []
    wants += ["pushing straight to a registry"] if request.push else []
    wants += [f"the builder {request.builder}"] if request.builder else []
    if wants:
        raise MissingError(
            f"The {request.title} cannot be built without docker buildx.",
            why="Docker's classic builder does not know what it needs: " + "; ".join(wants) + ".",
            fix="Install buildx (https://docs.docker.com/go/buildx/; Debian: `sudo apt install docker-buildx`).",
            address="buildx",
        )


def _instructions(text: str) -> list[str]:
    """The lines of a Dockerfile, each instruction joined on its first line, so that numbers stay true."""
    lines = [*text.splitlines(), ""]
    joined: list[str] = []
    first = None
    for index, line in enumerate(lines):
        joined.append("")
        if line.lstrip().startswith("#"):
            continue
        start = index if first is None else first
        continues = line.rstrip().endswith("\\")
        joined[start] += " " * (start != index) + line.rstrip().rstrip("\\")
        first = start if continues else None
    return joined


class _Records:
    """Turns the classic builder's records into the messages that a BuildTracker follows."""

    def __init__(self, tracker: BuildTracker) -> None:
        self._tracker = tracker
        self._name = ""
        self._cached = False
        self.image_id = ""
        self.error = ""

    def take(self, record: Record) -> None:
        """Take the daemon's next record."""
        if "error" in record:
            self.error = str(part(record, "errorDetail").get("message") or record["error"])
        elif "stream" in record:
            self._text(str(record["stream"]))
        elif identity := str(part(record, "aux").get("ID", "")):
            self.image_id = identity
        elif status := record.get("status"):
            self._tracker.apply(" ".join(filter(None, (str(record.get("id", "")), str(status)))))

    def end(self, *, ok: bool) -> None:
        """The build is over."""
        if ok or self.error:
            self._close(self.error)
        self._tracker.finish(ok=ok)

    def _text(self, text: str) -> None:
        if match := _STEP.fullmatch(text.rstrip()):
            self._close()
            self._name, self._cached = f"[{match[1]}/{match[2]}] {' '.join(match[3].split())}", False
            self._tracker.expect(int(match[2]))
            self._vertex()
        elif text.strip() == "---> Using cache":
            self._cached = True
        elif built := _BUILT.search(text):
            self.image_id = self.image_id or built[1]
        elif not _HOUSEKEEPING.fullmatch(text):
            stream = "err" if text.startswith(_RED) else "out"
            data = text.replace(_RED, "").replace("\x1b[0m", "").encode()
            self._tracker.apply(Message(logs=(Log(vertex=self._name, stream=stream, data=data),)))

    def _close(self, error: str = "") -> None:
        if self._name:
            self._vertex(completed=True, error=error)

    def _vertex(self, *, completed: bool = False, error: str = "") -> None:
        vertex = Vertex(
            digest=self._name,
            name=self._name,
            started=True,
            completed=completed,
            cached=self._cached,
            error=error,
        )
        self._tracker.apply(Message(vertexes=(vertex,)))
