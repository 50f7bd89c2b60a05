"""One hub whose login changes from test to test, and one provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.auth.hubs import LocalHub, local_hub
from tests.integration.auth.provider import Provider, running_provider
from tests.integration.local.conftest import parts_cache

__all__ = ["parts_cache"]


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="session")
def hub(parts_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    """A hub with alice, who has a server and a file."""
    with local_hub(tmp_path_factory.mktemp("hub"), parts_cache) as made:
        made.answer("hub.auth.users=alice")
        made.apply()
        (made.home / "alice").mkdir()
        (made.home / "alice" / "kept.txt").write_text("alice's")
        yield made
