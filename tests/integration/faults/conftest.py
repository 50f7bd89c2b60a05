"""The small setup of the command-line tests: what breaks here breaks around the real `codehub apply`."""

import subprocess
import uuid
from collections.abc import Iterator

import pytest

from tests.integration.cli.conftest import cluster, small  # noqa: F401 - fixtures
from tests.integration.faults.pushing import forget_pushed
from tests.support import parts
from tests.support.registry import Registry


@pytest.fixture(autouse=True)
def _leave_no_image() -> Iterator[None]:
    """What was pushed is in the registry; the engine's copies are removed."""
    yield
    forget_pushed()


@pytest.fixture
def base(registry: Registry) -> Iterator[str]:
    """A base image that the registry has."""
    reference = f"{registry.address}/faults/{uuid.uuid4().hex[:8]}:1"
    for words in (["tag", parts.BASE_IMAGE, reference], ["push", "--quiet", reference]):
        subprocess.run(["docker", *words], capture_output=True, check=True, timeout=120)
    yield reference
    subprocess.run(["docker", "image", "rm", reference], capture_output=True, check=False, timeout=60)
