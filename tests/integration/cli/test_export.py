"""`codehub export`: what is handed on works elsewhere, is the same each time, and holds no secret."""

from __future__ import annotations

import stat
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.support.chart_repository import CHART
from tests.support.program import codehub


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    folder = tmp_path / "hub"
    assert codehub("init", folder, "--set", "hub.auth.users=alice", "--set", "target.context=minikube").code == 0
    assert codehub("render", folder).code == 0
    return folder


def passwords(setup: Path) -> list[str]:
    made = yaml.safe_load((setup / "secrets.yaml").read_text(encoding="utf-8"))["hub"]["config"]
    return [str(value) for traits in made.values() for value in traits.values()]


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_folder_without_secrets(setup: Path, tmp_path: Path) -> None:
    before = contents(setup)
    ended = codehub("export", setup, "--output", tmp_path / "out")
    assert (ended.code, ended.err) == (0, "")
    exported = contents(tmp_path / "out")
    assert {"codehub.yaml", "config.yaml", "build.sh", "deploy.sh", "README.md", "secrets.example.yaml"} <= set(
        exported
    )
    assert not {name for name in exported if name == "secrets.yaml" or name.startswith(".codehub")}
    assert exported["build.sh"][1] == 0o755
    everything = b"".join(content for content, _ in exported.values())
    assert passwords(setup)
    assert not [password for password in passwords(setup) if password.encode() in everything]
    assert contents(setup) == before


def test_what_is_exported_checks_out_as_a_setup_again(setup: Path, tmp_path: Path) -> None:
    assert codehub("export", setup, "--output", tmp_path / "out").code == 0
    assert codehub("render", tmp_path / "out").code == 0
    assert passwords(tmp_path / "out") != passwords(setup)


def test_files_that_the_answers_name_go_along(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    (folder / "own").mkdir(parents=True)
    for name in ("more.Dockerfile", "ca.pem", "hub.pem", "hub.key"):
        (folder / "own" / name).write_text(f"# {name}\n")
    (tmp_path / "outside.json").write_text("{}")
    settings = (
        "hub.auth.users=alice", "target.kind=docker", "images.notebook.extra=./own/more.Dockerfile",
        "build.ca_bundle=own/ca.pem", "target.docker.tls=files", "target.expose.host=hub.example.org",
        "target.docker.certificate=own/hub.pem", "target.docker.key=own/hub.key",
        f"code_server.settings={tmp_path / 'outside.json'}",
    )  # fmt: skip
    assert codehub("init", folder, *(word for one in settings for word in ("--set", one))).code == 0
    assert codehub("export", folder, "--output", tmp_path / "out").code == 0
    exported = {name: content for name, content in contents(tmp_path / "out").items() if name.startswith("own")}
    expected = {f"own/{name}": (f"# {name}\n".encode(), 0o644) for name in ("more.Dockerfile", "ca.pem", "hub.pem")}
    assert exported == expected
    assert codehub("render", tmp_path / "out").code == 0
    assert codehub("export", folder, "--with-secrets", "--output", tmp_path / "all").code == 0
    assert contents(tmp_path / "all")["own/hub.key"] == (b"# hub.key\n", 0o600)


@pytest.mark.tier("helm3")
def test_a_placeholder_is_never_deployed(setup: Path, tmp_path: Path, helm3: Path) -> None:
    out = tmp_path / "out"
    assert codehub("export", setup, "--output", out).code == 0
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "helm").symlink_to(helm3)
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}
    missing = subprocess.run([out / "deploy.sh"], capture_output=True, text=True, env=env, check=False)
    assert (missing.returncode, "secrets.yaml is missing" in missing.stderr) == (2, True)
    (out / "secrets.example.yaml").rename(out / "secrets.yaml")
    unfilled = subprocess.run([out / "deploy.sh"], capture_output=True, text=True, env=env, check=False)
    assert (unfilled.returncode, "PUT-THE-USER-PASSWORD-HERE" in unfilled.stderr) == (2, True)
    codehub("plan", out).refused(2, "is still a placeholder")


def test_an_archive_is_the_same_each_time(setup: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert codehub("export", setup, "--output", tmp_path / name / "hub.tar.gz", anew=True).code == 0
    first, second = (tmp_path / name / "hub.tar.gz" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert codehub("export", setup, "--output", tmp_path / "folder").code == 0
    assert contents(tmp_path / "unpacked" / "hub") == contents(tmp_path / "folder")


def test_a_plain_tar_by_its_name_or_by_request(setup: Path, tmp_path: Path) -> None:
    assert codehub("export", setup, "--output", tmp_path / "hub.tar").code == 0
    assert codehub("export", setup, "--output", tmp_path / "bundle", "--format", "tar").code == 0
    for path, top in ((tmp_path / "hub.tar", "hub"), (tmp_path / "bundle", "bundle")):
        with tarfile.open(path, "r:") as archive:
            assert archive.getnames()[0] == top


def test_with_secrets_only_the_owner_may_read(setup: Path, tmp_path: Path) -> None:
    ended = codehub("export", setup, "--output", tmp_path / "out.tgz", "--with-secrets")
    assert ended.code == 0
    assert "It holds passwords" in ended.err
    assert stat.S_IMODE((tmp_path / "out.tgz").stat().st_mode) == 0o600
    assert codehub("export", setup, "--output", tmp_path / "out", "--with-secrets").code == 0
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert contents(tmp_path / "out")["secrets.yaml"] == ((setup / "secrets.yaml").read_bytes(), 0o600)


def test_no_secret_of_a_docker_host_goes_along(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    assert codehub("init", folder, "--set", "target.kind=docker", "--set", "hub.auth.users=alice").code == 0
    assert codehub("render", folder).code == 0
    private = {name for name, (_, mode) in contents(folder).items() if mode == 0o600 and "/" not in name}
    assert private > {"secrets.yaml"}
    assert codehub("export", folder, "--output", tmp_path / "out").code == 0
    exported = contents(tmp_path / "out")
    assert not private & set(exported)
    everything = b"".join(content for content, _ in exported.values())
    assert not [password for password in passwords(folder) if password.encode() in everything]
    assert codehub("export", folder, "--output", tmp_path / "all", "--with-secrets").code == 0
    assert {name: contents(tmp_path / "all")[name] for name in private} == {
        name: contents(folder)[name] for name in private
    }


def test_a_persons_changes_go_along(setup: Path, tmp_path: Path) -> None:
    with (setup / "Dockerfile.notebook").open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    (setup / "values.extra.yaml").write_text("hub:\n  db: {password: hunter22}\n", encoding="utf-8")
    ended = codehub("export", setup, "--output", tmp_path / "out")
    assert ended.code == 0
    assert "hub.db.password" in ended.err
    assert "hunter22" not in ended.err
    exported = contents(tmp_path / "out")
    assert exported["Dockerfile.notebook"][0].endswith(b"# mine\n")
    assert b"hunter22" in exported["values.extra.yaml"][0]


def test_nothing_is_overwritten_unasked(setup: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert codehub("export", setup, "--output", tmp_path / "out").code == 0
    codehub("export", setup, "--output", tmp_path / "out").refused(2, "exists already", "--force")
    (tmp_path / "out" / "mine").write_text("mine", encoding="utf-8")
    assert codehub("export", setup, "--output", tmp_path / "out", "--force").code == 0
    assert (tmp_path / "out" / "mine").read_text(encoding="utf-8") == "mine"
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    codehub("export", setup, "--output", tmp_path / "file").refused(2, "is not a folder")
    codehub("export", setup, "--output", tmp_path / "file", "--format", "tar").refused(2, "exists already")
    codehub("export", setup, "--output", tmp_path / "out", "--format", "tar", "--force").refused(2, "is a folder")
    codehub("export", setup, "--output", setup / "codehub.yaml" / "x.tar").refused(1, "could not be made")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.tier("helm3", "helm4")
@pytest.mark.parametrize("form", ["argocd", "flux", "helmfile"])
def test_helm_accepts_what_is_deployed_from_git(
    setup: Path, tmp_path: Path, form: str, helm3: Path, helm4: Path
) -> None:
    assert codehub("init", setup, "--set", "images.registry=ghcr.io/acme").code == 0
    (setup / "values.extra.yaml").write_text("hub: {allowNamedServers: true}\n", encoding="utf-8")
    assert codehub("render", setup).code == 0
    out = tmp_path / "out"
    ended = codehub("export", setup, "--format", form, "--output", out)
    assert ended.code == 0, ended.err
    everything = b"".join(content for content, _ in contents(out).values())
    assert not [password for password in passwords(setup) if password.encode() in everything]
    assert (out / ".github/workflows/codehub.yaml").is_file()
    named = {"argocd": "argocd/application.yaml", "flux": "flux/helmrelease.yaml", "helmfile": "helmfile.yaml"}[form]
    document = yaml.safe_load((out / named).read_text(encoding="utf-8"))
    if form == "helmfile":
        values = [out / name for name in document["releases"][0]["values"] if name != "secrets.yaml"]
    else:
        spec = document["spec"]
        inline = spec["source"]["helm"]["valuesObject"] if form == "argocd" else spec["values"]
        assert inline["hub"]["allowNamedServers"] is True
        values = [tmp_path / "values.yaml"]
        values[0].write_text(yaml.safe_dump(inline), encoding="utf-8")
    for helm in (helm3, helm4):
        argv = [helm, "template", "jhub", CHART, *(word for path in values for word in ("--values", path))]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "ghcr.io/acme/code-server-notebook" in done.stdout
    again = tmp_path / "again"
    assert codehub("export", setup, "--format", form, "--output", again).code == 0
    assert contents(again) == contents(out)
    assert codehub("export", setup, "--format", form, "--output", tmp_path / "x.tar.gz").code == 0
    assert tarfile.is_tarfile(tmp_path / "x.tar.gz")


def test_a_setup_without_a_registry_is_not_deployed_from_git(setup: Path, tmp_path: Path) -> None:
    ended = codehub("export", setup, "--format", "flux", "--output", tmp_path / "out")
    ended.refused(2, "There is no registry for the images")
    assert not (tmp_path / "out").exists()


@pytest.mark.tier("age")
def test_secrets_encrypted_for_their_reader(setup: Path, tmp_path: Path) -> None:
    key = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    (tmp_path / "key").write_text(key)
    public = next(line.rpartition(" ")[2] for line in key.splitlines() if "public key" in line)
    out = tmp_path / "out"
    asked = ("--with-secrets", "--recipient", public)
    ended = codehub("export", setup, "--output", out, *asked)
    assert ended.code == 0, ended.err
    assert "age --decrypt" in ended.err
    assert stat.S_IMODE((out / "secrets.yaml.age").stat().st_mode) == 0o644
    assert not (out / "secrets.yaml").exists()
    everything = b"".join(content for content, _ in contents(out).values())
    assert not [password for password in passwords(setup) if password.encode() in everything]
    argv = ["age", "--decrypt", "--identity", str(tmp_path / "key"), str(out / "secrets.yaml.age")]
    shown = subprocess.run(argv, capture_output=True, check=True).stdout
    assert shown == (setup / "secrets.yaml").read_bytes()
    assert codehub("export", setup, "--output", tmp_path / "out.tgz", *asked).code == 0
    with tarfile.open(tmp_path / "out.tgz") as archive:
        assert "out/secrets.yaml.age" in archive.getnames()
    hub = ("export", setup, "--output", tmp_path / "no")
    codehub(*hub, "--recipient", public).refused(2, "Secrets are not exported")
    codehub(*hub, "--with-secrets", "--encrypt", "age").refused(2, "No --recipient")
    codehub(*hub, "--with-secrets", "--recipient", "-- nobody").refused(1, "age did not encrypt")
    empty = {"PATH": str(tmp_path)}
    codehub(*hub, "--with-secrets", "--recipient", public, env=empty).refused(3, "age is not installed")
    assert not (tmp_path / "no").exists()


def test_sops_gets_the_secrets_on_its_stdin(setup: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    sops = tmp_path / "bin" / "sops"
    sops.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.args"\ncat /dev/stdin > "$0.stdin"\necho "sops: {}"\n')
    sops.chmod(0o755)
    env = {"PATH": f"{sops.parent}:/usr/bin:/bin"}
    out = tmp_path / "out"
    ended = codehub("export", setup, "--output", out, "--with-secrets", "--encrypt", "sops", env=env)
    assert ended.code == 0, ended.err
    assert (out / "secrets.sops.yaml").read_text() == "sops: {}\n"
    assert (tmp_path / "bin" / "sops.stdin").read_bytes() == (setup / "secrets.yaml").read_bytes()
    arguments = (tmp_path / "bin" / "sops.args").read_text()
    assert "/dev/stdin" in arguments
    assert not [password for password in passwords(setup) if password in arguments]


def test_an_archive_is_opened_elsewhere(setup: Path, tmp_path: Path) -> None:
    (setup / "values.extra.yaml").write_text("hub: {allowNamedServers: true}\n")
    assert codehub("export", setup, "--output", tmp_path / "hub.tar.gz", "--with-secrets").code == 0
    there = tmp_path / "there"
    ended = codehub("import", there, "--from-export", tmp_path / "hub.tar.gz")
    assert ended.code == 0, ended.err
    assert codehub("export", setup, "--output", tmp_path / "folder", "--with-secrets").code == 0
    assert contents(there) == contents(tmp_path / "folder")
    assert codehub("render", there, "--check").code == 0
    codehub("import", there, "--from-export", tmp_path / "hub.tar.gz").refused(2, "exists already")
    both = ("import", tmp_path / "x", "--from-export", tmp_path / "hub.tar.gz", "--release", "jhub")
    codehub(*both).refused(2, "made from one thing")
