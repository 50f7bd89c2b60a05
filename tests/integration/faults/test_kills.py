"""kill -9 at random moments of `codehub render` and `codehub apply`, a thousand times: what holds after each.

CODEHUB_TEST_KILLS says how many of them fall into an apply; the rest of the thousand fall into a render, which is
where files are written.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
import signal
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml
from docker import DockerClient

from tests.integration.cli.applying import applying, descendants, ended, read_until
from tests.integration.cli.conftest import Small
from tests.integration.main_job import outcomes
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.fork_server import ForkServer, fork_server
from tests.support.processes import is_running, wait_until
from wizard.run.lock import folder_lock
from wizard.setup import store

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(7200)]

_LOG = logging.getLogger(__name__)
KILLS = 1000
IN_APPLY = int(os.environ.get("CODEHUB_TEST_KILLS", "50"))
SEED = 4711
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp")
_DIFFERS_BY_RUN = {"images.yaml", "Dockerfile.notebook", "values.extra.yaml", "codehub.yaml"}
"""Files whose content is the harness's, or follows from the images that were built last."""


@dataclass
class Victim:
    """A setup folder whose codehub is killed, and what must be found in it then.

    versions: every content that a written file may have, by its name; own: files that the person (this test) wrote.
    """

    small: Small
    server: ForkServer
    cluster: FakeCluster
    docker: DockerClient
    scratch: Path
    output: Path
    dice: random.Random
    versions: dict[str, set[bytes]] = field(default_factory=dict)
    own: dict[str, bytes] = field(default_factory=dict)
    answers: tuple[bytes, ...] = ()
    secrets: tuple[bytes, ...] = ()
    looked_into: set[tuple[int, int, int]] = field(default_factory=set)
    codes: dict[int, int] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.small.folder

    def answer(self, number: int) -> None:
        """Give one of the two sets of answers, and an image of its own to each, as a person does."""
        dockerfile = f"FROM {parts.BASE_IMAGE}\nRUN echo version {number}\n"
        self.own = {"codehub.yaml": self.answers[number], "Dockerfile.notebook": dockerfile.encode()}
        for name, content in self.own.items():
            (self.folder / name).write_bytes(content)

    def run(self, *arguments: str | Path) -> float:
        """Run codehub to its good end; gives the seconds that it took."""
        began = time.monotonic()
        self.server.start(self.output, *arguments)
        code = self.server.wait()
        assert code == 0, self.output.read_text()
        return time.monotonic() - began

    def kill_within(self, seconds: float, *arguments: str | Path) -> bool:
        """Start codehub and kill it at a random moment, alone or with all that it has started; False: it was over."""
        pid = self.server.start(self.output, *arguments)
        time.sleep(self.dice.uniform(0, seconds))
        children = descendants(pid) if "apply" in arguments else set()
        os.kill(pid, signal.SIGKILL)
        if self.dice.random() < 0.5:
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        code = self.server.wait()
        self.codes[code] = self.codes.get(code, 0) + 1
        assert code in {0, -signal.SIGKILL}, self.output.read_text()
        # What it had started comes to its own end, as Helm does: the next run would find it at work.
        wait_until(lambda: not any(map(is_running, children)), "what codehub had started", seconds=60)
        return code != 0

    def remember(self) -> None:
        """Take the files as they are now for one of the versions that may be found."""
        for name, content in _contents(self.folder).items():
            if name not in _DIFFERS_BY_RUN:
                self.versions.setdefault(name, set()).add(content)

    def check(self) -> None:
        """Hold everything that must be true after a kill."""
        found = _contents(self.folder)
        for name, content in self.own.items():
            assert found[name] == content, f"{name} is the person's"
        for name, versions in self.versions.items():
            assert found[name] in versions, f"{name} is neither old nor new"
        assert found.keys() <= self.versions.keys() | self.own.keys() | _DIFFERS_BY_RUN, "something else is there"
        if "images.yaml" in found:
            assert found["images.yaml"].endswith(b"\n")
            assert yaml.safe_load(found["images.yaml"])["singleuser"]["image"]["tag"]
        self._check_state()
        with folder_lock(self.folder / ".codehub"):
            pass
        self._check_secrets()
        litter = [path for path in self.folder.rglob("*") if _TEMPORARY.fullmatch(path.name)]
        assert len(litter) <= 2 * len(self.versions), "temporary files grow in number"
        assert len(list(self.scratch.iterdir())) < 12, "temporary folders grow in number"
        assert len(list((self.folder / ".codehub" / "logs").glob("*"))) <= 21

    def _check_state(self) -> None:
        """state.json is whole, and nothing is said to be done that is not."""
        state = json.loads((self.folder / ".codehub" / "state.json").read_text())
        assert state["schema"] == 1
        assert not list((self.folder / ".codehub").glob("state.json.bad-*"))
        for name, record in state["steps"].items():
            if record["outcome"] != "done":
                continue
            if name == "build-notebook":
                assert self.docker.images.get(record["result"]["image"]).id, "the daemon has it"
            if name == "deploy":
                revisions = self._revisions()
                number = record["result"]["revision"]
                assert revisions
                assert number <= max(revisions)
                assert revisions.get(number, "superseded") in {"deployed", "superseded"}

    def _revisions(self) -> dict[int, str]:
        """The release's revisions that the cluster has, by number, with the status of each."""
        labels = [item["metadata"].get("labels") or {} for item in self.cluster.items("secrets", self.namespace)]
        return {int(one["version"]): one["status"] for one in labels if one.get("owner") == "helm"}

    @property
    def namespace(self) -> str:
        return self.small.image.partition(":")[0]

    def _check_secrets(self) -> None:
        """Only its owner may read what has a secret in it, whole or half; what did not change since is not read."""
        for path in [*self.folder.rglob("*"), *self.scratch.rglob("*")]:
            with suppress(FileNotFoundError):
                about = path.lstat()
                looked = (about.st_ino, about.st_mtime_ns, about.st_mode)
                if looked in self.looked_into or not stat.S_ISREG(about.st_mode):
                    continue
                self.looked_into.add(looked)
                if any(word in path.read_bytes() for word in self.secrets):
                    assert stat.S_IMODE(about.st_mode) == 0o600, path


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file of a setup but what codehub remembers, and temporary ones: those belong to nobody."""
    found = [entry for entry in folder.iterdir() if entry.name != ".codehub"]
    inside = [path for entry in found if entry.is_dir() for path in entry.rglob("*")]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in [*found, *inside]
        if path.is_file() and not _TEMPORARY.fullmatch(path.name)
    }


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, str):
        yield value


@pytest.fixture
def victim(small: Small, cluster: FakeCluster, tmp_path: Path) -> Iterator[Victim]:
    """A setup that was deployed once, with the versions of its files that there will be.

    With a service of type LoadBalancer codehub waits itself: Helm's own wait looks every two seconds only.
    """
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    env = {**small.env, "TMPDIR": str(scratch), "CODEHUB_OFFLINE": "1"}
    assert small.run("init", "--set", "target.expose.kind=loadbalancer").code == 0
    with fork_server(env) as server, closing(docker.from_env()) as client:
        made = Victim(small, server, cluster, client, scratch, tmp_path / "said", random.Random(SEED))
        made.answers = tuple(_answers(small.folder / "codehub.yaml", number) for number in (0, 1))
        for number in (1, 0):
            made.answer(number)
            assert server.learn(made.output, "apply", small.folder, "--yes") == 0, made.output.read_text()
            made.remember()
        secret = yaml.safe_load((small.folder / "secrets.yaml").read_text())
        made.secrets = tuple(word.encode() for word in _leaves(secret) if len(word) >= 16)
        assert made.secrets
        yield made


def _answers(path: Path, number: int) -> bytes:
    """One of two sets of answers: every file that is written from them differs."""
    users = f"hub.auth.users=[alice, user{number}]"
    store.save(path, store.with_settings(store.load(path), [users, f"hub.cull.timeout={3600 + number}"]))
    return path.read_bytes()


def test_a_thousand_kills(victim: Victim) -> None:
    """Nothing is lost, nothing is half, nothing is taken for done, and one run at the end finishes it all."""
    folder = victim.folder
    plans = ["apply"] * IN_APPLY + ["render"] * max(0, KILLS - IN_APPLY)
    victim.dice.shuffle(plans)
    length = {"render": 60.0, "apply": 60.0}
    for number in (1, 0, 1):
        victim.answer(number)
        length["render"] = min(length["render"], victim.run("render", folder))
        length["apply"] = min(length["apply"], victim.run("apply", folder, "--yes"))
    for number, kind in enumerate(plans):
        if not number % 100:
            _LOG.info("%s of %s kills", number, len(plans))
        victim.answer(number % 2)
        more = ("--yes", "--repair") if kind == "apply" else ()
        killed = victim.kill_within(length[kind], kind, folder, *more)
        length[kind] *= 1.01 if killed else 0.95  # a machine is not equally busy all the time
        victim.check()
    victim.run("apply", folder, "--yes", "--repair")
    victim.check()
    assert victim.small.run("plan").out.endswith("No step to run: everything is as it should be.\n")
    assert victim.small.run("render", "--check").code == 0
    litter = [path for path in folder.rglob("*") if _TEMPORARY.fullmatch(path.name)]
    assert not litter, "the last run leaves nothing behind"
    _LOG.info("ended by codes %s, runs of %s seconds", victim.codes, length)
    assert victim.codes[-signal.SIGKILL] > KILLS / 2, victim.codes


def test_helm_is_killed(small: Small, cluster: FakeCluster) -> None:
    """The release is left locked by it; that is said, with what frees it, and done when it is asked for."""
    cluster.scenario.unready = {"hub": "not yet"}
    with applying(small) as process:
        events = read_until(process, lambda event: event.get("task", "").startswith("pod/hub"))
        helm = [pid for pid in descendants(process.pid) if b"upgrade" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert helm
        for pid in helm:
            os.kill(pid, signal.SIGKILL)
        done = ended(process, events)
    done.refused(1, "`helm upgrade` failed.", "signal 9", "log: ")
    assert outcomes(done.events)["deploy"] == "failed"
    cluster.scenario.unready = {}
    small.run("apply", "--yes").refused(3, "release", "pending-install", "codehub apply --repair")
    again = small.run("apply", "--yes", "--repair")
    assert again.code == 0, again.err
    assert small.run("plan").out.endswith("No step to run: everything is as it should be.\n")
