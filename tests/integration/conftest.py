"""The real parts as fixtures. A test that takes one also names its tier, which skips it where the part is missing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import parts
from tests.support.registry import Registry, serve_registry


def _program(name: str) -> Path:
    found = parts.program(name)
    assert found is not None, f"{name} is missing: mark the test with its tier"
    return found


@pytest.fixture(scope="session")
def docker_host() -> str:
    """The address of the Docker daemon that the docker client talks to, such as unix:///var/run/docker.sock."""
    asked = subprocess.run(
        [_program("docker"), "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return asked.stdout.strip()


@pytest.fixture(scope="session")
def base_image() -> str:
    """The name of a Debian image in the local daemon that needs no registry to be there."""
    return parts.BASE_IMAGE


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry on loopback for the whole session: give images names of your own."""
    with serve_registry(tmp_path_factory.mktemp("registry")) as served:
        yield served


@pytest.fixture(scope="session")
def helm3() -> Path:
    """The executable of Helm 3."""
    return _program("helm3")


@pytest.fixture(scope="session")
def helm4() -> Path:
    """The executable of Helm 4."""
    return _program("helm4")


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """The executable of kubectl."""
    return _program("kubectl")


@pytest.fixture(scope="session")
def node24() -> Path:
    """The folder of Node 24, with bin/node, bin/npm and include/node."""
    return _program("node").parent.parent


@pytest.fixture(scope="session")
def hub5() -> Path:
    """The venv with JupyterHub 5, Traefik, the idle culler and jupyter-server-proxy."""
    return _program("hub5").parent.parent


@pytest.fixture(scope="session")
def hub6() -> Path:
    """The venv with JupyterHub 6 and the same beside it."""
    return _program("hub6").parent.parent


@pytest.fixture(scope="session")
def company_ca() -> Path:
    """The CA bundle that downloads inside image builds need on this machine."""
    found = parts.company_ca()
    assert found is not None, "no CA bundle: mark the test with tier('company_ca')"
    return found


@pytest.fixture(scope="session")
def hub_base(base_image: str) -> str:
    """An image with JupyterHub 5 that is like the chart's own hub image; tiers docker, buildx, base_image, network."""
    name = "codehub-test/k8s-hub:5"
    command = [str(_program("docker")), "buildx", "build", "--quiet", "--load", "--provenance=false", f"--tag={name}"]
    ca = parts.company_ca()
    command += [f"--secret=id=ca,src={ca}"] if ca else []
    folder = parts.ROOT / "tests" / "integration" / "images" / "hub-base"
    command += [f"--build-arg=BASE_IMAGE={base_image}", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return name
