"""Real builds with buildx on the real daemon."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.docker.conftest import MakeRequest, docker
from tests.integration.docker.helpers import SocketProxy, cancel, manifest_digest, processes_with, until
from tests.support.recorder import Recorder
from tests.support.registry import Registry
from wizard.errors import ExitCode, MissingError, StepFailed
from wizard.reporting import TaskState
from wizard.tools import buildx, image_build

pytestmark = pytest.mark.tier("docker", "buildx", "base_image")


async def test_version_is_known() -> None:
    found = await buildx.version()
    assert found is not None
    assert found >= (0, 8)


async def test_an_image_is_built_and_built_again_from_the_cache(
    make_request: MakeRequest, image_name: str, recorder: Recorder
) -> None:
    request = make_request(
        "ARG GREETING",
        'RUN echo "$GREETING" > /greeting; echo "said $GREETING"',
        tags=(f"{image_name}:1", f"{image_name}:latest"),
        args={"GREETING": "good morning"},
        labels={"org.example.team": "a b"},
    )
    built = await image_build.build(request, recorder)
    assert built.image_id == docker("image", "inspect", "--format", "{{.Id}}", f"{image_name}:latest")
    assert (
        docker("image", "inspect", "--format", '{{index .Config.Labels "org.example.team"}}', built.image_id) == "a b"
    )
    assert docker("run", "--rm", built.image_id, "cat", "/greeting") == "good morning"
    assert "said good morning" in recorder.text("3/3")
    assert recorder.steps[-1] == (4, 4, "steps")
    assert (built.steps, built.clipped, built.builder) == (3, False, "buildx")
    assert built.cached_steps < built.steps

    again = Recorder()
    rebuilt = await image_build.build(request, again)
    assert rebuilt.image_id == built.image_id
    assert rebuilt.cached_steps == rebuilt.steps == 3
    assert again.last()["3/3"] is TaskState.CACHED


async def test_a_failing_step_is_named_with_its_last_lines(make_request: MakeRequest, recorder: Recorder) -> None:
    request = make_request("RUN echo before; echo 'E: Unable to locate package libfoo' >&2; exit 100")
    with pytest.raises(StepFailed) as caught:
        await image_build.build(request, recorder)
    text = str(caught.value)
    assert "notebook image failed to build at [3/3] RUN echo before" in text
    assert "libfoo" in caught.value.why
    assert "  E: Unable to locate package libfoo" in text
    assert "code_server.packages" in caught.value.fix
    assert recorder.last()["3/3"] is TaskState.FAILED


@pytest.mark.parametrize(
    "instructions, expected",
    [
        (("RUNN true",), "unknown instruction"),
        (("COPY missing.txt /",), "missing.txt"),
        (("RUN nosuchcommand",), "nosuchcommand"),
    ],
)
async def test_mistakes_in_a_dockerfile(
    make_request: MakeRequest, recorder: Recorder, instructions: tuple[str, ...], expected: str
) -> None:
    with pytest.raises(StepFailed) as caught:
        await image_build.build(make_request(*instructions), recorder)
    assert expected in caught.value.why


async def test_a_base_image_that_cannot_be_found(make_request: MakeRequest, recorder: Recorder) -> None:
    request = make_request()
    request.dockerfile.write_text("FROM 127.0.0.1:1/nobody/nothing:1\n")
    with pytest.raises(StepFailed) as caught:
        await image_build.build(request, recorder)
    assert "127.0.0.1:1/nobody/nothing:1 could not be reached" in caught.value.why
    assert "docker image ls" in caught.value.fix


async def test_files_that_are_not_there_are_named_before_anything_runs(
    make_request: MakeRequest, recorder: Recorder, tmp_path: Path
) -> None:
    missing = tmp_path / "ca.pem"
    with pytest.raises(StepFailed, match=r"ca\.pem is not there"):
        await image_build.build(make_request(secrets={"ca": missing}), recorder)
    with pytest.raises(StepFailed, match=r"Dockerfile .* is not there"):
        await image_build.build(make_request(dockerfile=tmp_path / "nothing"), recorder)
    assert not recorder.tasks


async def test_a_builder_that_does_not_exist(make_request: MakeRequest, recorder: Recorder) -> None:
    with pytest.raises(StepFailed) as caught:
        await image_build.build(make_request(builder="nobody"), recorder)
    assert "no buildx builder called nobody" in caught.value.why


async def test_cancel_stops_the_step_on_the_daemon(make_request: MakeRequest, recorder: Recorder) -> None:
    task: asyncio.Task[object] = asyncio.create_task(image_build.build(make_request("RUN sleep 7251.5"), recorder))
    await until(lambda: processes_with("sleep 7251.5") and "3/3" in recorder.last(), "the step")
    assert await cancel(task) < 20
    await until(lambda: not processes_with("7251.5"), "the end of the step on the daemon", seconds=30)


async def test_a_time_out_stops_it_too(make_request: MakeRequest, recorder: Recorder) -> None:
    with pytest.raises(StepFailed, match="did not finish within 3 seconds"):
        await image_build.build(make_request("RUN sleep 7252.5"), recorder, timeout=3)
    await until(lambda: not processes_with("7252.5"), "the end of the step on the daemon", seconds=30)


async def test_a_secret_is_there_in_its_step_and_nowhere_afterwards(
    make_request: MakeRequest, recorder: Recorder, tmp_path: Path, image_name: str
) -> None:
    secret = tmp_path / "a, folder" / "ca.pem"
    secret.parent.mkdir()
    secret.write_text("very-secret-7391")
    request = make_request("RUN --mount=type=secret,id=ca wc -c < /run/secrets/ca > /size", secrets={"ca": secret})
    built = await image_build.build(request, recorder)
    assert docker("run", "--rm", built.image_id, "cat", "/size") == "16"
    assert "very-secret" not in docker("history", "--no-trunc", built.image_id)
    archive = tmp_path / "image.tar"
    docker("save", "--output", str(archive), f"{image_name}:1")
    assert b"very-secret-7391" not in archive.read_bytes()


async def test_a_password_in_a_build_arg_stands_in_no_list_of_processes(
    make_request: MakeRequest, recorder: Recorder
) -> None:
    args = {"HTTP_PROXY": "http://me:hunter2-4711@127.0.0.1:9", "NPM_TOKEN": "hunter2-4711", "PLAIN": "seen"}
    request = make_request("RUN echo $HTTP_PROXY | wc -c > /length; sleep 1", args=args)
    assert "hunter2-4711" not in " ".join(buildx.arguments(request))
    assert "--build-arg=PLAIN=seen" in buildx.arguments(request)
    seen: list[str] = []
    task = asyncio.create_task(image_build.build(request, recorder))
    while not task.done():
        seen += processes_with("hunter2-4711")
        await asyncio.sleep(0.1)
    built = await task
    assert not seen
    assert docker("run", "--rm", built.image_id, "cat", "/length") == str(len(args["HTTP_PROXY"]) + 1)
    assert "hunter2-4711" not in docker("history", "--no-trunc", built.image_id)


async def test_much_output_is_followed_and_clipping_is_told(make_request: MakeRequest, recorder: Recorder) -> None:
    request = make_request("RUN seq -f 'line %.0f of much output' 1 200000")
    built = await image_build.build(request, recorder)
    assert built.clipped
    assert any("shows only part" in text for _, text in recorder.notices)
    assert recorder.text("3/3")[0] == "line 1 of much output"


async def test_two_images_are_built_at_the_same_time(make_request: MakeRequest, image_name: str) -> None:
    requests = [
        make_request(f"RUN echo {word}; sleep 4", tags=(f"{image_name}:{word}",), title=f"{word} image")
        for word in ("notebook", "hub")
    ]
    recorders = [Recorder(), Recorder()]
    both = asyncio.gather(*map(image_build.build, requests, recorders))
    running = [TaskState.RUNNING] * 2
    await until(lambda: [seen.last().get("3/3") for seen in recorders] == running, "both steps running at once")
    results = await both
    assert results[0].image_id != results[1].image_id
    assert [recorder.text("3/3") for recorder in recorders] == [["notebook"], ["hub"]]


async def test_the_daemon_going_away_in_the_middle_is_said(
    make_request: MakeRequest, recorder: Recorder, tmp_path: Path, docker_host: str
) -> None:
    proxy = SocketProxy(tmp_path / "docker.sock", docker_host.removeprefix("unix://"))
    await proxy.start()
    request = make_request("RUN sleep 7253.5", env={"DOCKER_HOST": proxy.host})
    task = asyncio.create_task(image_build.build(request, recorder))
    await until(lambda: processes_with("sleep 7253.5"), "the step")
    proxy.cut()
    with pytest.raises(MissingError) as caught:
        await task
    assert caught.value.exit_code is ExitCode.MISSING
    assert "notebook image was not built" in caught.value.what
    assert "does not answer" in caught.value.what
    assert "Start it" in caught.value.fix
    await until(lambda: not processes_with("7253.5"), "the end of the step on the daemon", seconds=30)


async def test_no_daemon_at_all(make_request: MakeRequest, recorder: Recorder, tmp_path: Path) -> None:
    request = make_request(env={"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"})
    with pytest.raises(MissingError, match="does not answer"):
        await image_build.build(request, recorder)


async def test_plain_progress_of_an_old_buildx_is_followed_too(
    make_request: MakeRequest, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buildx, "RAWJSON_SINCE", (99, 0))
    built = await image_build.build(make_request("RUN echo plain words"), recorder)
    assert built.steps == 3
    assert recorder.text("3/3") == ["plain words"]
    assert recorder.steps[-1] == (4, 4, "steps")
    with pytest.raises(StepFailed, match=r"\[3/3\] RUN echo broken; exit 7"):
        await image_build.build(make_request("RUN echo broken; exit 7"), Recorder())


@pytest.mark.tier("registry")
async def test_pushing_while_building_gives_the_registry_digest(
    make_request: MakeRequest, recorder: Recorder, registry: Registry, image_name: str
) -> None:
    request = make_request(push=True, tags=(f"{registry.address}/{image_name}:1",))
    built = await image_build.build(request, recorder)
    assert built.digest == manifest_digest(registry.address, image_name, "1")
    assert not built.image_id


@pytest.mark.tier("registry")
async def test_a_registry_that_cannot_be_pushed_to_fails_the_build(
    make_request: MakeRequest, recorder: Recorder, image_name: str
) -> None:
    with pytest.raises(StepFailed) as caught:
        await image_build.build(make_request(push=True, tags=(f"127.0.0.1:1/{image_name}:1",)), recorder)
    assert "could not be reached" in caught.value.why
