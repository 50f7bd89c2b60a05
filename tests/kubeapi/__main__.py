"""`python -m tests.kubeapi FOLDER [SCENARIO-JSON]`: serve until interrupted; the kubeconfig is in FOLDER."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from tests.kubeapi.cluster import FakeCluster
from tests.kubeapi.scenario import Scenario


def main(arguments: list[str]) -> int:
    """Serve; returns the exit code."""
    if not arguments:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    scenario = Scenario(**json.loads(arguments[1])) if len(arguments) > 1 else Scenario()
    with FakeCluster(Path(arguments[0]).resolve(), scenario) as cluster:
        print(f"KUBECONFIG={cluster.kubeconfig} serves {cluster.url}", flush=True)  # noqa: T201
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main(sys.argv[1:]))
