"""Which tag exists, which was meant, which is newest, which goes with a base image."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.catalog import base_fit, closest, explain_tag, known_base, known_tag, newest, why_not
from wizard.catalog.bundled import code_server_tags
from wizard.catalog.explain import WAYS
from wizard.catalog.parse import tags_from_names

TAGS = code_server_tags()


@pytest.mark.parametrize(
    ("asked", "tag"),
    [
        ("v4.133.0", "v4.133.0"), ("4.133.0", "v4.133.0"), ("v3.2.0", "3.2.0"), ("3.4.1", "3.4.1"),
        ("v3.4.1", "v3.4.1"), ("4.101.0", "4.101.0"), ("v4.101.0-rc.1", "v4.101.0-rc.1"),
    ],
)  # fmt: skip
def test_a_tag_is_known_with_and_without_v(asked: str, tag: str) -> None:
    found = known_tag(asked, TAGS)
    assert found is not None
    assert found.tag == tag
    assert known_tag(asked) == found


@pytest.mark.parametrize("asked", ["v4.119.0", "v4.94.0", "latest", "", "v4.133", "4.133.0 "])
def test_what_is_not_known(asked: str) -> None:
    assert known_tag(asked, TAGS) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("v4.119.0", ["v4.118.0", "v4.121.0", "v4.117.0"]),
        ("v4.99.9", ["v4.99.4", "v4.99.3", "v4.99.2"]),
        ("4.133", ["v4.133.0", "v4.132.0", "v4.134.0"]),
        ("v4.1333.0", ["v4.139.1", "v4.138.0", "v4.137.0"]),
        ("v4.l33.0", ["v4.133.0"]),
        ("latest", ["v4.139.1"]),
        ("something else", []),
    ],
)
def test_did_you_mean(typed: str, meant: list[str]) -> None:
    names = [tag.tag for tag in closest(typed, TAGS)]
    assert names[: len(meant)] == meant if typed != "v4.l33.0" else meant[0] in names
    assert bool(names) == bool(meant)


@given(st.text(max_size=30), st.integers(0, 5))
def test_did_you_mean_never_breaks(typed: str, limit: int) -> None:
    assert len(closest(typed, TAGS, limit=limit) if limit else []) <= limit


@pytest.mark.parametrize(
    ("reference", "glibc", "apt"),
    [
        ("debian:bookworm-slim", (2, 36), True),
        ("docker.io/library/debian:12.5", (2, 36), True),
        ("debian:13-slim@sha256:abc", (2, 41), True),
        ("ubuntu:22.04", (2, 35), True),
        ("localhost:5000/acme/node:18-bullseye-slim", (2, 31), True),
        ("python:3.12-slim-bookworm", (2, 36), True),
        ("quay.io/jupyter/base-notebook:ubuntu-24.04", (2, 39), True),
        ("ubuntu:bionic", (2, 27), True),
        ("alpine:3.20", None, False),
        ("node:20-alpine3.20", None, False),
        ("rockylinux:9", None, False),
        ("debian:latest", None, None),
        ("acme/base:7", None, None),
    ],
)
def test_what_the_name_of_a_base_image_tells(reference: str, glibc: tuple[int, int] | None, apt: bool | None) -> None:
    base = known_base(reference)
    assert (base.glibc, base.apt) == (glibc, apt)


@given(st.text(max_size=80))
def test_no_name_of_a_base_image_breaks_anything(reference: str) -> None:
    assert known_base(reference).name == reference
    assert base_fit("v4.133.0", reference)[1]


def test_the_newest() -> None:
    tags = tags_from_names(["v4.134.0-rc.1", "v4.133.0", "v4.100.3", "v4.16.1", "v4.89.1"])
    assert _name(newest(tags)) == "v4.133.0"
    assert _name(newest(tags, prereleases=True)) == "v4.134.0-rc.1"
    assert _name(newest(tags, base="debian:bookworm-slim")) == "v4.133.0"
    assert _name(newest(tags, base="ubuntu:18.04")) == "v4.16.1"
    assert _name(newest(tags, base="node:20-bookworm", way="npm")) == "v4.100.3"
    assert _name(newest(tags, base="node:20-bookworm", way="release")) == "v4.133.0"
    assert newest(tags, base="alpine:3.20") is None
    assert newest(tags, arch="s390x", way="release") is None
    assert newest([]) is None
    arm = tags_from_names(["v4.123.0", "v4.122.1"])
    assert _name(newest(arm, way="release", arch="arm/v7")) == "v4.122.1"


def test_why_a_tag_does_not_go_with_a_base() -> None:
    fits, why = base_fit("v4.133.0", "ubuntu:18.04")
    assert not fits
    assert why.startswith("v4.133.0 needs glibc 2.28; ubuntu:18.04 has 2.27")
    fits, why = base_fit("v4.16.1", "ubuntu:18.04")
    assert fits
    fits, why = base_fit("v4.133.0", "node:20-bookworm", "npm")
    assert (fits, why) == (False, "v4.133.0 needs Node 24; node:20-bookworm brings Node 20.")
    assert base_fit("v4.133.0", "node:20-bookworm", "release")[0]
    assert base_fit("v4.133.0", "acme/base:7") == (
        True, "acme/base:7 is not known here; v4.133.0 needs glibc 2.28 or newer, and apt.",
    )  # fmt: skip


def test_the_ways_that_a_tag_cannot_be_had() -> None:
    assert all(why_not("v4.133.0", way) == "" for way in WAYS)
    assert "3.9.3" in why_not("v3.8.0", "npm")
    assert "pre-release" in why_not("v4.9.0-rc.1", "image")
    assert why_not("v4.9.0-rc.1", "release") == ""
    assert "s390x" in why_not("v4.133.0", "release", arch="s390x")
    assert "s390x" in why_not("v4.133.0", "source", arch="s390x")
    assert "older than 3.4.0" in why_not("3.2.0", "release")
    assert "older than 3.4.0" in why_not("3.2.0", "source")
    assert "not a code-server version" in why_not("nightly", "npm")


def test_a_tag_is_explained() -> None:
    lines = explain_tag("4.133.0", TAGS)
    assert lines[0] == "v4.133.0: VS Code 1.133.0, of 2026-08-17"
    assert lines[1] == "Needs Node 24 and glibc 2.28."
    assert lines[2] == "Ways to get it: release, npm, source, image."
    assert explain_tag("v4.119.0", TAGS) == [
        "v4.119.0 is not a version that codehub knows. Did you mean v4.118.0, v4.121.0, v4.117.0?"
    ]


def _name(tag: object) -> str:
    return str(getattr(tag, "tag", None))
