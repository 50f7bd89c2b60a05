"""Images built as codehub builds them: from answers, by the renderer and the engine's builder."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import parts
from tests.support.recorder import Recorder
from wizard.render.buildargs import image_builds
from wizard.reporting import TaskState
from wizard.run.local_files import absolute, read_local_files
from wizard.setup.model import Setup
from wizard.tools import image_build
from wizard.tools.build_request import BuildRequest

NPM_VERSION = "v4.139.1"
"""The code-server that most tests have in their images: compiled once, then out of BuildKit's cache."""

PREFIX = "codehub-test-images"


@dataclass(frozen=True)
class Built:
    """An image that was built, and how that went."""

    reference: str
    seconds: float
    recorder: Recorder

    @property
    def output(self) -> str:
        """Everything that the steps printed."""
        return "\n".join(self.recorder.text())

    def cached(self, words: str) -> bool:
        """Whether every step whose name has these words was taken from the cache; fails if there is none."""
        names = {seen.task: seen.name for seen in self.recorder.tasks}
        states = [state for task, state in self.recorder.last().items() if words in names[task]]
        assert states, f"no step has {words!r} in its name: {sorted(set(names.values()))}"
        return all(state is TaskState.CACHED for state in states)


def answers(folder: Path, base: str, **parts_of_setup: Mapping[str, Any]) -> Setup:
    """Answers for an image that this machine can build; each keyword is a part such as code_server={...}."""
    ca = parts.company_ca()
    given: dict[str, dict[str, Any]] = {
        "code_server": {"version": NPM_VERSION, "method": "npm"},
        "images": {"notebook": {"base": base, "name": f"{PREFIX}/{folder.name.lower()}"}},
        "build": {"ca_bundle": str(ca) if ca else ""},
    }
    for name, changes in parts_of_setup.items():
        given[name] = _merged(given.get(name, {}), changes)
    return Setup.model_validate(given)


def build_request(
    folder: Path, setup: Setup, *, image: str = "notebook", target: str = "", reference: str = ""
) -> BuildRequest:
    """Write the Dockerfile and context of one image below `folder`; what the engine is then asked to build."""
    made = image_builds(setup, read_local_files(setup, folder))[image]
    context = folder / made.context
    for path, content in made.files.items():
        file = context / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755 if content[:2] == b"#!" else 0o644)
    (folder / made.dockerfile).write_text(made.text, encoding="utf-8")
    return BuildRequest(
        title=f"{image} image",
        dockerfile=folder / made.dockerfile,
        context=context,
        tags=(reference or made.reference,),
        args=made.args,
        secrets={name: absolute(folder, path) for name, path in made.secrets.items()},
        target=target,
    )


def carry_out(request: BuildRequest) -> Built:
    """Build by the engine; raises StepFailed as it does."""
    recorder = Recorder()
    start = time.monotonic()
    asyncio.run(image_build.build(request, recorder))
    return Built(request.tags[0], time.monotonic() - start, recorder)


def build(folder: Path, setup: Setup, *, image: str = "notebook", target: str = "", reference: str = "") -> Built:
    """Write the files of one image and build it."""
    return carry_out(build_request(folder, setup, image=image, target=target, reference=reference))


def docker(*arguments: str, seconds: float = 120, check: bool = True) -> str:
    """What the docker client prints for these arguments; its errors are in the failure's message."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=False)
    if check and done.returncode:
        raise AssertionError(f"docker {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + ("" if check else done.stderr)


def in_image(reference: str, script: str, *options: str, check: bool = True) -> str:
    """What a shell script prints in a container of the image, as the image's user and through its entry point."""
    return docker("run", "--rm", *options, reference, "sh", "-euc", script, check=check)


def inspect(reference: str) -> dict[str, Any]:
    """The image as Docker describes it."""
    described: list[dict[str, Any]] = json.loads(docker("image", "inspect", reference))
    return described[0]


def _merged(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(ours)
    for name, value in theirs.items():
        both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping) and name != "args"
        result[name] = _merged(result[name], value) if both else value
    return result
