"""What the daemon tells about itself and its images, and what is said when it cannot be asked."""

from pathlib import Path

import pytest

from tests.integration.docker.conftest import docker
from tests.support.parts import BASE_IMAGE
from wizard.errors import ExitCode, MissingError, StepFailed
from wizard.tools import docker_engine, docker_errors


@pytest.mark.tier("docker")
async def test_the_daemon_describes_itself() -> None:
    engine = await docker_engine.describe()
    assert engine.version == docker("version", "--format", "{{.Server.Version}}")
    assert engine.data_root == docker("info", "--format", "{{.DockerRootDir}}")
    assert engine.cpus > 0
    assert engine.memory_bytes > 100_000_000
    assert engine.free_bytes is None or engine.free_bytes > 0


@pytest.mark.tier("docker", "base_image")
async def test_images_are_found_tagged_and_removed(image_name: str) -> None:
    found = await docker_engine.image(BASE_IMAGE)
    assert found is not None
    assert found.size > 10_000_000
    assert found.layers
    await docker_engine.tag(BASE_IMAGE, f"{image_name}:x")
    again = await docker_engine.image(f"{image_name}:x")
    assert again is not None
    assert again.id == found.id
    assert await docker_engine.remove(f"{image_name}:x")
    assert not await docker_engine.remove(f"{image_name}:x")
    assert await docker_engine.image(f"{image_name}:x") is None
    with pytest.raises(StepFailed, match="no image"):
        await docker_engine.tag(f"{image_name}:x", f"{image_name}:y")


async def test_no_daemon_at_a_socket(tmp_path: Path) -> None:
    with pytest.raises(MissingError) as caught:
        await docker_engine.describe({"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"})
    assert caught.value.exit_code is ExitCode.MISSING
    assert "not running" in caught.value.why
    assert "systemctl start docker" in caught.value.fix


async def test_no_daemon_at_an_address() -> None:
    with pytest.raises(MissingError) as caught:
        await docker_engine.describe({"DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert "Nothing listens there" in caught.value.why
    assert "DOCKER_HOST" in caught.value.fix


async def test_an_unknown_context_is_not_taken_for_the_default_daemon() -> None:
    """The SDK alone would silently talk to the default socket."""
    with pytest.raises(MissingError, match="context nobody cannot be used"):
        await docker_engine.describe({"DOCKER_CONTEXT": "nobody", "DOCKER_HOST": ""})


@pytest.mark.tier("docker")
async def test_a_docker_context_is_followed(docker_host: str) -> None:
    docker("context", "create", "mine", "--docker", "host=unix:///nowhere/docker.sock")
    docker("context", "use", "mine")
    assert docker_engine.endpoint({"DOCKER_HOST": ""}) == "unix:///nowhere/docker.sock"
    with pytest.raises(MissingError, match="/nowhere/docker"):
        await docker_engine.describe({"DOCKER_HOST": ""})
    docker("context", "update", "mine", "--docker", f"host={docker_host}")
    docker("context", "use", "default")
    assert (await docker_engine.describe({"DOCKER_CONTEXT": "mine", "DOCKER_HOST": ""})).endpoint == docker_host


@pytest.mark.parametrize("text", ["{broken", "[]", '{"auths": {"ghcr.io": {"auth": "!!"}}}', '{"credHelpers": [1]}'])
async def test_a_broken_docker_config_is_not_taken_for_a_missing_daemon(clean_home: Path, text: str) -> None:
    (clean_home / ".docker" / "config.json").write_text(text)
    with pytest.raises(MissingError, match=r"configuration .*config\.json cannot be read"):
        await docker_engine.describe()


def test_a_password_in_the_address_is_not_shown() -> None:
    error = docker_errors.unreachable("ssh://me:hunter2@host", "no route to ssh://me:hunter2@host")
    assert "hunter2" not in str(error)


def test_no_access_to_the_socket() -> None:
    error = docker_errors.unreachable("unix:///s", "('Connection aborted.', PermissionError(13, 'Permission denied'))")
    assert "usermod -aG docker" in error.fix


@pytest.mark.parametrize(
    "reference, repository, tag",
    [
        ("a", "a", "latest"),
        ("a:1", "a", "1"),
        ("h:5000/a", "h:5000/a", "latest"),
        ("h:5000/a/b:v1", "h:5000/a/b", "v1"),
    ],
)
def test_tags_are_split_off(reference: str, repository: str, tag: str) -> None:
    assert docker_engine.split_tag(reference) == (repository, tag)
