"""The ways release and image: the editor that npm made, packed as upstream packs its releases and images."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.integration.images.building import PREFIX, Built, answers, build, docker, in_image, inspect
from tests.integration.images.packing import NAME, PATH, release_tarball, upstream_image
from tests.integration.images.serving import serve_files
from wizard.errors import StepFailed

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def release(npm_image: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tarball of a release, with the one folder in it that upstream's have."""
    return release_tarball(npm_image.reference, tmp_path_factory.mktemp("release") / "release.tar.gz")


@pytest.fixture(scope="module")
def checksum(release: Path) -> str:
    return hashlib.sha256(release.read_bytes()).hexdigest()


@pytest.fixture
def references() -> Iterator[list[str]]:
    """Images to remove afterwards."""
    made: list[str] = []
    yield made
    for reference in made:
        docker("rmi", "--force", reference)


def test_by_release(
    release: Path, checksum: str, tmp_path: Path, base_image: str, ca_file: Path, references: list[str]
) -> None:
    references.append(f"{PREFIX}/release:1")
    with serve_files({PATH: release}) as site:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"method": "release", "release_url": site.url, "checksum": checksum},
            build={"ca_bundle": str(ca_file)},
        )
        built = build(tmp_path, setup, reference=references[0])
        assert site.asked == [f"/{PATH}"]
    assert "node-tools.sh" not in str(built.recorder.tasks), "a stage of another way was built"
    said = in_image(references[0], "code-server --version; cat /opt/code-server/RELEASE.sha256")
    assert "4.139.1 " in said
    assert f"{checksum}  {site.url}/{PATH}" in said
    labels = inspect(references[0])["Config"]["Labels"]
    assert (labels["codehub.method"], labels["codehub.release-sha256"]) == ("release", checksum)


def test_a_checksum_that_does_not_match(release: Path, tmp_path: Path, base_image: str, ca_file: Path) -> None:
    with serve_files({PATH: b"something else"}) as site:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"method": "release", "release_url": site.url, "checksum": "0" * 64},
            build={"ca_bundle": str(ca_file)},
        )
        with pytest.raises(StepFailed) as failed:
            build(tmp_path, setup, target="code-server")
    assert f"The checksum of {NAME}.tar.gz does not match." in failed.value.why
    assert hashlib.sha256(b"something else").hexdigest() in failed.value.why
    assert "code_server.checksum" in failed.value.fix


def test_a_release_that_is_not_there(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    with serve_files({}) as site:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"method": "release", "release_url": site.url},
            build={"ca_bundle": str(ca_file)},
        )
        with pytest.raises(StepFailed) as failed:
            build(tmp_path, setup, target="code-server")
    assert "There is no release of code-server 4.139.1" in failed.value.why
    assert f"{site.url}/{PATH} answered 404" in failed.value.why
    assert "code_server.release_url" in failed.value.fix


def test_by_deb(tmp_path: Path, base_image: str, ca_file: Path, references: list[str]) -> None:
    """The same address has Debian packages; they hold /usr/lib/code-server."""
    package = _deb(tmp_path / "package", says="4.139.1 0123abc with Code 1.139.1")
    references.append(f"{PREFIX}/deb:1")
    with serve_files({"v4.139.1/code-server_4.139.1_amd64.deb": package}) as site:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"method": "release", "release_url": site.url},
            build={"ca_bundle": str(ca_file), "args": {"RELEASE_FORMAT": "deb"}},
        )
        build(tmp_path, setup, target="code-server", reference=references[0])
    assert "4.139.1" in docker("run", "--rm", references[0], "/opt/code-server/bin/code-server", "--version")


def test_an_architecture_without_releases(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    setup = answers(
        tmp_path,
        base_image,
        code_server={"method": "release"},
        build={"ca_bundle": str(ca_file), "args": {"TARGETARCH": "riscv64"}},
    )
    with pytest.raises(StepFailed) as failed:
        build(tmp_path, setup, target="code-server")
    assert "no code-server release for the architecture riscv64" in failed.value.why
    assert "build.platforms" in failed.value.fix


def test_a_release_that_does_not_run_on_the_base(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    broken = BytesIO()
    with tarfile.open(fileobj=broken, mode="w:gz") as archive:
        script = b"#!/bin/sh\necho \"node: /lib/libc.so.6: version 'GLIBC_2.99' not found\" >&2\nexit 1\n"
        info = tarfile.TarInfo(f"{NAME}/bin/code-server")
        info.size, info.mode = len(script), 0o755
        archive.addfile(info, BytesIO(script))
    with serve_files({PATH: broken.getvalue()}) as site:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"method": "release", "release_url": site.url},
            build={"ca_bundle": str(ca_file)},
        )
        with pytest.raises(StepFailed) as failed:
            build(tmp_path, setup, target="code-server")
    assert "does not run on this base image" in failed.value.why
    assert "GLIBC_2.99" in failed.value.why
    assert "glibc 2.28" in failed.value.fix


@pytest.fixture(scope="module")
def upstream(npm_image: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image that has code-server where codercom/code-server has it."""
    folder = tmp_path_factory.mktemp("upstream")
    with upstream_image(npm_image.reference, f"{PREFIX}/upstream:4.139.1", folder) as reference:
        yield reference


def test_by_image(upstream: str, tmp_path: Path, base_image: str, ca_file: Path, references: list[str]) -> None:
    references.append(f"{PREFIX}/image:1")
    setup = answers(
        tmp_path,
        base_image,
        code_server={"method": "image", "image": upstream},
        build={"ca_bundle": str(ca_file)},
    )
    built = build(tmp_path, setup, target="code-server", reference=references[0])
    assert not [seen for seen in built.recorder.tasks if "node-tools.sh" in seen.name or "release.sh" in seen.name]
    assert "4.139.1 " in docker("run", "--rm", references[0], "/opt/code-server/bin/code-server", "--version")


def test_an_image_with_another_version(upstream: str, tmp_path: Path, base_image: str, ca_file: Path) -> None:
    setup = answers(
        tmp_path,
        base_image,
        code_server={"method": "image", "image": upstream, "version": "v4.117.0"},
        build={"ca_bundle": str(ca_file)},
    )
    with pytest.raises(StepFailed) as failed:
        build(tmp_path, setup, target="code-server")
    assert "The code-server that was found is not version 4.117.0." in failed.value.why
    assert "4.139.1" in failed.value.why
    assert "code_server.version" in failed.value.fix


def _deb(folder: Path, says: str) -> bytes:
    program = folder / "usr" / "lib" / "code-server" / "bin" / "code-server"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    (folder / "DEBIAN").mkdir()
    (folder / "DEBIAN" / "control").write_text(
        "Package: code-server\nVersion: 4.139.1\nArchitecture: amd64\nMaintainer: t <t@example.org>\nDescription: t\n"
    )
    target = folder.with_suffix(".deb")
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", folder, target], check=True, capture_output=True)
    return target.read_bytes()
