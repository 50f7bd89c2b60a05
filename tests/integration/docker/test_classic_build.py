"""The fallback for machines without buildx, on the real daemon."""

import asyncio

import pytest

from tests.integration.docker.conftest import MakeRequest, docker
from tests.integration.docker.helpers import cancel, processes_with, until
from tests.support.recorder import Recorder
from wizard.errors import MissingError, StepFailed
from wizard.reporting import TaskState
from wizard.tools import buildx, classic_build, image_build

pytestmark = [pytest.mark.tier("docker", "base_image"), pytest.mark.usefixtures("no_buildx")]


async def test_without_buildx_the_classic_builder_is_used_and_said(
    make_request: MakeRequest, recorder: Recorder, image_name: str
) -> None:
    assert await buildx.version() is None
    request = make_request(
        "ARG WORD=none",
        "RUN echo $WORD > /word; echo said $WORD; echo wrong >&2",
        args={"WORD": "classic"},
        tags=(f"{image_name}:1", f"{image_name}:2"),
    )
    built = await image_build.build(request, recorder)
    assert any("classic builder" in text for _, text in recorder.notices)
    assert built.builder == "classic"
    assert built.image_id == docker("image", "inspect", "--format", "{{.Id}}", f"{image_name}:2")
    assert docker("run", "--rm", built.image_id, "cat", "/word") == "classic"
    assert (
        docker("image", "inspect", "--format", '{{index .Config.Labels "codehub.test"}}', built.image_id) == image_name
    )
    assert ("4/5", "out", "said classic") in recorder.output
    assert ("4/5", "err", "wrong") in recorder.output
    assert recorder.steps[0] == (0, 6, "steps")
    assert recorder.steps[-1] == (6, 6, "steps")
    again = Recorder()
    rebuilt = await image_build.build(request, again)
    assert rebuilt.cached_steps == rebuilt.steps == 5
    assert again.last()["4/5"] is TaskState.CACHED


async def test_a_failing_step_is_named(make_request: MakeRequest, recorder: Recorder) -> None:
    with pytest.raises(StepFailed) as caught:
        await classic_build.build(make_request("RUN echo about to fail; exit 7"), recorder)
    assert "[3/4] RUN echo about to fail; exit 7" in caught.value.what
    assert "exit code 7" in caught.value.why
    assert "  about to fail" in caught.value.why
    assert recorder.last()["3/4"] is TaskState.FAILED


async def test_what_it_cannot_do_is_said_before_it_starts(make_request: MakeRequest, recorder: Recorder) -> None:
    request = make_request("RUN --mount=type=secret,id=ca true", platforms=("linux/amd64", "linux/arm64"))
    with pytest.raises(MissingError) as caught:
        await image_build.build(request, recorder)
    assert "line 3: RUN --mount" in caught.value.why
    assert "several platforms" in caught.value.why
    assert "Install buildx" in caught.value.fix
    assert not recorder.tasks


async def test_cancel_stops_the_step_on_the_daemon(make_request: MakeRequest, recorder: Recorder) -> None:
    task: asyncio.Task[object] = asyncio.create_task(classic_build.build(make_request("RUN sleep 7254.5"), recorder))
    await until(lambda: processes_with("sleep 7254.5"), "the step")
    assert await cancel(task) < 20
    await until(lambda: not processes_with("sleep 7254.5"), "the end of the step on the daemon", seconds=30)
    assert recorder.last()["3/4"] is TaskState.CANCELLED


async def test_no_daemon(make_request: MakeRequest, recorder: Recorder) -> None:
    with pytest.raises(MissingError, match="does not answer"):
        await image_build.build(make_request(env={"DOCKER_HOST": "tcp://127.0.0.1:1"}), recorder)
