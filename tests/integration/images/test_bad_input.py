"""Answers that cannot be built: each failure names the line, the cause and the fix in one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.images.building import PREFIX, Built, answers, build, docker
from tests.integration.images.serving import serve_gallery
from wizard.errors import StepFailed

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(1200)]


def test_a_package_that_does_not_exist(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    setup = answers(
        tmp_path, base_image, code_server={"packages": ["no-such-package"]}, build={"ca_bundle": str(ca_file)}
    )
    with pytest.raises(StepFailed) as failed:
        build(tmp_path, setup, target="runtime")
    assert "packages.sh" in failed.value.what
    assert "Debian has no package called no-such-package" in failed.value.why
    assert "code_server.packages" in failed.value.fix


def test_a_code_server_that_npm_does_not_have(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    setup = answers(tmp_path, base_image, code_server={"version": "v4.999.0"}, build={"ca_bundle": str(ca_file)})
    with pytest.raises(StepFailed) as failed:
        build(tmp_path, setup, target="code-server")
    assert "code-server-npm.sh" in failed.value.what
    assert "npm did not find a package in that version" in failed.value.why
    assert "code_server.version" in failed.value.fix


def test_a_base_image_without_apt(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    bare = f"{PREFIX}/no-apt:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nRUN rm /usr/bin/apt-get\n")
    docker("buildx", "build", "--quiet", "--load", "--provenance=false", f"--tag={bare}", str(tmp_path))
    try:
        setup = answers(tmp_path, bare, build={"ca_bundle": str(ca_file)})
        with pytest.raises(StepFailed) as failed:
            build(tmp_path, setup, target="runtime")
    finally:
        docker("rmi", "--force", bare)
    assert "The base image has no apt-get." in failed.value.why
    assert "images.notebook.base" in failed.value.fix


def test_an_extension_that_the_gallery_does_not_have(
    npm_image: Built, tmp_path: Path, base_image: str, ca_file: Path
) -> None:
    with serve_gallery(("acme", "known", "1.2.3")) as site:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"extensions": ["acme.unknown"], "gallery": f"{site.url}/vscode/gallery"},
            build={"ca_bundle": str(ca_file)},
        )
        with pytest.raises(StepFailed) as failed:
            build(tmp_path, setup, target="extensions")
    assert "extensions.sh" in failed.value.what
    assert "The extension acme.unknown could not be installed." in failed.value.why
    assert "code_server.gallery" in failed.value.fix


def test_an_extension_of_an_own_gallery_is_baked_in(
    npm_image: Built, tmp_path: Path, base_image: str, ca_file: Path
) -> None:
    reference = f"{PREFIX}/gallery:1"
    with serve_gallery(("acme", "known", "1.2.3")) as site:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"extensions": ["acme.known"], "gallery": f"{site.url}/vscode/gallery"},
            build={"ca_bundle": str(ca_file)},
        )
        build(tmp_path, setup, target="extensions", reference=reference)
    baked = docker("run", "--rm", reference, "ls", "/opt/codehub/extensions")
    docker("rmi", "--force", reference)
    assert "acme.known-1.2.3" in baked


def test_without_the_company_ca_the_message_says_what_to_do(tmp_path: Path, base_image: str) -> None:
    """Only on a machine whose registries are behind a company's CA can this fail, as it must."""
    setup = answers(tmp_path, base_image, build={"ca_bundle": ""})
    try:
        build(tmp_path, setup, target="singleuser")
    except StepFailed as failed:
        assert "TLS certificate is not trusted inside the build" in failed.why
        assert "Set build.ca_bundle" in failed.fix
    else:
        pytest.skip("the package index needs no company CA here")


def test_a_changed_ca_builds_anew(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    # Bundles of its own: BuildKit does not tell of steps that another build has under way at the same time.
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(ca_file.read_bytes() + f"# {tmp_path}\n".encode())
    first = build(tmp_path, answers(tmp_path, base_image, build={"ca_bundle": str(bundle)}), target="fetcher")
    again = build(tmp_path, answers(tmp_path, base_image, build={"ca_bundle": str(bundle)}), target="fetcher")
    bundle.write_bytes(bundle.read_bytes() + b"# changed\n")
    other = build(tmp_path, answers(tmp_path, base_image, build={"ca_bundle": str(bundle)}), target="fetcher")
    docker("rmi", "--force", first.reference)
    assert again.cached("apt-install.sh")
    assert not other.cached("apt-install.sh")
