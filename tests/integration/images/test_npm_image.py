"""The notebook image by npm, as people live in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.images.building import Built, answers, build, docker, in_image, inspect
from tests.integration.images.vsix import vsix
from tests.support.processes import wait_until
from wizard.tools import image_contents

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(1200)]

HEALTH = ["/usr/bin/python3", "-I", "/opt/codehub/bin/healthcheck.py"]
DATA = "/home/coder/.local/share/code-server"


@pytest.fixture
def container(npm_image: Built, volume: str) -> Iterator[str]:
    """The image as it is, told to do without a hub, with an empty volume on its home."""
    name = docker("run", "--detach", "--env=CODEHUB_NO_HUB=1", f"--volume={volume}:/home/coder", npm_image.reference)
    yield name.strip()
    docker("rm", "--force", name.strip())


def test_serves_healthz_as_1000_on_an_empty_volume(container: str) -> None:
    wait_until(lambda: not docker("exec", container, *HEALTH, check=False), "the single-user server", seconds=60)
    users = {line.split()[0] for line in docker("exec", container, "ps", "-eo", "uid,args").splitlines()[1:]}
    assert users == {"1000"}
    assert docker("exec", container, "cat", "/proc/1/comm").strip() == "tini"
    # Only the single-user server listens; code-server has no port that another process could talk to.
    ports = docker("exec", container, "sh", "-c", "cat /proc/net/tcp /proc/net/tcp6")
    listening = [line.split()[1] for line in ports.splitlines() if " 0A " in line]
    assert [int(address.rpartition(":")[2], 16) for address in listening] == [8888]


def test_docker_asks_the_health_check(npm_image: Built) -> None:
    assert inspect(npm_image.reference)["Config"]["Healthcheck"]["Test"] == ["CMD", *HEALTH]


def test_refuses_to_start_without_a_hub(npm_image: Built) -> None:
    said = docker("run", "--rm", npm_image.reference, check=False)
    assert "No JupyterHub started this server" in said
    assert "JUPYTERHUB_API_TOKEN" in said
    code = docker("run", "--rm", npm_image.reference, "sh", "-c", "codehub-singleuser 2>/dev/null; echo $?")
    assert code.strip() == "1"


def test_git_python_locale_and_the_asked_package_are_there(npm_image: Built) -> None:
    said = in_image(
        npm_image.reference, 'git --version; python3 --version; jq --version; echo "$LANG $SHELL $HOME"; id'
    )
    assert "git version" in said
    assert "jq-" in said
    assert "C.UTF-8 /bin/bash /home/coder" in said
    assert "uid=1000(coder) gid=1000(coder) groups=1000(coder)" in said


def test_code_server_runs_with_its_own_node(npm_image: Built) -> None:
    said = in_image(
        npm_image.reference, "code-server --version; /opt/code-server/lib/node --version; ! command -v node"
    )
    assert "4.139.1 " in said
    assert "\nv24." in said


def test_baked_extension_is_listed_on_an_empty_volume(npm_image: Built, volume: str) -> None:
    said = in_image(npm_image.reference, "code-server --list-extensions", f"--volume={volume}:/home/coder")
    assert said.splitlines()[-1] == "acme.one"


def test_extensions_removed_and_added_by_the_user_stay_so(npm_image: Built, volume: str, tmp_path: Path) -> None:
    (tmp_path / "two.vsix").write_bytes(vsix("acme", "two"))
    (tmp_path / "two.vsix").chmod(0o644)
    tmp_path.chmod(0o755)
    home, local = f"--volume={volume}:/home/coder", f"--volume={tmp_path}:/mnt:ro"
    in_image(
        npm_image.reference,
        "code-server --install-extension /mnt/two.vsix && code-server --uninstall-extension acme.one",
        home,
        local,
    )
    again = in_image(npm_image.reference, "code-server --list-extensions", home)
    assert again.splitlines()[-1] == "acme.two"
    assert "acme.one" not in again
    # It can be had back, from anywhere, and then belongs to the user.
    (tmp_path / "one.vsix").write_bytes(vsix("acme", "one", "1.1.0"))
    in_image(npm_image.reference, "code-server --install-extension /mnt/one.vsix", home, local)
    third = in_image(npm_image.reference, "code-server --list-extensions --show-versions", home)
    assert sorted(third.splitlines()[-2:]) == ["acme.one@1.1.0", "acme.two@1.0.0"]


def test_a_newer_image_renews_what_the_user_did_not_touch(
    npm_image: Built, volume: str, setup_folder: Path, base_image: str, ca_file: Path, tmp_path: Path
) -> None:
    """One extension changed in the answers: everything before the extensions comes out of the cache."""
    home = f"--volume={volume}:/home/coder"
    in_image(npm_image.reference, "true", home)
    (tmp_path / "one.vsix").write_bytes(vsix("acme", "one", "2.0.0"))
    (tmp_path / "three.vsix").write_bytes(vsix("acme", "three"))
    setup = answers(
        setup_folder,
        base_image,
        code_server={"extensions": ["one.vsix", "three.vsix"], "packages": ["jq"]},
        build={"ca_bundle": str(ca_file)},
    )
    newer = build(tmp_path, setup, reference="codehub-test-images/npm-newer:1")
    for before in ("singleuser.sh", "code-server-npm.sh", "packages.sh", "COPY --from=code-server", "COPY runtime"):
        assert newer.cached(before), before
    assert not newer.cached("extensions.sh")
    shown = in_image(newer.reference, "code-server --list-extensions --show-versions", home)
    assert sorted(shown.splitlines()[-2:]) == ["acme.one@2.0.0", "acme.three@1.0.0"]
    older = in_image(npm_image.reference, "code-server --list-extensions --show-versions", home)
    assert older.splitlines()[-1] == "acme.one@1.0.0"
    assert "acme.three" not in older


def test_settings_and_welcome_folder_are_given_once(npm_image: Built, volume: str) -> None:
    home = f"--volume={volume}:/home/coder"
    first = in_image(npm_image.reference, f"cat {DATA}/User/settings.json; ls -A ~", home)
    assert '"telemetry.telemetryLevel": "off"' in first
    assert {"welcome", ".bashrc"} <= set(first.split())
    in_image(npm_image.reference, f"rm -r ~/welcome; echo '{{}}' > {DATA}/User/settings.json", home)
    assert in_image(npm_image.reference, f"cat {DATA}/User/settings.json; ls ~", home).split() == ["{}"]


def test_a_home_that_cannot_be_written_is_told_of(npm_image: Built) -> None:
    said = docker(
        "run", "--rm", "--tmpfs=/home/coder:uid=0,mode=755", npm_image.reference, "echo", "started", check=False
    )
    assert "home folder /home/coder could not be prepared" in said
    assert "started" in said


def test_a_version_of_another_node(setup_folder: Path, base_image: str, ca_file: Path, tmp_path: Path) -> None:
    """Node 20, and modules that would fetch ripgrep from GitHub: the whole image, on an empty volume."""
    setup = answers(
        setup_folder,
        base_image,
        code_server={"version": "v4.100.3", "extensions": ["one.vsix"], "packages": ["jq"]},
        build={"ca_bundle": str(ca_file)},
    )
    (tmp_path / "one.vsix").write_bytes((setup_folder / "one.vsix").read_bytes())
    older = build(tmp_path, setup, reference="codehub-test-images/npm-node20:1").reference
    said = in_image(older, "code-server --version; /opt/code-server/lib/node --version; code-server --list-extensions")
    assert "4.100.3 " in said
    assert "\nv20." in said
    assert said.splitlines()[-1] == "acme.one"
    rg = "/opt/code-server/lib/vscode/node_modules/@vscode/ripgrep/bin/rg"
    assert "ripgrep" in in_image(older, f"echo found | {rg} --pcre2 'f(?=ound)' && {rg} --version")
    name = docker("run", "--detach", "--rm", "--env=CODEHUB_NO_HUB=1", older).strip()
    try:
        wait_until(lambda: not docker("exec", name, *HEALTH, check=False), "the single-user server", seconds=60)
    finally:
        docker("rm", "--force", name)


def test_labels_say_what_is_inside(npm_image: Built, base_image: str) -> None:
    labels = inspect(npm_image.reference)["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "4.139.1"
    assert labels["org.opencontainers.image.base.name"] == base_image
    assert {name: labels[f"codehub.{name}"] for name in ("method", "code-server", "node", "jupyterhub")} == {
        "method": "npm",
        "code-server": "4.139.1",
        "node": "24",
        "jupyterhub": "5.*",
    }
    assert labels["codehub.vscode"].startswith("1.139")


async def test_status_gets_to_know_what_is_inside(npm_image: Built, base_image: str) -> None:
    """Exact versions, read out of the image without running it."""
    found = await image_contents.contents(npm_image.reference)
    inside = found["inside"]
    assert (inside["code-server"], inside["vscode"], inside["method"]) == ("4.139.1", "1.139.1", "npm")
    assert re.fullmatch(r"24\.\d+\.\d+", inside["node"])
    assert re.fullmatch(r"5\.\d+\.\d+", inside["jupyterhub"])
    assert found["base"] == base_image
    assert found["layers"] == len(inspect(npm_image.reference)["RootFS"]["Layers"])
    described = image_contents.describe(found)
    assert described.startswith(f"{inspect(npm_image.reference)['Size'] / 1e6:.0f} MB in {found['layers']} layers, ")
    assert f"Node {inside['node']}, JupyterHub {inside['jupyterhub']}" in described
    assert await image_contents.contents("codehub-test-images/not-there:1") == {}


async def test_an_image_of_somebody_elses_has_no_versions(base_image: str) -> None:
    found = await image_contents.contents(base_image)
    assert found["inside"] == {}
    assert found["size"] > 0


def test_the_activity_extension_is_one_of_the_editors_own(npm_image: Built) -> None:
    said = in_image(npm_image.reference, "cat /opt/code-server/lib/vscode/extensions/codehub-activity/package.json")
    assert json.loads(said)["publisher"] == "codehub"
