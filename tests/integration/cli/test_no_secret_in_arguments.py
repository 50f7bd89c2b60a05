"""What other users of a machine can see in its list of processes while codehub works: no secret, no shell, no kubectl.

Every program that a codehub starts, directly or not, inherits a mark in its environment, by which it is found in /proc.
"""

from __future__ import annotations

import base64
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster
from tests.kubeapi.cluster import TOKEN
from tests.support.program import codehub
from tests.support.registry import serve_registry

pytestmark = [
    pytest.mark.tier("docker", "buildx", "base_image", "helm3", "registry"),
    pytest.mark.timeout(300),
]
# User alice, password open-sesame.
PASSWORD = "open-sesame"
HTPASSWD = "alice:$2b$05$abcdefghijklmnopqrstuutXu9KzOt.1yBoZUeFWoT/914/JfszCO\n"
FORBIDDEN = {"sh", "bash", "dash", "zsh", "kubectl", "sudo", "env"}


class Watch:
    """Looks at every process with a mark, again and again."""

    def __init__(self, mark: str) -> None:
        self.seen: set[tuple[str, ...]] = set()
        self._mark = mark.encode()
        self._stop = threading.Event()
        self._known: dict[Path, bool] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._stop.is_set():
            for entry in Path("/proc").glob("[0-9]*"):
                try:
                    if self._mark in (entry / "environ").read_bytes():
                        argv = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                        self.seen.add(tuple(argv[:-1]))
                except OSError:
                    continue  # it ended in this moment
            time.sleep(0.002)

    @property
    def programs(self) -> set[str]:
        return {Path(argv[0]).name for argv in self.seen if argv}


@contextmanager
def watched(small: Small) -> Iterator[Watch]:
    mark = f"codehub-test-{uuid.uuid4().hex}"
    small.env["CODEHUB_TEST_MARK"] = mark
    watch = Watch(mark)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def test_no_secret_no_shell_no_kubectl(small: Small, cluster: FakeCluster, tmp_path: Path) -> None:
    htpasswd = tmp_path / "htpasswd"
    htpasswd.write_text(HTPASSWD)
    with serve_registry(tmp_path / "registry", htpasswd=htpasswd) as registry, watched(small) as watch:
        auth = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
        config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
        config.write_text(json.dumps({"auths": {registry.address: {"auth": auth}}}))
        settings = (
            f"images.registry={registry.address}",
            "target.delivery=push",
            "target.pull_secret_from_login=true",
        )
        flags = [word for setting in settings for word in ("--set", setting)]
        assert codehub("init", small.folder, *flags, env=small.env).code == 0
        small.run("plan", "--diff")
        applied = small.run("apply", "--yes", "-v")
        steps = small.run("status", "--json").document["steps"]
        assert steps["deploy"]["outcome"] == "done", applied.err
        made = [item for item in cluster.items("secrets") if item["metadata"]["name"] == "codehub-registry"]
        assert PASSWORD in base64.b64decode(made[0]["data"][".dockerconfigjson"]).decode()
        verified = small.run("verify", "--hub", "--wait", "1")
        status = small.run("status")
        destroyed = small.run("destroy", "--yes", "--with-data")
    assert status.code == destroyed.code == 0, status.err + destroyed.err
    secrets = {
        PASSWORD,
        auth,
        TOKEN,
        *(
            line.split()[-1].strip('"')
            for line in (small.folder / "secrets.yaml").read_text().splitlines()
            if ":" in line
        ),
    }
    secrets = {secret for secret in secrets if len(secret) >= 8}
    assert len(secrets) >= 5, "the setup has secrets of its own"
    for argv in watch.seen:
        for secret in secrets:
            assert not any(secret in word for word in argv), argv
    assert not watch.programs & FORBIDDEN, sorted(watch.programs)
    assert {"helm3", "docker"} <= watch.programs, "the work was really seen"
    for ended in (applied, verified, status, destroyed):
        assert not any(secret in ended.out + ended.err for secret in secrets)
