"""images.yaml: the same from codehub and from build.sh, and merged by deploy.sh."""

from pathlib import Path

import pytest
import yaml

from tests.unit.render.script_runs import IMAGE_ID, run_script, written
from tests.unit.render.setups import setup
from wizard.render.pins import digest_tag, local_tag, pins
from wizard.render.values import values

HUB, NOTEBOOK = (digest_tag("1.0.0", "sha256:" + letter * 64) for letter in "ab")
OWN = "1.0.0-0123456789ab"


def test_both_images_are_named_by_digest() -> None:
    document = yaml.safe_load(pins(setup(images__registry="localhost:5000/team"), {"hub": HUB, "notebook": NOTEBOOK}))
    assert document == {"hub": {"image": {"tag": HUB}}, "singleuser": {"image": {"tag": NOTEBOOK}}}


def test_traefik_beside_the_hub_runs_from_the_same_image() -> None:
    chosen = setup(images__registry="localhost:5000/team", hub__proxy="traefik")
    (pinned,) = yaml.safe_load(pins(chosen, {"hub": HUB}))["hub"]["extraContainers"]
    (plain,) = values(chosen)["hub"]["extraContainers"]
    assert pinned == {**plain, "image": f"localhost:5000/team/code-server-hub:{HUB}"}


def test_an_image_that_was_not_delivered_keeps_its_tag() -> None:
    assert yaml.safe_load(pins(setup(), {"notebook": NOTEBOOK})).keys() == {"singleuser"}
    assert not yaml.safe_load(pins(setup(), {"notebook": ""}))


def test_a_tag_of_an_images_own_is_a_tag_however_long_the_persons_is() -> None:
    assert local_tag("1.0.0", IMAGE_ID) == OWN
    assert local_tag("x" * 128, IMAGE_ID) == "x" * 115 + "-0123456789ab"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a setup's folder"


def test_build_sh_writes_what_codehub_writes(folder: Path) -> None:
    chosen = setup(images__registry="localhost:5000/team", hub__proxy="traefik")
    inspect = "docker image inspect --format {{range .RepoDigests}}{{println .}}{{end}} "
    other = "localhost:5000/other@sha256:" + "c" * 64
    answers = {
        inspect + chosen.hub_reference: (0, f"{other}\nlocalhost:5000/team/code-server-hub@{HUB.partition('@')[2]}\n"),
        inspect + chosen.notebook_reference: (
            0,
            f"localhost:5000/team/code-server-notebook@{NOTEBOOK.partition('@')[2]}\n{other}\n",
        ),
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
    done = run_script(written(folder, chosen), "build.sh", answers={asked: (0, NOTEBOOK.partition("@")[2] + "\n")})
    assert done.code == 0, done.stderr
    assert (folder / "images.yaml").read_text() == pins(chosen, {"notebook": NOTEBOOK})


@pytest.mark.parametrize("proxy", ["chp", "traefik"])
@pytest.mark.parametrize("way", ["kind-load", "same-daemon"])
def test_images_that_stay_here_are_named_by_their_ids(folder: Path, proxy: str, way: str) -> None:
    chosen = setup(target__context="prod", target__delivery=way, hub__proxy=proxy)
    written(folder, chosen)
    (folder / "images.yaml").write_text("old")
    done = run_script(folder, "build.sh")
    assert done.code == 0, done.stderr
    built = {"notebook": OWN} | ({"hub": OWN} if proxy == "traefik" else {})
    assert (folder / "images.yaml").read_text() == pins(chosen, built)
    tagged = [argv[-2:] for argv in done.of("docker", "tag")]
    assert [chosen.notebook_reference, f"{chosen.notebook_reference}-0123456789ab"] in tagged


def test_without_delivery_what_was_delivered_last_stays(folder: Path) -> None:
    written(folder, setup(target__context="kind-x"))
    (folder / "images.yaml").write_text("old")
    assert run_script(folder, "build.sh", "--no-deliver").code == 0
    assert (folder / "images.yaml").read_text() == "old"
