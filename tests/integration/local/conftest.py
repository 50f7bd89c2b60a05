"""One cache for the parts, filled by the first try, and one running try that most tests look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.local.tried import Tried, running_try, try_environment
from tests.support import tiers
from tests.support.processes import free_port

TIERS = ("code_server", "node", "network")


@pytest.fixture(scope="session")
def parts_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the parts are installed: empty at first."""
    tiers.demand(TIERS)
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="session")
def tried(parts_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """`codehub try DIR` from an empty folder and an empty cache, ready for people."""
    folder = tmp_path_factory.mktemp("tried")
    env = try_environment(parts_cache, folder / "data")
    with running_try(folder, env, folder / "hub", "--port", str(free_port())) as running:
        running.wait_ready()
        yield running
