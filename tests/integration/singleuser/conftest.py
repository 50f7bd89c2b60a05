"""Running hubs, one for each pair of JupyterHub and proxy, shared by the tests of this folder."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.singleuser.backend import Backend, serve_backend
from tests.integration.singleuser.rig import Hub
from tests.support import parts, tiers

PAIRS = [("hub5", "chp"), ("hub5", "traefik"), ("hub6", "chp"), ("hub6", "traefik")]
TIERS = {"hub5": "hub", "hub6": "hub6"}
# Short times, so that the tests see in seconds what takes minutes in use.
QUICK = {"CODEHUB_LOGIN_CACHE": "1", "CODEHUB_ACTIVITY_INTERVAL": "1"}


def venv_of(version: str) -> Path:
    """The venv of JupyterHub 5 or 6; skips the test where it is missing."""
    tiers.demand([TIERS[version], "chp", "code_server", "node"])
    found = parts.program(version)
    assert found is not None
    return found.parent.parent


@pytest.fixture(scope="session")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Hub]]:
    """The hubs that run by now; `hub` and `hub5_chp` add to them."""
    started: dict[tuple[str, str], Hub] = {}
    yield started
    for hub in started.values():
        hub.finish()


def _hub(hubs: dict[tuple[str, str], Hub], pair: tuple[str, str], factory: pytest.TempPathFactory) -> Hub:
    if pair not in hubs:
        venv = venv_of(pair[0])
        hubs[pair] = Hub.create(factory.mktemp("-".join(pair)), venv, pair[1], environment=QUICK)
    return hubs[pair]


@pytest.fixture(params=PAIRS, ids="-".join, scope="session")
def hub(
    request: pytest.FixtureRequest, hubs: dict[tuple[str, str], Hub], tmp_path_factory: pytest.TempPathFactory
) -> Hub:
    """Every pair of hub and proxy in turn."""
    return _hub(hubs, request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def hub5(hubs: dict[tuple[str, str], Hub], tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """JupyterHub 5 with CHP, for what does not depend on either."""
    return _hub(hubs, ("hub5", "chp"), tmp_path_factory)


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    """A program of the user's, to be reached through code-server's port forwarding."""
    async with serve_backend() as served:
        yield served
