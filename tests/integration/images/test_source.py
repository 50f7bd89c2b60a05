"""Building from source: one tag of every family, against a small repository shaped like upstream's at that tag.

A full build of the real sources takes up to an hour and 16 GB of memory; it is not run here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.images.building import PREFIX, answers, build, docker
from tests.integration.images.serving import serve_git
from tests.integration.images.source_repository import make_repositories
from wizard.catalog import build_family
from wizard.errors import StepFailed

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network", "git"), pytest.mark.timeout(1200)]

YARN = ["yarn install", "yarn build", "yarn build:vscode", "yarn release", "yarn release:standalone"]
NPM = ["npm install", "npm build", "npm build:vscode VERSION", "npm release"]

# A tag of each family, its Node, and the calls in order, with the names of the variables that were set.
FAMILIES = {
    "v3.4.1": (12, [YARN[0], "yarn vscode", *YARN[1:]]),
    "v3.10.2": (12, YARN),
    "v4.0.2": (14, YARN),
    "v4.8.3": (16, YARN),
    "v4.22.1": (18, [*YARN[:2], "yarn build:vscode VERSION", "yarn release", "yarn release:standalone VERSION"]),
    "v4.100.3": (20, [*NPM, "npm release:standalone VERSION"]),
    "v4.117.0": (22, [*NPM[:3], "npm release KEEP_MODULES"]),
}


@pytest.mark.parametrize("tag", FAMILIES)
def test_each_family_takes_its_own_steps(tag: str, tmp_path: Path, base_image: str, ca_file: Path) -> None:
    node, expected = FAMILIES[tag]
    family = build_family(tag)
    make_repositories(tmp_path / "git", family, tag)
    reference = f"{PREFIX}/source:{tag}"
    with serve_git(tmp_path / "git") as address:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"version": tag, "method": "source"},
            build={"ca_bundle": str(ca_file), "args": {"SOURCE_REPOSITORY": f"{address}/code-server"}},
        )
        build(tmp_path, setup, target="code-server", reference=reference)
    try:
        lines = docker("run", "--rm", reference, "cat", "/opt/code-server/calls.txt").splitlines()
        version = docker("run", "--rm", reference, "/opt/code-server/bin/code-server", "--version").split()[0]
        own_node = docker("run", "--rm", reference, "/opt/code-server/lib/node", "--version")
    finally:
        docker("rmi", "--force", reference)
    calls = [_call(line) for line in lines]
    assert [_shown(call, tag.removeprefix("v")) for call in calls] == expected
    assert {call["node"] for call in calls} == {f"v{node}"}
    assert own_node.startswith(f"v{node}.")
    patched = {"submodule": "patched" if family.prepare else "unpatched", "in-tree": "in-tree", "vendored": "none"}
    assert {call["vscode"] for call in calls} == {patched[family.checkout]}
    target = "linux-x64" if "VSCODE_TARGET" in dict(family.env) else ""
    assert {call["TARGET"] for call in calls} == {target}
    if any("npm version" in step for step in family.steps):
        assert version == tag.removeprefix("v")


def _call(line: str) -> dict[str, str]:
    name, *seen = line.split("|")
    return {"call": name} | {key: value for key, _, value in (part.partition("=") for part in seen)}


def _shown(call: dict[str, str], version: str) -> str:
    assert call["VERSION"] in {"", version}
    return " ".join([call["call"], *(key for key in ("VERSION", "KEEP_MODULES") if call[key])])


def test_a_tag_that_does_not_exist(tmp_path: Path, base_image: str, ca_file: Path) -> None:
    make_repositories(tmp_path / "git", build_family("v4.117.0"), "v4.117.0")
    with serve_git(tmp_path / "git") as address:
        setup = answers(
            tmp_path,
            base_image,
            code_server={"version": "v4.118.0", "method": "source"},
            build={"ca_bundle": str(ca_file), "args": {"SOURCE_REPOSITORY": f"{address}/code-server"}},
        )
        with pytest.raises(StepFailed) as failed:
            build(tmp_path, setup, target="code-server", reference=f"{PREFIX}/source:none")
    assert "code-server has no tag v4.118.0" in failed.value.why
    assert "codehub versions code-server" in failed.value.fix
