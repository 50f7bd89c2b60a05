"""Pushing to and pulling from real registries, and registries that refuse."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.docker.conftest import MakeImage, docker
from tests.integration.docker.helpers import (
    SilentServer,
    cancel,
    manifest_digest,
    refusing_registry,
    slow_registry,
    until,
)
from tests.support.processes import free_port
from tests.support.recorder import Recorder
from tests.support.registry import Registry, serve_registry
from wizard.errors import ExitCode, MissingError, StepFailed
from wizard.reporting import TaskState
from wizard.tools import docker_engine, process, registry
from wizard.tools.registry import Presence
from wizard.tools.registry_login import LoginKind, login_state

pytestmark = pytest.mark.tier("docker", "registry")

# User alice, password open-sesame.
HTPASSWD = "alice:$2b$05$abcdefghijklmnopqrstuutXu9KzOt.1yBoZUeFWoT/914/JfszCO\n"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Registry]:
    """A registry that asks for a login."""
    htpasswd = tmp_path / "htpasswd"
    htpasswd.write_text(HTPASSWD)
    with serve_registry(tmp_path / "guarded", htpasswd=htpasswd) as served:
        yield served


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    server = SilentServer()
    yield server
    server.close()


@pytest.fixture
def registry_at(registry: Registry) -> str:
    return registry.address


async def test_push_pull_and_lookup(
    registry_at: str, make_image: MakeImage, image_name: str, recorder: Recorder
) -> None:
    reference = make_image(registry_at, 8_000_000)
    assert (await registry.lookup(reference)).presence is Presence.ABSENT

    pushed = await registry.push(reference, recorder)
    assert pushed.digest == manifest_digest(registry_at, image_name, "1.0")
    assert pushed.pinned == f"{registry_at}/{image_name}@{pushed.digest}"
    assert set(recorder.last().values()) <= {TaskState.DONE, TaskState.CACHED}
    assert any(0 < seen.current < seen.total for seen in recorder.tasks), "no progress in bytes"
    assert max(seen.current for seen in recorder.tasks) > 8_000_000
    assert recorder.steps[-1][0] == recorder.steps[-1][1]
    assert all(current <= total for current, total, _ in recorder.steps)

    again = Recorder()
    repeated = await registry.push(reference, again)
    assert repeated.digest == pushed.digest
    assert repeated.layers_present == repeated.layers
    assert set(again.last().values()) == {TaskState.CACHED}

    found = await registry.lookup(reference)
    assert (found.presence, found.digest) == (Presence.PRESENT, pushed.digest)
    assert found.platforms
    image = await docker_engine.image(reference)
    assert image is not None
    assert image.repository_digest == pushed.digest
    pulled = await registry.pull(reference, Recorder())
    assert pulled.digest == pushed.digest


async def test_cancel_ends_the_push_here_and_on_the_daemon(make_image: MakeImage, recorder: Recorder) -> None:
    size = 20_000_000
    with slow_registry() as slow:
        task: asyncio.Task[object] = asyncio.create_task(registry.push(make_image(slow.address, size), recorder))
        await until(lambda: slow.received and any(seen.current for seen in recorder.tasks), "the first bytes")
        assert await cancel(task) < 20
        await asyncio.sleep(1)
        slow.hurry.set()
        await until(slow.hung_up.is_set, "the daemon to hang up")
        assert slow.received < size
    assert set(recorder.last().values()) == {TaskState.CANCELLED}


async def test_cancel_before_the_registry_has_answered(
    silent: SilentServer, make_image: MakeImage, recorder: Recorder
) -> None:
    task: asyncio.Task[object] = asyncio.create_task(registry.push(make_image(silent.address), recorder))
    await until(lambda: silent.opened, "the daemon to call the registry")
    assert await cancel(task) < 20


async def test_without_a_login_the_advice_is_to_log_in(
    guarded: Registry, make_image: MakeImage, image_name: str, recorder: Recorder, clean_home: Path
) -> None:
    reference = make_image(guarded.address)
    assert not (await login_state(guarded.address)).logged_in
    with pytest.raises(StepFailed) as caught:
        await registry.push(reference, recorder)
    assert f"docker login {guarded.address}" in caught.value.fix
    assert not recorder.notices, "a refused login must not be tried again"
    assert (await registry.lookup(reference)).presence is Presence.DENIED

    login = ["docker", "login", guarded.address, "--username", "alice", "--password-stdin"]
    assert (await process.run(login, stdin=b"open-sesame")).ok
    state = await login_state(guarded.address)
    assert (state.kind, state.username, state.logged_in) == (LoginKind.CONFIG, "alice", True)
    assert "open-sesame" not in repr(state)
    pushed = await registry.push(reference, Recorder())
    assert pushed.digest.startswith("sha256:")
    assert (await registry.lookup(reference)).presence is Presence.PRESENT


@pytest.mark.parametrize(
    "status, code, expected, retried",
    [
        (401, "UNAUTHORIZED", "docker login", False),
        (403, "DENIED", "images.registry", False),
        (404, "NAME_UNKNOWN", "Create the repository", False),
        (413, "", "client_max_body_size", False),
        (429, "TOOMANYREQUESTS", "Wait a while", True),
        (500, "UNKNOWN", "registry's log", True),
        (503, "", "registry's log", True),
    ],
)
async def test_refusals_have_their_advice(
    make_image: MakeImage, image_name: str, recorder: Recorder, status: int, code: str, expected: str, retried: bool
) -> None:
    with refusing_registry(status, code) as address:
        reference = make_image(address)
        with pytest.raises(StepFailed) as caught:
            await registry.push(reference, recorder, attempts=2)
    assert reference in caught.value.what
    assert expected in caught.value.fix, str(caught.value)
    assert bool(recorder.notices) == retried


async def test_a_registry_that_is_not_there(make_image: MakeImage, image_name: str, recorder: Recorder) -> None:
    reference = make_image("127.0.0.1:1")
    with pytest.raises(MissingError) as caught:
        await registry.push(reference, recorder, attempts=2)
    assert caught.value.exit_code is ExitCode.MISSING
    assert "cannot reach" in caught.value.why
    assert (await registry.lookup(reference)).presence is Presence.UNREACHABLE


async def test_a_registry_that_comes_up_late_is_pushed_to(
    tmp_path: Path, make_image: MakeImage, image_name: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setattr("tests.support.registry.free_port", lambda: port)
    reference = make_image(f"127.0.0.1:{port}")
    task = asyncio.create_task(registry.push(reference, recorder))
    await until(lambda: recorder.notices, "the first refusal")
    with serve_registry(tmp_path / "late") as late:
        pushed = await task
        assert pushed.digest == manifest_digest(late.address, image_name, "1.0")
    assert "again in 1 s" in recorder.notices[0][1]


async def test_a_registry_that_never_answers(silent: SilentServer, make_image: MakeImage, image_name: str) -> None:
    found = await registry.lookup(f"{silent.address}/{image_name}:1", timeout=1)
    assert found.presence is Presence.UNREACHABLE
    assert "1 seconds" in found.reason


async def test_an_image_that_was_never_built(
    registry_at: str, make_image: MakeImage, image_name: str, recorder: Recorder
) -> None:
    with pytest.raises(StepFailed) as caught:
        await registry.push(f"{registry_at}/{image_name}:never", recorder)
    assert "does not have this image" in caught.value.why
    assert "codehub apply" in caught.value.fix


async def test_pulling_what_is_not_there(
    registry_at: str, make_image: MakeImage, image_name: str, recorder: Recorder
) -> None:
    with pytest.raises(StepFailed) as caught:
        await registry.pull(f"{registry_at}/{image_name}:never", recorder)
    assert "does not have it" in caught.value.why


async def test_a_missing_credential_helper_is_said(
    registry_at: str, make_image: MakeImage, image_name: str, recorder: Recorder, clean_home: Path
) -> None:
    (clean_home / ".docker" / "config.json").write_text('{"credsStore": "nowhere"}')
    reference = make_image(registry_at)
    with pytest.raises(MissingError) as caught:
        await registry.push(reference, recorder)
    assert "docker-credential-nowhere" in caught.value.why
    assert "credsStore" in caught.value.fix
    assert "not installed" in (await login_state(registry_at)).problem


async def test_the_daemon_has_what_was_pulled(registry_at: str, make_image: MakeImage, image_name: str) -> None:
    reference = make_image(registry_at)
    await registry.push(reference, Recorder())
    docker("image", "rm", reference)
    assert await docker_engine.image(reference) is None
    await registry.pull(reference, Recorder())
    assert await docker_engine.image(reference) is not None
