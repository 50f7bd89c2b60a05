"""What every test has: the tier marks, and a home folder of its own."""

from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler.protocol import Scheduling

from tests.support import schedule, tiers
from tests.support.home import isolate_home

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("codehub", deadline=None)
settings.load_profile("codehub")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Share the tests out as tests/support/schedule.py has it, where whole files are asked for."""
    return schedule.LongestFirst(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Collect what takes long first, where several workers share the tests."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -schedule.seconds_of(item.nodeid))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where CODEHUB_REQUIRE demands it, a test whose real parts are missing."""
    tiers.demand(str(name) for mark in item.iter_markers("tier") for name in mark.args)


@pytest.fixture(autouse=True)
def clean_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder: HOME, XDG folders, KUBECONFIG and DOCKER_CONFIG point into it."""
    return isolate_home(tmp_path_factory.mktemp("home"), monkeypatch)
