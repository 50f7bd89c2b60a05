"""Every tag from 3.4.1 on is built by a known family, or refused with the reason; and Node is right."""

import csv
import json
import re

import pytest
from hypothesis import given

from tests.support.parts import SHARED
from tests.unit.catalog.test_version import VERSIONS
from wizard.catalog import build_families, build_family, node_for, node_major, parse_version, source_build
from wizard.catalog.bundled import code_server_tags
from wizard.catalog.node import major_by_rule
from wizard.catalog.version import Version
from wizard.errors import UsageError

REFERENCE = SHARED / "reference"


def test_every_tag_since_3_4_is_built_by_exactly_one_family() -> None:
    tags = [tag for tag in code_server_tags() if tag.order >= Version(3, 4, 0)]
    assert len(tags) > 200
    for tag in tags:
        assert [family.name for family in build_families() if family.covers(tag.order)] == [build_family(tag.tag).name]
        for arch in ("amd64", "arm64"):
            build = source_build(tag.tag, arch)
            assert build.commands
            assert build.cost().startswith(f"A source build of {build.tag} takes about 30 to 60 minutes")
            assert "{" not in "".join([*build.commands, *build.env.values()])


@pytest.mark.parametrize(
    ("tag", "family", "manager", "first_step", "artifact"),
    [
        ("v3.4.1", "yarn-submodule", "yarn", "yarn", "release-standalone"),
        ("v3.11.1", "yarn-in-tree", "yarn", "yarn", "release-standalone"),
        ("v4.1.0", "yarn-vendored", "yarn", "yarn", "release-standalone"),
        ("v4.8.3", "yarn-quilt", "yarn", "git submodule update --init", "release-standalone"),
        ("v4.9.0-rc.1", "yarn-quilt-versioned", "yarn", "git submodule update --init", "release-standalone"),
        ("v4.94.2-rc.1", "npm-quilt", "npm", "git submodule update --init", "release-standalone"),
        ("v4.113.0-rc.1", "npm-quilt", "npm", "git submodule update --init", "release-standalone"),
        ("v4.113.0-rc.2", "npm-release", "npm", "git submodule update --init", "release"),
        ("v4.133.0", "npm-release", "npm", "git submodule update --init", "release"),
    ],
)
def test_the_ends_of_the_families(tag: str, family: str, manager: str, first_step: str, artifact: str) -> None:
    build = source_build(tag)
    assert (build.family.name, build.family.package_manager) == (family, manager)
    assert (build.commands[0], build.family.artifact) == (first_step, artifact)
    assert build.warning == ""


def test_the_version_is_handed_to_the_build() -> None:
    assert "VERSION=4.133.0 npm run build:vscode" in source_build("v4.133.0").commands
    assert source_build("4.133.0", "arm64").env["VSCODE_TARGET"] == "linux-arm64"
    assert source_build("v4.133.0").env["VSCODE_TARGET"] == "linux-x64"
    assert source_build("v4.105.1").memory_gb == 16


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("3.2.0", "older than 3.4.0"),
        ("2.1698.0", "older than 3.4.0"),
        ("v4.94.0", "newer than 4.93.1 and older than 4.94.2"),
        ("latest", "looks like v4.133.0"),
        ("2.1698", "looks like v4.133.0"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_reason(tag: str, reason: str) -> None:
    with pytest.raises(UsageError) as refused:
        build_family(tag)
    assert reason in refused.value.why
    assert refused.value.fix


def test_an_architecture_that_source_builds_do_not_know() -> None:
    with pytest.raises(UsageError, match="s390x"):
        source_build("v4.133.0", "s390x")


@given(VERSIONS)
def test_any_version_is_built_or_refused(text: str) -> None:
    try:
        family = build_family(text)
    except UsageError as error:
        assert error.why
        assert error.fix
    else:
        assert sum(other.covers(parse_version(text) or Version(0, 0, 0)) for other in build_families()) == 1
        assert family.steps


def test_versions_of_the_future_are_a_guess_that_says_so() -> None:
    build = source_build("v4.999.0")
    assert build.family.name == "npm-release"
    assert "not certain" in build.warning
    assert "checked up to v4.133.0" in build.warning
    choice = node_for("v4.999.0")
    assert (choice.major, choice.certain) == (24, False)
    assert "guess" in choice.why


def test_the_rule_gives_the_node_of_every_known_tag() -> None:
    wrong = {
        tag.tag: (tag.node_major, major_by_rule(tag.order))
        for tag in code_server_tags()
        if not tag.estimated and major_by_rule(tag.order) != tag.node_major
    }
    assert wrong == {}


def test_node_of_a_version_that_was_never_tagged() -> None:
    choice = node_for("v4.119.0")
    assert (choice.major, choice.certain) == (22, False)
    assert node_major("latest") == node_major(code_server_tags()[0].tag)


@pytest.mark.tier("shared")
def test_the_bundled_tags_are_those_that_were_measured() -> None:
    bundled = {tag.tag: tag for tag in code_server_tags()}
    with (REFERENCE / "code-server-tags.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if re.match(r"v?[3-9]\.", row["tag"])]
    assert len(rows) > 200
    for row in rows:
        tag = bundled[row["tag"]]
        assert (str(tag.date), tag.vscode, tag.prerelease) == (row["date"], row["vscode"], row["prerelease"] == "true")
        assert re.search(r"\d+", row["node"]).group() == str(tag.node_major)  # type: ignore[union-attr]


@pytest.mark.tier("shared")
def test_the_build_steps_are_those_that_were_measured() -> None:
    for measured in json.loads((REFERENCE / "code-server-build-families.json").read_text(encoding="utf-8")):
        build = source_build(measured["from"])
        steps = [step.replace("VERSION=X", f"VERSION={build.version}") for step in measured["steps"]]
        assert [step for step in build.commands if step in steps] == steps
        assert measured["artifact"].startswith(build.family.artifact + "/")
        assert set(measured.get("apt", [])) <= set(build.family.apt)
        assert build.node_major == int(re.search(r"\d+", measured["node"]).group())  # type: ignore[union-attr]
