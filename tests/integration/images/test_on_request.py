"""What is only in the image if it was asked for: sudo, a locale, the company CA, own settings and Dockerfile lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.images.building import PREFIX, Built, answers, build, docker, in_image, inspect
from tests.integration.images.conftest import private_certificates

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def everything(
    npm_image: Built, base_image: str, ca_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("everything")
    (folder / "settings.json").write_text('{"editor.fontSize": 20}')
    (folder / "extra").write_text("RUN touch /usr/local/own && id -u > /usr/local/own\nENV OWN=1\n")
    setup = answers(
        folder,
        base_image,
        code_server={"sudo": True, "settings": "settings.json"},
        images={"notebook": {"extra": "extra"}},
        build={"ca_bundle": str(ca_file), "ca_at_runtime": True, "args": {"LOCALE": "de_DE.UTF-8"}},
    )
    built = build(folder, setup, reference=f"{PREFIX}/everything:1")
    yield built.reference
    docker("rmi", "--force", built.reference)


def test_sudo(everything: str) -> None:
    assert in_image(everything, "sudo --non-interactive id --user").strip() == "0"


def test_the_locale(everything: str) -> None:
    said = in_image(everything, "echo $LANG; locale -a; locale charmap")
    assert said.startswith("de_DE.UTF-8\n")
    assert "de_DE.utf8" in said
    assert said.endswith("UTF-8\n")


def test_lines_of_ones_own_run_as_root_and_editors_do_not(everything: str) -> None:
    assert in_image(everything, "cat /usr/local/own; echo $OWN; id -u").split() == ["0", "1", "1000"]
    assert inspect(everything)["Config"]["User"] == "1000:1000"


def test_settings_of_ones_own(everything: str) -> None:
    assert "editor.fontSize" in in_image(everything, "cat ~/.local/share/code-server/User/settings.json")


def test_the_company_ca_is_trusted_by_everything(everything: str, ca_file: Path, base_image: str) -> None:
    private = private_certificates(ca_file, base_image)
    assert private
    script = "echo $NODE_EXTRA_CA_CERTS $PIP_CERT; cat /etc/ssl/certs/ca-certificates.crt"
    said = in_image(everything, script).encode()
    assert said.splitlines()[0] == b"/opt/codehub/ca/company.pem /etc/ssl/certs/ca-certificates.crt"
    assert all(line in said for line in private)
