"""Building images with `docker buildx build`: one process per image, followed step by step.

What buildx prints and how it ends was measured on buildx 0.13 and 0.29; see wizard/tools/buildkit.py for the stream.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError, MissingError, StepFailed
from wizard.foreign import load_json
from wizard.reporting import Reporter
from wizard.scratch import scratch_folder
from wizard.tools import docker_engine, docker_errors, process
from wizard.tools.build_causes import DAEMON_LOST
from wizard.tools.build_failure import check_files, describe_failure
from wizard.tools.build_progress import BuildTracker
from wizard.tools.build_request import BuildRequest, BuildResult
from wizard.tools.buildkit import Decoder
from wizard.tools.buildkit_plain import PlainDecoder

RAWJSON_SINCE = (0, 12)
"""The first buildx with `--progress=rawjson`."""

_PROVENANCE_SINCE = (0, 10)
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)(?:\.(\d+))?")
_CREDENTIALS = re.compile(r"://[^/\s@]+@")
_SECRET_NAME = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL", re.IGNORECASE)
_PROGRAM_VARIABLES = re.compile(r"PATH|HOME|SHELL|DOCKER_.*|BUILDX_.*|BUILDKIT_.*|LD_.*|GO[A-Z]+")


async def version(env: Mapping[str, str] | None = None) -> tuple[int, ...] | None:
    """The version of the buildx plugin as numbers, or None when docker or the plugin is missing or broken."""
    try:
        answer = await process.run(["docker", "buildx", "version"], env=env, timeout=20)
    except CodehubError:
        return None
    match = _VERSION.search(answer.stdout) if answer.ok else None
    return tuple(int(part or 0) for part in match.groups()) if match else None


def arguments(request: BuildRequest, *, progress: str = "rawjson", metadata: Path | None = None) -> list[str]:
    """The command that builds the image.

    A build-arg whose value is or holds a credential is passed by its name alone, docker takes the value from
    the environment (see `environment`), so that it stands in no list of processes and no log.
    """
    options = ["docker", "buildx", "build", f"--progress={progress}", f"--file={request.dockerfile}"]
    options += [f"--builder={request.builder}"] if request.builder else []
    options += [f"--platform={','.join(request.platforms)}"] if request.platforms else []
    options += [f"--target={request.target}"] if request.target else []
    options += ["--pull"] if request.pull else []
    options += ["--no-cache"] if request.no_cache else []
    # Attestations turn the image into an index, which `kind load` and older tools cannot take.
    options += ["--provenance=false", "--push" if request.push else "--load"]
    options += [f"--metadata-file={metadata}"] if metadata else []
    options += [f"--tag={tag}" for tag in request.tags]
    options += [f"--label={key}={value}" for key, value in request.labels.items()]
    for key, value in request.args.items():
        options.append(f"--build-arg={key}" if is_secret(key, value) else f"--build-arg={key}={value}")
    options += [f"--secret=id={key},{_csv_field(f'src={path}')}" for key, path in request.secrets.items()]
    return [*options, str(request.context)]


def _csv_field(text: str) -> str:
    """A field of the comma-separated value that `--secret` takes."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text


def environment(request: BuildRequest) -> dict[str, str]:
    """The variables that the command of `arguments` needs; holds credentials, so never print it."""
    secret = {key: value for key, value in request.args.items() if is_secret(key, value)}
    # Without it buildx writes all build-args, proxy passwords too, into the metadata file.
    return {**request.env, **secret, "BUILDX_METADATA_PROVENANCE": "disabled"}


def is_secret(key: str, value: str) -> bool:
    """True for a build-arg that must not be seen: a URL with a user in it, or a name that says so."""
    if _PROGRAM_VARIABLES.fullmatch(key):
        return False
    return bool(value) and bool(_CREDENTIALS.search(value) or _SECRET_NAME.search(key))


async def build(
    request: BuildRequest, reporter: Reporter, found: tuple[int, ...], *, timeout: float | None = None
) -> BuildResult:
    """Build one image with the buildx of that version and report its steps as they go.

    `timeout` is in seconds. Raises MissingError without a daemon, StepFailed with the failing Dockerfile step, its
    last lines, the cause and a remedy otherwise. Cancelling stops the step on the daemon.
    """
    check_files(request)
    tracker = BuildTracker(reporter)
    rawjson = found >= RAWJSON_SINCE
    decoders: dict[str, Decoder | PlainDecoder] = {
        "out": Decoder() if rawjson else PlainDecoder(),
        "err": Decoder() if rawjson else PlainDecoder(),
    }

    def take(stream: str, chunk: bytes) -> None:
        for item in decoders[stream].feed(chunk):
            tracker.apply(item)

    with scratch_folder("build") as folder:
        metadata = Path(folder, "metadata.json")
        argv = arguments(request, progress="rawjson" if rawjson else "plain", metadata=metadata)
        if found < _PROVENANCE_SINCE:
            argv.remove("--provenance=false")
        code = await process.stream(argv, take, env=environment(request), timeout=timeout)
        for decoder in decoders.values():
            for item in decoder.finish():
                tracker.apply(item)
        tracker.finish(ok=code == 0)
        if code != 0:
            raise await _failure(request, tracker, code)
        return await _result(request, tracker, _metadata(metadata))


def _metadata(path: Path) -> dict[str, Any]:
    try:
        data = load_json(path.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


async def _result(request: BuildRequest, tracker: BuildTracker, metadata: Mapping[str, Any]) -> BuildResult:
    digest = str(metadata.get("containerimage.digest") or "")
    image_id = ""
    if not request.push and request.tags:
        loaded = await docker_engine.image(request.tags[0], request.env)
        if loaded is None:
            raise StepFailed(
                f"The {request.title} was built, but the Docker daemon does not have {request.tags[0]}.",
                why="The builder did not hand it over.",
                fix="Choose another builder with `docker buildx use NAME` (`docker buildx ls` lists them).",
            )
        image_id = loaded.id
    return BuildResult(
        image_id=image_id,
        digest=digest,
        tags=request.tags,
        steps=tracker.steps,
        cached_steps=tracker.cached_steps,
        clipped=tracker.clipped,
    )


async def _failure(request: BuildRequest, tracker: BuildTracker, code: int) -> CodehubError:
    failed = tracker.failure()
    final = tracker.final_error() or failed.error
    if DAEMON_LOST.search(final):
        lost = docker_errors.unreachable(docker_engine.endpoint(request.env), final)
        return MissingError(
            f"The {request.title} was not built: {lost.what}", why=lost.why, fix=lost.fix, address="docker-daemon"
        )
    return describe_failure(request.title, failed, final=final or f"docker buildx ended with exit code {code}.")
