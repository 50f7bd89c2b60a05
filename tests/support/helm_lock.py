"""Leaving a release locked as it happens to people: a Helm that is killed in the middle of its wait."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.kubeapi import FakeCluster
from tests.support import parts

CHART = parts.ROOT / "tests" / "charts" / "jupyterhub"


def lock_release(
    helm: Path,
    cluster: FakeCluster,
    namespace: str,
    *,
    values: tuple[Path, ...] = (),
    env: Mapping[str, str] | None = None,
) -> None:
    """Upgrade or install `jhub` with an image that cannot be pulled, and SIGKILL Helm while it waits for it."""
    argv = [str(helm), "upgrade", "--install", "jhub", str(CHART), "--namespace", namespace, "--create-namespace"]
    argv += [part for path in values for part in ("--values", str(path))]
    argv += ["--set", "hub.image.tag=never,hub.image.name=nowhere,prePuller.hook.enabled=false"]
    before = set(cluster.names("secrets", namespace))
    cluster.scenario.bad_images.add("nowhere")
    surroundings = {**os.environ, **cluster.env(), **(env or {})}
    argv += ["--wait", "--timeout", "300s", "--kube-context", cluster.context]
    with subprocess.Popen(argv, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 60
            while not _is_waiting(cluster, namespace, before):
                assert process.poll() is None, "Helm ended by itself"
                assert time.monotonic() < end, "Helm did not come to its wait"
                time.sleep(0.05)
        finally:
            process.kill()
    cluster.scenario.bad_images.discard("nowhere")


def _is_waiting(cluster: FakeCluster, namespace: str, before: set[str]) -> bool:
    records = {name for name in cluster.names("secrets", namespace) if name.startswith("sh.helm.release")}
    events = [event for event in cluster.items("events", namespace) if event["reason"] == "BackOff"]
    return bool(records - before) and bool(events)
