"""images.yaml: the same from codehub and from build.sh, and merged by deploy.sh."""

from pathlib import Path

import pytest
import yaml

from tests.unit.render.setups import setup
from tests.unit.render.test_scripts import run_script, written
from wizard.render.pins import pins

HUB, NOTEBOOK = ("sha256:" + letter * 64 for letter in "ab")


def test_both_images_are_named_by_digest() -> None:
    chosen = setup(images__registry="localhost:5000/team", hub__proxy="traefik")
    document = yaml.safe_load(pins(chosen, {"hub": HUB, "notebook": NOTEBOOK}))
    assert document == {
        "hub": {"image": {"tag": f"1.0.0@{HUB}"}},
        "singleuser": {"image": {"tag": f"1.0.0@{NOTEBOOK}"}},
    }


def test_an_image_without_a_digest_keeps_its_tag() -> None:
    assert yaml.safe_load(pins(setup(), {"notebook": NOTEBOOK})).keys() == {"singleuser"}
    assert not yaml.safe_load(pins(setup(), {"notebook": ""}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a setup's folder"


def test_build_sh_writes_what_codehub_writes(folder: Path) -> None:
    chosen = setup(images__registry="localhost:5000/team", hub__proxy="traefik")
    inspect = "docker image inspect --format {{range .RepoDigests}}{{println .}}{{end}} "
    other = "localhost:5000/other@sha256:" + "c" * 64
    answers = {
        inspect + chosen.hub_reference: (0, f"{other}\nlocalhost:5000/team/code-server-hub@{HUB}\n"),
        inspect + chosen.notebook_reference: (0, f"localhost:5000/team/code-server-notebook@{NOTEBOOK}\n{other}\n"),
    }
    done = run_script(written(folder, chosen), "build.sh", answers=answers)
    assert done.code == 0, done.stderr
    assert (folder / "images.yaml").read_text() == pins(chosen, {"hub": HUB, "notebook": NOTEBOOK})
    deployed = run_script(folder, "deploy.sh", answers={"helm": (0, "v4.1.4")})
    (argv,) = deployed.of("helm", "upgrade")
    assert argv[argv.index("config.yaml") + 1 :][:2] == ["--values", "images.yaml"]


def test_several_platforms_ask_the_registry(folder: Path) -> None:
    chosen = setup(images__registry="ghcr.io/acme", build__platforms=["linux/amd64", "linux/arm64"])
    asked = f"docker buildx imagetools inspect --format {{{{.Manifest.Digest}}}} {chosen.notebook_reference}"
    done = run_script(written(folder, chosen), "build.sh", answers={asked: (0, NOTEBOOK + "\n")})
    assert done.code == 0, done.stderr
    assert (folder / "images.yaml").read_text() == pins(chosen, {"notebook": NOTEBOOK})


def test_images_that_are_loaded_leave_no_digests_of_an_earlier_push(folder: Path) -> None:
    written(folder, setup(target__context="kind-x"))
    (folder / "images.yaml").write_text("old")
    assert run_script(folder, "build.sh").code == 0
    assert not (folder / "images.yaml").exists()
