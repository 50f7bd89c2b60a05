"""What is in the notebook image and in none of its layers."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.images.building import Built, docker, in_image
from tests.integration.images.conftest import private_certificates

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(1200)]

FORBIDDEN = re.compile(
    r"(^|/)(\.npm|\.cache|npm-cache|node-bootstrap|node-tools)(/|$)"  # caches
    r"|^(usr/)?(local/)?bin/(gcc|g\+\+|cc|c\+\+|make|ld|as|npm|node|yarn|curl|sudo|quilt)$"  # build tools
    r"|^run/secrets|^build|^src|^vsix|^dev/build|\.(o|a|gyp)$"  # what only the build has
    r"|^opt/codehub/(ca|venv/bin/pip)|^var/lib/apt/lists/.*Packages|^root/\.|^tmp/."
)
"""Paths in a layer that have no business there."""


@pytest.fixture(scope="module")
def layers(npm_image: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image as `docker save` writes it, unpacked: one tar file a layer."""
    folder = tmp_path_factory.mktemp("saved")
    with subprocess.Popen(["docker", "save", npm_image.reference], stdout=subprocess.PIPE) as saving:
        subprocess.run(["tar", "-x", "-C", folder], stdin=saving.stdout, check=True, timeout=300)
    assert saving.returncode == 0
    return folder


def _files(folder: Path) -> Iterator[tuple[str, tarfile.TarFile, tarfile.TarInfo]]:
    manifest = json.loads((folder / "manifest.json").read_text())
    for layer in manifest[0]["Layers"]:
        with tarfile.open(folder / layer) as archive:
            for member in archive:
                yield layer, archive, member


def test_no_layer_has_caches_build_tools_or_secrets(layers: Path, base_image: str) -> None:
    own = docker("run", "--rm", base_image, "find", "/", "-xdev", "-printf", "%P\\n").splitlines()
    found = {member.name.removeprefix("./") for _, _, member in _files(layers)}
    assert "opt/code-server/lib/node" in found
    assert [name for name in sorted(found - set(own)) if FORBIDDEN.search(name)] == []


def test_no_layer_has_the_company_ca(layers: Path, ca_file: Path, base_image: str) -> None:
    """Not even a part of it, whatever the file's name."""
    private = private_certificates(ca_file, base_image)
    assert private
    assert all(len(line) == 64 for line in private)
    holders = []
    for _, archive, member in _files(layers):
        content = archive.extractfile(member) if member.isfile() and member.size < 20_000_000 else None
        data = content.read() if content else b""
        if any(line in data for line in private):
            holders.append(member.name)
    assert holders == []


def test_the_history_and_environment_have_no_secret(npm_image: Built) -> None:
    history = docker("history", "--no-trunc", "--format={{.CreatedBy}}", npm_image.reference)
    config = docker("image", "inspect", npm_image.reference)
    assert "BEGIN CERTIFICATE" not in history + config
    assert "company.pem" not in history.replace("/opt/codehub/ca/company.pem", "") + config


def test_setuid_files_are_debians_own(npm_image: Built) -> None:
    """Each belongs to a Debian package, and has the mode that the package gives it."""
    listing = "find / -xdev -perm /6000 -type f 2>/dev/null"
    script = f'{listing} | while read -r file; do dpkg -S "$file" || dpkg -S "${{file#/usr}}"; done'
    owners = in_image(npm_image.reference, script)
    assert {line.partition(":")[0] for line in owners.splitlines()} <= {
        "libpam-modules-bin",
        "libpam-modules",
        "login",
        "mount",
        "openssh-client",
        "passwd",
        "util-linux",
    }


def test_the_user_can_write_nothing_of_the_image(npm_image: Built) -> None:
    script = "find /opt /usr /etc -xdev -writable ! -type l 2>/dev/null | head; ! sudo -n true 2>/dev/null"
    assert in_image(npm_image.reference, script) == ""
