"""Chart, JupyterHub, hub image, Kubernetes and Helm: what goes with what."""

import json

import pytest
from hypothesis import given

from tests.support.parts import SHARED
from tests.unit.catalog.test_version import VERSIONS
from wizard.catalog import (
    chart_release,
    hub_image,
    jupyterhub_major,
    known_chart,
    newest_chart,
    pairing,
    why_not_chart,
)
from wizard.catalog.bundled import chart_releases
from wizard.catalog.charts import with_index
from wizard.errors import UsageError


@pytest.mark.parametrize(
    ("version", "image", "major"),
    [
        ("0.9.0", "jupyterhub/k8s-hub:0.9.0", 1),
        ("2.0.0", "jupyterhub/k8s-hub:2.0.0", 3),
        ("3.1.0", "jupyterhub/k8s-hub:3.1.0", 4),
        ("3.2.0", "quay.io/jupyterhub/k8s-hub:3.2.0", 4),
        ("4.4.0", "quay.io/jupyterhub/k8s-hub:4.4.0", 5),
        ("4.3.99", "quay.io/jupyterhub/k8s-hub:4.3.99", 5),
        ("4.99.0", "quay.io/jupyterhub/k8s-hub:4.99.0", 5),
        ("v4.4.0", "quay.io/jupyterhub/k8s-hub:4.4.0", 5),
        ("4.4.1-0.dev.git.7340.h1a2b3c4", "quay.io/jupyterhub/k8s-hub:4.4.1-0.dev.git.7340.h1a2b3c4", 5),
        ("4.5.0+build.1", "quay.io/jupyterhub/k8s-hub:4.5.0_build.1", 5),
        ("0.1.0", "jupyterhub/k8s-hub:0.1.0", 0),
    ],
)
def test_the_hub_image_and_the_jupyterhub_major(version: str, image: str, major: int) -> None:
    assert hub_image(version) == image
    assert jupyterhub_major(version) == major


def test_a_known_release_is_exact_and_others_are_estimated() -> None:
    known = chart_release("4.4.0")
    assert known == known_chart("4.4.0")
    assert (known.jupyterhub, known.min_kubernetes, known.min_helm, known.estimated) == (
        "5.5.0",
        "1.28",
        "3.5.0",
        False,
    )
    unknown = chart_release("5.0.0")
    assert (unknown.min_kubernetes, unknown.estimated) == ("1.32", True)
    assert chart_release("4.98.0").min_kubernetes == "1.28"
    assert known_chart("5.0.0") is None
    assert chart_release("0.9.0").min_helm is None


def test_a_live_list_knows_better_than_the_rule() -> None:
    live = with_index("5.1.0", jupyterhub="6.0.1", kube_version=">=1.33.0-0", published=None)
    assert live is not None
    assert chart_release("5.1.0", [live]).jupyterhub_major == 6
    assert "JupyterHub 6.0.1" in pairing(live)
    assert "by rule" not in pairing(live)
    assert "by rule" in pairing("5.1.0")


def test_what_is_no_version_is_said_to_be_none() -> None:
    for text in ("", "latest", "4.4"):
        with pytest.raises(UsageError, match="not a chart version"):
            hub_image(text)
    assert with_index("v0.7-5bd0b65", jupyterhub="", kube_version="", published=None) is None


def test_the_newest_that_a_cluster_and_a_helm_can_take() -> None:
    releases = chart_releases()
    newest = newest_chart(releases)
    assert newest is not None
    assert newest == releases[0]
    for kubernetes, wanted in (("v1.27.3-gke.100", "3.3.8"), ("1.22", "2.0.0"), ("v1.36.0", newest.version)):
        found = newest_chart(releases, kubernetes=kubernetes)
        assert found is not None
        assert found.version == wanted
    assert newest_chart(releases, helm="v3.4.2") == known_chart("0.11.1")
    assert newest_chart(releases, helm="v4.1.0", kubernetes="1.36") == newest
    assert newest_chart([]) is None


def test_why_a_cluster_cannot_take_a_release() -> None:
    release = chart_release("4.4.0")
    assert why_not_chart(release, kubernetes="v1.27.1") == (
        "Chart 4.4.0 needs Kubernetes 1.28 or newer; this is v1.27.1."
    )
    assert "no longer have" in why_not_chart(chart_release("0.9.0"), kubernetes="1.25")
    assert "Helm 3.5.0" in why_not_chart(release, helm="v3.2.1")
    assert why_not_chart(release, kubernetes="unknown", helm="") == ""


@given(VERSIONS)
def test_every_version_has_facts(text: str) -> None:
    release = chart_release(text)
    assert release.hub_image.endswith(f"k8s-hub:{release.version}")
    assert release.jupyterhub_major >= 0
    assert pairing(text).startswith(f"Chart {text} goes with JupyterHub ")


@pytest.mark.tier("shared")
def test_the_bundled_releases_are_those_that_were_measured() -> None:
    measured = json.loads((SHARED / "reference" / "chart-versions.json").read_text(encoding="utf-8"))
    rows = [row for row in measured if row["jupyterhub"] != "None"]
    assert len(rows) > 40
    for row in rows:
        release = chart_release(row["chart"])
        assert (release.jupyterhub, release.hub_image, release.min_helm) == (
            row["jupyterhub"], row["hub_image"], row["helm_min"],
        )  # fmt: skip
        assert f">={release.min_kubernetes}.0-0" == row["kubeVersion"]
