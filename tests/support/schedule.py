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
    "tests/integration/docker_target/test_story.py": 240,
    "tests/integration/images/test_npm_image.py": 240,
    "tests/integration/cli/test_upgrade.py": 200,
    "tests/integration/faults/test_kills.py": 200,
    "tests/integration/singleuser/test_guard.py": 200,
    "tests/integration/auth/test_logins.py": 180,
    "tests/integration/singleuser/test_activity.py": 120,
    "tests/integration/singleuser/test_extension_in_editor.py": 120,
    "tests/integration/kube/test_rollout_watch.py": 110,
    "tests/integration/cli/test_apply.py": 100,
    "tests/integration/cli/test_faults.py": 100,
    "tests/integration/singleuser/test_lifecycle.py": 90,
    "tests/integration/docker/test_buildx.py": 80,
    "tests/integration/cli/test_real_upgrade.py": 60,
    "tests/integration/cli/test_wizard.py": 60,
    "tests/integration/docker_target/test_tls.py": 60,
    "tests/integration/docker_target/test_wizard_to_done.py": 60,
    "tests/integration/faults/test_docker_builds.py": 60,
    "tests/integration/faults/test_docker_target.py": 60,
    "tests/integration/faults/test_network_dns.py": 60,
    "tests/integration/faults/test_network_slow.py": 60,
    "tests/integration/faults/test_time_jump.py": 60,
    "tests/integration/images/test_bases_and_mirrors.py": 60,
    "tests/integration/images/test_release_and_image.py": 60,
    "tests/integration/kube/test_helm_failing.py": 60,
    "tests/integration/kube/test_helm_release.py": 60,
    "tests/integration/singleuser/test_editor_in_browser.py": 60,
    "tests/integration/supply/test_pin_and_sbom.py": 60,
    "tests/integration/test_packaging_checkout.py": 60,
    "tests/integration/test_packaging_wheel.py": 60,
    "tests/tui/test_snapshots.py": 60,
    "tests/tui/test_run_snapshots.py": 40,
    "tests/unit/render/test_hub_settings.py": 30,
}
"""Seconds on two idle cores, roughly, of what takes half a minute or more."""


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
