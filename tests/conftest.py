"""What every test has: the tier marks, and a home folder of its own."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import tiers
from tests.support.home import isolate_home

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("codehub", deadline=None)
settings.load_profile("codehub")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where CODEHUB_REQUIRE demands it, a test whose real parts are missing."""
    tiers.demand(str(name) for mark in item.iter_markers("tier") for name in mark.args)


@pytest.fixture(autouse=True)
def clean_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder: HOME, XDG folders, KUBECONFIG and DOCKER_CONFIG point into it."""
    return isolate_home(tmp_path_factory.mktemp("home"), monkeypatch)
