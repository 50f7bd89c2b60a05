"""The hub image, from a stand-in for the chart's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.images.building import PREFIX, answers, build, docker, inspect
from wizard.errors import StepFailed

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def traefik_hub(
    hub_base: str, base_image: str, ca_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hub")
    setup = answers(
        folder,
        base_image,
        images={"hub": {"base": hub_base}},
        hub={"proxy": "traefik", "auth": {"kind": "native", "admins": ["root"]}},
        build={"ca_bundle": str(ca_file)},
    )
    yield build(folder, setup, image="hub", reference=f"{PREFIX}/hub:1").reference
    docker("rmi", "--force", f"{PREFIX}/hub:1")


def test_traefik_and_its_proxy_class_are_there(traefik_hub: str) -> None:
    assert "Version:" in docker("run", "--rm", traefik_hub, "traefik", "version")
    script = "from importlib.metadata import entry_points; print(entry_points(group='jupyterhub.proxies').names)"
    assert "traefik_file" in docker("run", "--rm", traefik_hub, "python3", "-c", script)


def test_the_authenticator_is_there(traefik_hub: str) -> None:
    docker("run", "--rm", traefik_hub, "python3", "-c", "import nativeauthenticator")


def test_jupyterhub_is_the_bases(traefik_hub: str, hub_base: str) -> None:
    versions = {docker("run", "--rm", image, "jupyterhub", "--version") for image in (traefik_hub, hub_base)}
    assert len(versions) == 1


def test_it_runs_as_the_bases_user(traefik_hub: str) -> None:
    assert docker("run", "--rm", traefik_hub, "id").startswith("uid=1000(jovyan) gid=1000(jovyan)")
    assert inspect(traefik_hub)["Config"]["Labels"]["codehub.proxy"] == "traefik"


def test_a_base_without_jupyterhub(base_image: str, ca_file: Path, tmp_path: Path) -> None:
    setup = answers(tmp_path, base_image, images={"hub": {"base": base_image}}, build={"ca_bundle": str(ca_file)})
    with pytest.raises(StepFailed) as failed:
        build(tmp_path, setup, image="hub")
    assert "The hub's base image has no JupyterHub." in failed.value.why
    assert "images.hub.base" in failed.value.fix


def test_on_one_machine_the_hub_has_its_spawner_and_its_proxy(
    hub_base: str, base_image: str, ca_file: Path, tmp_path: Path
) -> None:
    """Without Kubernetes: containers are started by dockerspawner, and the hub starts its proxy itself."""
    setup = answers(
        tmp_path,
        base_image,
        images={"hub": {"base": hub_base}},
        target={"kind": "docker"},
        build={"ca_bundle": str(ca_file)},
    )
    reference = build(tmp_path, setup, image="hub", reference=f"{PREFIX}/hub-docker:1").reference
    try:
        version = docker("run", "--rm", reference, "configurable-http-proxy", "--version")
        docker("run", "--rm", reference, "python3", "-c", "import dockerspawner")
        left = docker(
            "run", "--rm", "--user=0", reference, "sh", "-c", "ls -A /tmp; ls -A /root; command -v npm || true"
        )
    finally:
        docker("rmi", "--force", reference)
    assert version.startswith("5.")
    assert ".npm" not in left
    assert ".cache" not in left
