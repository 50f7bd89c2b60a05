"""Which tests run where, and which first, when several workers share them (pytest-xdist).

The tests of one file stay together, since they share what they started. Those of some folders do too: what they share
takes longer to start than the tests take. What takes long goes first: a long file that comes last is waited for.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

TOGETHER = ("tests/integration/local",)
"""Folders whose tests stay together: here for the parts that `codehub try` installs once for all of them."""

SLOW = {
    "tests/integration/local": 300,
    "tests/integration/singleuser/test_guard.py": 200,
    "tests/integration/docker_target/test_story.py": 180,
    "tests/integration/images/test_npm_image.py": 150,
    "tests/integration/singleuser/test_extension_in_editor.py": 120,
    "tests/integration/singleuser/test_activity.py": 120,
    "tests/integration/singleuser/test_lifecycle.py": 90,
    "tests/integration/faults/test_kills.py": 150,
    "tests/integration/faults/test_cluster_outage.py": 150,
    "tests/integration/faults/test_network_registry.py": 110,
    "tests/integration/faults/test_network_slow.py": 60,
    "tests/integration/faults/test_network_dns.py": 60,
    "tests/integration/cli/test_upgrade.py": 90,
    "tests/tui/test_snapshots.py": 90,
    "tests/tui/test_run_snapshots.py": 40,
    "tests/unit/render/test_hub_settings.py": 30,
}
"""Seconds on two idle cores, roughly, of what takes more than half a minute."""


def unit_of(nodeid: str) -> str:
    """What a test stays together with: its file, or one of the folders of TOGETHER."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if PurePosixPath(file).is_relative_to(folder)), file)


def seconds_of(nodeid: str) -> int:
    """About how long the unit of this test takes; 0 for all that are quick."""
    return SLOW.get(unit_of(nodeid), 0)


class LongestFirst(LoadScopeScheduling):  # type: ignore[misc]
    """Whole units to a worker, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # by their number of tests, which says little about seconds

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
