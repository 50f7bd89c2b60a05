"""Images that are built once and looked at by many tests; BuildKit's cache makes the next session quick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.images.building import PREFIX, Built, answers, build, docker
from tests.integration.images.vsix import vsix
from tests.support import parts

TEST_CA = Path(__file__).with_name("company-ca.pem")
"""A certificate of nobody's: it stands for a company's CA that must not be found where it was not asked for."""


@pytest.fixture(scope="session")
def ca_file(base_image: str) -> Path:
    """A company CA's file: this machine's, where it has one that nobody else knows, else the test's certificate."""
    known = parts.company_ca()
    return known if known and private_certificates(known, base_image) else TEST_CA


def private_certificates(bundle: Path, image: str) -> list[bytes]:
    """A line out of the middle of each certificate that is in the bundle and not among the image's authorities."""
    public = docker("run", "--rm", image, "cat", "/etc/ssl/certs/ca-certificates.crt").encode()
    bodies = [part.splitlines()[3] for part in bundle.read_bytes().split(b"-----BEGIN CERTIFICATE-----")[1:]]
    return [line for line in bodies if line not in public]


@pytest.fixture(scope="session")
def setup_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A setup folder with one local extension in it, acme.one."""
    folder = tmp_path_factory.mktemp("setup")
    (folder / "one.vsix").write_bytes(vsix("acme", "one"))
    return folder


@pytest.fixture(scope="session")
def npm_image(setup_folder: Path, base_image: str, ca_file: Path) -> Built:
    """The notebook image by npm, with a local extension and a Debian package."""
    setup = answers(
        setup_folder,
        base_image,
        code_server={"extensions": ["one.vsix"], "packages": ["jq"]},
        build={"ca_bundle": str(ca_file)},
    )
    return build(setup_folder, setup, reference=f"{PREFIX}/npm:1")


@pytest.fixture
def volume() -> Iterator[str]:
    """An empty volume that belongs to the editor's user, as Kubernetes' fsGroup makes it."""
    name = docker("volume", "create", "--driver=local").strip()
    # Of the base image: one of the notebook image would be filled with what it has in the home folder.
    docker("run", "--rm", f"--volume={name}:/home", parts.BASE_IMAGE, "chown", "1000:1000", "/home")
    yield name
    docker("volume", "rm", "--force", name)
