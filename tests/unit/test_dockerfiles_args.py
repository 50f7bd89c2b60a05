"""What the images are built with, worked out from the answers."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.catalog import Version
from wizard.catalog.bundled import code_server_tags
from wizard.errors import UsageError
from wizard.render.buildargs import PROXY_ARGS, gallery_json, image_builds, source_args
from wizard.render.model import ImageBuild
from wizard.setup.model import Setup

ARG = re.compile(r"^ARG (\w+)", re.MULTILINE)
METHODS = ("release", "npm", "source", "image")


def builds(local: dict[str, bytes] | None = None, **answers: Any) -> dict[str, ImageBuild]:
    return image_builds(Setup.model_validate(answers), local or {})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("proxy", ["chp", "traefik"])
def test_every_argument_is_one_that_the_dockerfile_declares(method: str, proxy: str) -> None:
    made = builds(
        local={"a.vsix": b"", "ca.pem": b"x"},
        code_server={
            "method": method,
            "checksum": "a" * 64,
            "release_url": "https://mirror.example.org/releases",
            "repository": "https://git.example.org/code-server.git",
            "extensions": ["a.b", "a.vsix"],
            "packages": ["jq"],
            "gallery": "https://gallery.example.org/vscode/gallery",
            "sudo": True,
        },
        build={"ca_bundle": "ca.pem", "ca_at_runtime": True},
        hub={"proxy": proxy, "auth": {"kind": "native", "admins": ["root"]}},
    )
    assert made
    for build in made.values():
        assert set(build.args) <= set(ARG.findall(build.text))
        assert all(build.args.values())


def test_only_what_the_way_reads_is_passed() -> None:
    """Another way's argument would be another cache key for nothing."""
    passed = {method: set(builds(code_server={"method": method})["notebook"].args) for method in METHODS}
    assert not {name for name in passed["npm"] if name.startswith(("RELEASE", "SOURCE", "CODE_SERVER_IMAGE"))}
    assert not {name for name in passed["release"] if name.startswith(("SOURCE", "CODE_SERVER_IMAGE"))}
    assert "SOURCE_COMMANDS" in passed["source"]
    assert "CODE_SERVER_IMAGE" in passed["image"]


@pytest.mark.parametrize("tag", [tag.tag for tag in code_server_tags()])
def test_every_tag_has_a_family_or_a_reason(tag: str) -> None:
    """From 3.4.1 on each is built by known steps; what is older is refused with the reason."""
    version = next(one.order for one in code_server_tags() if one.tag == tag)
    try:
        args = source_args(tag)
    except UsageError as refused:
        assert version < Version(3, 4, 1)
        assert refused.why
    else:
        assert args["CODE_SERVER_TAG"] == tag or args["CODE_SERVER_TAG"] == f"v{tag}"
        assert args["SOURCE_COMMANDS"].startswith(("yarn", "npm", "git submodule"))
        assert "{" not in args["SOURCE_COMMANDS"] + args["SOURCE_ENV"].replace("${NODE_ARCH}", "")
        assert args["SOURCE_ARTIFACT"] in {"release", "release-standalone"}
        assert int(args["SOURCE_MEMORY_MB"]) >= 4096


def test_a_source_build_says_what_it_costs() -> None:
    notices = builds(code_server={"method": "source", "version": "v4.133.0"})["notebook"].notices
    assert re.search(r"minutes.*GB of memory.*GB of disk", notices[0])
    assert builds(code_server={"method": "npm"})["notebook"].notices == ()


def test_the_node_and_the_jupyterhub_major_go_with_the_versions() -> None:
    args = builds(code_server={"version": "v4.100.3"}, target={"chart": {"version": "3.3.8"}})["notebook"].args
    assert (args["NODE_VERSION"], args["JUPYTERHUB_VERSION"], args["VSCODE_VERSION"]) == ("20", "4.*", "1.100.3")


def test_local_extensions_keep_their_order_and_do_not_overwrite_each_other() -> None:
    local = {"x/a.vsix": b"1", "y/a.vsix": b"2", "z/ä b;$.vsix": b"3"}
    made = builds(local=local, code_server={"extensions": ["x/a.vsix", "q.r", "y/a.vsix", "z/ä b;$.vsix"]})["notebook"]
    baked = {path: data for path, data in made.files.items() if path.endswith(".vsix")}
    assert list(baked.values()) == [b"1", b"2", b"3"]
    assert all(re.fullmatch(r"extensions/\d\d-[A-Za-z0-9._-]+", path) for path in baked)
    assert made.args["EXTENSIONS"] == "q.r"


def test_own_settings_and_lines() -> None:
    made = builds(
        local={"s.json": b"{}", "lines": b"RUN true\n"},
        code_server={"settings": "s.json"},
        images={"notebook": {"extra": "lines"}},
    )["notebook"]
    assert made.files["home/settings.json"] == b"{}"
    stages = re.findall(r"^FROM \S+ AS (\S+)", made.text, re.MULTILINE)
    assert stages[-2:] == ["notebook", "extra"]
    assert made.text.rstrip().endswith("USER 1000:1000")
    assert "\nRUN true\n" in made.text


def test_a_changed_ca_changes_an_argument_and_the_ca_itself_is_no_file_of_the_context() -> None:
    one, other = (builds(local={"ca.pem": data}, build={"ca_bundle": "ca.pem"}) for data in (b"one", b"other"))
    for name, build in one.items():
        assert build.args["CA_SHA256"] == hashlib.sha256(b"one").hexdigest()
        assert build.args["CA_SHA256"] != other[name].args["CA_SHA256"]
        assert build.secrets == {"ca": "ca.pem"}
        assert b"one" not in build.files.values()


def test_own_arguments_win_and_those_that_nothing_reads_are_told() -> None:
    made = builds(
        build={"args": {"APT_MIRROR": "https://m.example.org/debian", "https_proxy": "http://p:3128", "NOPE": "1"}},
        hub={"proxy": "traefik"},
    )
    assert made["notebook"].args["APT_MIRROR"] == "https://m.example.org/debian"
    assert made["notebook"].args["https_proxy"] == "http://p:3128"
    assert made["notebook"].unused == ("NOPE",)
    assert made["hub"].unused == ("APT_MIRROR", "NOPE")
    assert {"HTTPS_PROXY", "no_proxy"} <= PROXY_ARGS


def test_the_hub_is_made_from_the_charts_own_image() -> None:
    hub = builds(target={"chart": {"version": "4.4.0"}}, hub={"proxy": "traefik"})["hub"]
    assert hub.args["BASE_IMAGE"] == "quay.io/jupyterhub/k8s-hub:4.4.0"
    assert hub.args["JUPYTERHUB_VERSION"] == "5.5.0"
    assert "hub" not in builds(hub={"proxy": "chp"})


@given(st.from_regex(r"https://[a-z]{1,9}\.org(/[a-z\"']{1,9})?/gallery/?", fullmatch=True))
def test_the_gallery_is_json_whatever_its_address(address: str) -> None:
    described = json.loads(gallery_json(address))
    assert described["serviceUrl"] == address.rstrip("/")
    assert described["itemUrl"] == address.rstrip("/").removesuffix("/gallery") + "/item"


def test_no_gallery_is_open_vsx() -> None:
    assert gallery_json("") == ""
