"""build.sh: the images, built as codehub itself builds them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.support import parts
from tests.unit.render.script_runs import run_script, written
from tests.unit.render.setups import setup
from wizard.render.buildargs import image_builds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a setup's folder"


class TestBuild:
    def test_builds_each_image_with_the_arguments_of_the_wizards_own_build(self, folder: Path) -> None:
        chosen = setup(
            hub__proxy="traefik", images__registry="localhost:5000/team", code_server__packages=["git", "vim"]
        )
        written(folder, chosen)
        done = run_script(folder, "build.sh")
        assert done.code == 0, done.stderr
        builds = image_builds(chosen, {})
        assert len(done.of("docker", "buildx", "build")) == len(builds) == 2
        for argv, build in zip(done.of("docker", "buildx", "build"), builds.values(), strict=True):
            expected = {f"--build-arg={key}={value}" for key, value in build.args.items()}
            assert {word for word in argv if word.startswith("--build-arg")} == expected
            assert {f"--file={build.dockerfile}", f"--tag={build.reference}", "--load", "--provenance=false"} <= set(
                argv
            )
            assert argv[-1] == build.context
        assert done.of("docker", "push") == [["docker", "push", build.reference] for build in builds.values()]
        assert {call["cwd"] for call in done.calls} == {str(folder)}
        for build in builds.values():
            assert (folder / build.dockerfile).is_file()
            assert (folder / build.context).is_dir()

    def test_one_image_only(self, folder: Path) -> None:
        written(folder, setup(hub__proxy="traefik"))
        done = run_script(folder, "build.sh", "hub", "--no-deliver", "--no-cache")
        (argv,) = done.of("docker", "buildx", "build")
        assert "--file=Dockerfile.hub" in argv
        assert "--no-cache" in argv
        assert not done.of("kubectl")

    def test_several_platforms_are_pushed_by_the_build(self, folder: Path) -> None:
        chosen = setup(images__registry="ghcr.io/acme", build__platforms=["linux/amd64", "linux/arm64"])
        done = run_script(written(folder, chosen), "build.sh")
        (argv,) = done.of("docker", "buildx", "build")
        assert "--platform=linux/amd64,linux/arm64" in argv
        assert "--push" in argv
        assert "--load" not in argv
        assert done.of("docker", "push") == []

    def test_several_platforms_without_pushing_are_refused(self, folder: Path) -> None:
        chosen = setup(images__registry="ghcr.io/acme", build__platforms=["linux/amd64", "linux/arm64"])
        done = run_script(written(folder, chosen), "build.sh", "--no-deliver")
        assert done.code == 2
        assert "several platforms" in done.stderr

    def test_a_changed_ca_changes_the_build(self, folder: Path) -> None:
        chosen = setup(build__ca_bundle="company ca,1.pem")
        written(folder, chosen)
        (folder / "company ca,1.pem").write_bytes(b"certificate")
        (argv,) = run_script(folder, "build.sh", "--no-deliver").of("docker", "buildx", "build")
        assert f"--build-arg=CA_SHA256={hashlib.sha256(b'certificate').hexdigest()}" in argv
        assert '--secret=id=ca,"src=company ca,1.pem"' in argv

    def test_a_missing_ca_stops_it(self, folder: Path) -> None:
        written(folder, setup(build__ca_bundle="ca.pem"))
        done = run_script(folder, "build.sh", "--no-deliver")
        assert done.code != 0
        assert "ca.pem" in done.stderr
        assert not done.of("docker", "buildx", "build")

    def test_home_in_a_path_is_that_of_whoever_runs_it(self, folder: Path) -> None:
        written(folder, setup(build__ca_bundle="~/ca's.pem"))
        (folder / "ca's.pem").write_bytes(b"certificate")
        (argv,) = run_script(folder, "build.sh", "--no-deliver").of("docker", "buildx", "build")
        assert f"--secret=id=ca,src={folder}/ca's.pem" in argv

    def test_a_failed_build_stops_it(self, folder: Path) -> None:
        written(folder, setup(images__registry="ghcr.io/acme"))
        done = run_script(folder, "build.sh", answers={"docker": (1, ""), "docker buildx version": (0, "")})
        assert done.code == 1
        assert not done.of("docker", "push")

    def test_without_buildx_it_says_so(self, folder: Path) -> None:
        done = run_script(written(folder, setup()), "build.sh", answers={"docker": (125, "")})
        assert done.code == 3
        assert "buildx" in done.stderr

    @pytest.mark.parametrize("wrong", [["--nonsense"], ["nothing"], ["--delivery"], ["notebook hub"]])
    def test_wrong_usage(self, folder: Path, wrong: list[str]) -> None:
        done = run_script(written(folder, setup()), "build.sh", *wrong)
        assert done.code == 2
        assert done.argv == []

    def test_help(self, folder: Path) -> None:
        for script in ("build.sh", "deploy.sh"):
            done = run_script(written(folder, setup()), script, "--help")
            assert (done.code, done.argv) == (0, [])
            assert done.stdout.startswith(f"Usage: ./{script}")


@pytest.mark.tier("docker", "buildx")
def test_the_real_docker_builds_with_it(folder: Path) -> None:
    chosen = setup(hub__proxy="traefik", images__hub__name="codehub-test/script", build__ca_bundle="it's a, ca.pem")
    written(folder, chosen)
    (folder / "it's a, ca.pem").write_text("certificate")
    (folder / "Dockerfile.hub").write_text("FROM scratch\nARG CA_SHA256\nLABEL ca=$CA_SHA256\nCOPY build /build\n")
    docker = parts.program("docker")
    assert docker
    try:
        done = subprocess.run([folder / "build.sh", "hub", "--no-deliver"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        label = [str(docker), "image", "inspect", "--format", "{{.Config.Labels.ca}}", chosen.hub_reference]
        seen = subprocess.run(label, capture_output=True, text=True, check=True)
        assert seen.stdout.strip() == hashlib.sha256(b"certificate").hexdigest()
    finally:
        subprocess.run([docker, "image", "rm", chosen.hub_reference], capture_output=True, check=False)
