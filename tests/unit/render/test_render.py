"""Which files a setup has, that they depend on nothing else, and what is in the README and the contexts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.render.setups import every_deployment, setup
from wizard.render import render
from wizard.render.secrets import Secrets
from wizard.setup.model import Setup

ALWAYS = {".gitignore", "README.md"}
KUBERNETES = {"config.yaml", "values.extra.yaml", "deploy.sh"}
DOCKER = {"deploy.sh", "compose.yaml", "jupyterhub_config.py", "hub.env", "backup.sh", "restore.sh"}
BUILT = {"build.sh", "Dockerfile.notebook"}


def files_of(chosen: Setup, **local_files: bytes) -> dict[str, Any]:
    return dict(render(chosen, Secrets().complete(chosen), local_files))


def top(files: dict[str, Any]) -> set[str]:
    return {name for name in files if "/" not in name}


class TestFiles:
    def test_kubernetes(self) -> None:
        files = files_of(setup())
        assert top(files) == ALWAYS | KUBERNETES | BUILT | {"secrets.yaml"}
        assert not [name for name in files if name.startswith("image/hub")]

    def test_a_hub_image_has_its_own(self) -> None:
        files = files_of(setup(hub__proxy="traefik"))
        assert "Dockerfile.hub" in files
        assert [name for name in files if name.startswith("image/hub/")]

    def test_docker(self) -> None:
        files = files_of(setup(target__kind="docker"))
        assert top(files) == ALWAYS | BUILT | DOCKER | {"Dockerfile.hub", "secrets.yaml", "proxy.env"}
        secret = {name for name, file in files.items() if not file.mode & 0o044}
        assert secret == {"secrets.yaml", "hub.env", "proxy.env"}
        assert secret < set(files[".gitignore"].text.splitlines())

    def test_local(self) -> None:
        assert set(files_of(setup(target__kind="local"))) == ALWAYS | {"secrets.yaml"}

    def test_modes(self) -> None:
        files = files_of(setup())
        executable = {name for name, file in files.items() if file.mode & 0o111}
        assert {"build.sh", "deploy.sh"} <= executable
        assert all(files[name].content.startswith(b"#!") for name in executable)
        assert {name for name, file in files.items() if file.content.startswith(b"#!")} == executable
        assert {name for name, file in files.items() if not file.mode & 0o044} == {"secrets.yaml"}

    def test_the_persons_own_values_begin_empty_and_are_written_once(self) -> None:
        own = files_of(setup())["values.extra.yaml"]
        assert own.once
        assert all(text.startswith("#") for text in own.text.splitlines())

    def test_secrets_and_state_are_not_committed(self) -> None:
        ignored = files_of(setup())[".gitignore"]
        assert ignored.lines
        assert ignored.text.splitlines() == ["secrets.yaml", ".codehub/", ".*.tmp"]

    def test_the_same_setup_gives_the_same_bytes(self) -> None:
        for chosen in every_deployment():
            secrets = Secrets().complete(chosen)
            assert render(chosen, secrets) == render(Setup.model_validate(chosen.model_dump(by_alias=True)), secrets)

    def test_no_path_leaves_the_folder(self) -> None:
        local = {"../../x.vsix": b"", "/..vsix": b"", "a b/$(y).vsix": b""}
        files = files_of(setup(code_server__extensions=list(local)), **local)
        baked = [name for name in files if name.startswith("image/notebook/extensions/") and name.endswith(".vsix")]
        assert len(baked) == 3
        for name in files:
            assert re.fullmatch(r"[A-Za-z0-9._/-]+", name)
            assert ".." not in name.split("/")


class TestContexts:
    def test_the_guarded_server_is_in_the_notebooks_context(self) -> None:
        files = files_of(setup())
        assert b"codehub-singleuser" in files["image/notebook/singleuser/pyproject.toml"].content
        assert not [name for name in files if re.search(r"__pycache__|\.pyc$|egg-info|\.ruff_cache", name)]

    def test_what_the_dockerfiles_copy_and_mount_is_there(self) -> None:
        files = files_of(setup(hub__proxy="traefik"))
        for image in ("notebook", "hub"):
            text = files[f"Dockerfile.{image}"].text
            wanted = re.findall(r"type=bind,source=([^,]+)", text)
            wanted += re.findall(r"^COPY (?!--from)(?:--\S+ )*(\S+) \S+$", text, re.MULTILINE)
            assert wanted
            for source in wanted:
                prefix = f"image/{image}/{source}"
                assert any(name == prefix or name.startswith(f"{prefix}/") for name in files), source

    def test_own_files_are_taken_in(self) -> None:
        local = {"a/x.vsix": b"one", "b/x.vsix": b"two", "s.json": b"{}", "extra": b"RUN touch /x\n"}
        chosen = setup(
            code_server__extensions=["ms-python.python", "a/x.vsix", "b/x.vsix"],
            code_server__settings="s.json",
            images__notebook__extra="extra",
        )
        files = files_of(chosen, **local)
        baked = {file.content for name, file in files.items() if name.endswith(".vsix")}
        assert baked == {b"one", b"two"}
        assert files["image/notebook/home/settings.json"].content == b"{}"
        lines = files["Dockerfile.notebook"].text.splitlines()
        assert lines.index("RUN touch /x") > lines.index("FROM notebook AS extra")
        assert [text for text in lines if text.startswith("USER")][-1] == "USER 1000:1000"


class TestReadme:
    def test_names_only_files_that_are_there(self) -> None:
        for chosen in (
            setup(),
            setup(target__kind="docker"),
            setup(target__kind="local"),
            setup(hub__auth__kind="native"),
        ):
            files = files_of(chosen)
            named = re.findall(r"^\| `([^`]+)` \|", files["README.md"].text, re.MULTILINE)
            there = {name.split("/")[0] for name in files} | {"codehub.yaml", ".codehub"}
            # Made by a run, once the images are delivered.
            there |= {"images.yaml"} if chosen.target.kind == "kubernetes" else set()
            assert {name.rstrip("/") for name in named} == there - {".gitignore", "README.md"}

    def test_says_how_to_deploy_with_and_without_codehub(self) -> None:
        text = files_of(setup(target__context="it's"))["README.md"].text
        for wanted in (
            "codehub apply",
            "./build.sh\n./deploy.sh",
            "helm uninstall jhub --namespace codehub --kube-context 'it'\"'\"'s'",
        ):
            assert wanted in text

    def test_says_where_people_are_let_in(self) -> None:
        assert "`hub.auth.users`" in files_of(setup())["README.md"].text
        assert "`hub.auth.users`" not in files_of(setup(hub__auth__allow_all=True))["README.md"].text

    def test_says_which_address_the_provider_needs(self) -> None:
        chosen = setup(
            hub__auth__kind="github",
            target__expose__kind="ingress",
            target__expose__host="h.example.org",
            target__expose__tls="secret",
        )
        assert "https://h.example.org/hub/oauth_callback" in files_of(chosen)["README.md"].text


@pytest.mark.parametrize("missing", ["a.vsix", "b.json"])
def test_a_local_file_that_is_not_handed_in_is_a_defect_of_the_caller(missing: str) -> None:
    chosen = setup(code_server__extensions=["a.vsix"], code_server__settings="b.json")
    with pytest.raises(KeyError, match=missing):
        files_of(chosen, **{name: b"" for name in ("a.vsix", "b.json") if name != missing})
