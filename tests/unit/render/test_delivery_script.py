"""build.sh: the images, brought to where the cluster finds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.render.script_runs import Ran, run_script, written
from tests.unit.render.setups import setup
from wizard.setup.delivery import deliveries
from wizard.tools.products import CONTEXT_PATTERNS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a setup's folder"


class TestDelivery:
    IMAGE = "code-server-notebook:1.0.0-0123456789ab"

    def deliver(
        self, folder: Path, *arguments: str, answers: Mapping[str, tuple[int, str]] | None = None, **fields: Any
    ) -> Ran:
        return run_script(written(folder, setup(**fields)), "build.sh", *arguments, answers=answers)

    @pytest.mark.parametrize(
        ("context", "expected"),
        [
            ("kind-dev", ["kind", "load", "docker-image", IMAGE, "--name", "dev"]),
            ("k3d-dev", ["k3d", "image", "import", "-c", "dev", IMAGE]),
            ("minikube", ["minikube", "-p", "minikube", "image", "load", IMAGE]),
            ("microk8s", ["k3s", "ctr", "images", "import", "-"]),
        ],
    )
    def test_by_the_contexts_name(self, folder: Path, context: str, expected: list[str]) -> None:
        listed = {"minikube -p minikube image ls": (0, f"docker.io/library/{self.IMAGE}\n")}
        done = self.deliver(folder, target__context=context, answers=listed)
        assert done.code == 0, done.stderr
        assert expected in done.argv

    def test_by_the_current_context_where_none_is_named(self, folder: Path) -> None:
        done = self.deliver(folder, answers={"kubectl config current-context": (0, "kind-x y\n")})
        assert ["kind", "load", "docker-image", self.IMAGE, "--name", "x y"] in done.argv

    def test_the_script_knows_the_same_contexts_as_codehub(self, folder: Path) -> None:
        written(folder, setup())
        for pattern, product in CONTEXT_PATTERNS:
            name = pattern.replace("*", "some")
            listed = {f"minikube -p {name} image ls": (0, f"docker.io/library/{self.IMAGE}\n")}
            done = run_script(folder, "build.sh", KUBE_CONTEXT=name, answers=listed)
            assert f"({deliveries(product)[0]})" in done.stderr

    def test_minikubes_silent_failure_is_noticed(self, folder: Path) -> None:
        done = self.deliver(folder, target__context="minikube")
        assert done.code == 1
        assert "did not load" in done.stderr

    def test_an_unknown_cluster_asks_for_the_way(self, folder: Path) -> None:
        done = self.deliver(folder, answers={"kubectl config current-context": (0, "prod")})
        assert done.code == 2
        assert "--delivery" in done.stderr
        assert not done.of("docker", "buildx", "build")

    def test_the_way_can_be_named(self, folder: Path) -> None:
        done = self.deliver(folder, "--delivery", "same-daemon")
        assert done.code == 0
        assert not done.of("docker", "push")

    def test_a_saved_image_is_piped_into_containerd(self, folder: Path) -> None:
        done = self.deliver(
            folder, target__delivery="ctr-import", answers={f"docker save {self.IMAGE}": (0, "the image")}
        )
        (call,) = [call for call in done.calls if call["argv"][0] == "k3s"]
        assert call["stdin"] == "the image"

    def test_a_docker_target_needs_no_delivery(self, folder: Path) -> None:
        done = self.deliver(folder, target__kind="docker")
        assert done.code == 0
        assert {argv[0] for argv in done.argv} == {"docker"}
        assert not done.of("docker", "tag")
