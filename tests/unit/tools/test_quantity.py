"""Quantities as Kubernetes reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.tools.quantity import quantity, requests


@pytest.mark.parametrize(
    "text, value",
    [
        ("500m", 0.5),
        ("2", 2.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1Gi", 2**30),
        ("512M", 512e6),
        ("1e3", 1000),
        ("100k", 1e5),
        (3, 3.0),
        ("1E", 1e18),
    ],
)
def test_reads(text: object, value: float) -> None:
    assert quantity(text) == value


@pytest.mark.parametrize("text", ["", "G", "1GiB", "1 Gi", "one", "1,5", "0x10", "nan", "inf", None])
def test_refuses(text: object) -> None:
    with pytest.raises(ValueError, match="no Kubernetes quantity"):
        quantity(text)


@given(st.integers(0, 10**6), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_a_unit_is_a_factor(number: int, unit: str) -> None:
    assert quantity(f"{number}{unit}") == pytest.approx(number * quantity(f"1{unit}"))


def test_a_pod_asks_for_the_larger_of_starting_and_running() -> None:
    def container(cpu: str, memory: str) -> dict[str, object]:
        return {"resources": {"requests": {"cpu": cpu, "memory": memory}}}

    spec = {
        "initContainers": [container("2", "1Mi")],
        "containers": [container("500m", "1Gi"), container("500m", "1Gi")],
    }
    assert requests(spec) == {"cpu": 2.0, "memory": 2 * 2**30}
    assert requests({"containers": [{"name": "x"}]}) == {}
    assert requests(None) == {}
