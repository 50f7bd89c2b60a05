"""One hub with each proxy for the whole session: made by codehub, from an empty folder."""

from collections.abc import Iterator

import pytest

from tests.integration.docker_target.hosted import Hosted, hosted
from tests.support import tiers

TIERS = ("docker", "buildx", "base_image", "network")


@pytest.fixture(scope="module", params=["chp", "traefik"])
def host(request: pytest.FixtureRequest, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A running hub behind each of the proxies."""
    tiers.demand(TIERS)
    hub_base: str = request.getfixturevalue("hub_base")
    folder = tmp_path_factory.mktemp("host") / "hub"
    with hosted(folder, hub_base, base_image, hub__proxy=request.param, target__verify="user") as running:
        yield running
