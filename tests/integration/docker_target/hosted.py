"""A hub on the real Docker, made by the real codehub from an empty folder, and all that belongs to it."""

from __future__ import annotations

import json
import random
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.integration.images.building import NPM_VERSION, docker
from tests.integration.images.vsix import vsix
from tests.support import parts
from tests.support.processes import port_answers, wait_until
from tests.support.program import Ended, codehub
from wizard.render.secrets import Secrets

HOME = "/home/coder"


@dataclass
class Hosted:
    """One project; `url` is a FrontDoor's."""

    folder: Path
    name: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        """Of the users."""
        config = Secrets.parse((self.folder / "secrets.yaml").read_text(encoding="utf-8")).config
        return str(config["SharedPasswordAuthenticator"]["user_password"])

    @property
    def hub(self) -> str:
        return f"{self.name}-hub"

    @property
    def proxy(self) -> str:
        return f"{self.name}-proxy"

    def editor(self, user: str) -> str:
        """The container of a person."""
        return f"{self.name}-user-{user}"

    def run(self, command: str, *options: str, seconds: float = 600) -> Ended:
        """codehub with a command for this folder."""
        return codehub(command, self.folder, *options, seconds=seconds)

    def answer(self, *settings: str) -> None:
        """Change answers."""
        flags = [word for setting in settings for word in ("--set", setting)]
        changed = codehub("init", self.folder, "--yes", *flags)
        assert changed.code == 0, changed.err

    def apply(self) -> dict[str, str]:
        """Carry the plan out; by step, how it ended."""
        ended = self.run("apply", "--yes", "--progress=json")
        assert ended.code == 0, (ended.err, ended.out[-3000:])
        return {event["step"]: event["outcome"] for event in ended.events if event["event"] == "step-finished"}

    def status(self) -> dict[str, Any]:
        """What `codehub status --json` says of now."""
        found: dict[str, Any] = self.run("status", "--json").document["live"]
        return found

    def in_editor(self, user: str, script: str, *, check: bool = True) -> str:
        """What a shell script prints in a person's container, as that person."""
        return docker("exec", self.editor(user), "sh", "-euc", script, check=check)

    def knows_a_server_of(self, user: str) -> bool:
        """Whether the hub takes a person's server for running, by its database."""
        script = (
            "import sqlite3, sys; d = sqlite3.connect('file:/srv/jupyterhub/data/jupyterhub.sqlite?mode=ro', uri=True);"
            "q = 'select server_id from spawners join users on users.id = user_id where users.name = ?';"
            "print(d.execute(q, (sys.argv[1],)).fetchone())"
        )
        return "(None,)" not in docker("exec", self.hub, "python3", "-c", script, user)

    def script(self, name: str, *arguments: str, code: int = 0) -> str:
        """Run a script of the folder from elsewhere; what it says."""
        command = [str(self.folder / name), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd="/")
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr


def inspect(container: str) -> dict[str, Any]:
    """The container as Docker describes it."""
    found: list[dict[str, Any]] = json.loads(docker("container", "inspect", container))
    return found[0]


def kill(container: str) -> None:
    """End what runs in a container as a crash does: Docker is not asked, and so starts it again if it should."""
    before = inspect(container)
    process = psutil.Process(before["State"]["Pid"])
    for one in [*process.children(recursive=True), process]:
        with suppress(psutil.NoSuchProcess):
            one.kill()

    def ended() -> bool:
        found = docker(
            "container", "inspect", "--format={{.State.StartedAt}} {{.State.Running}}", container, check=False
        )
        return f"{before['State']['StartedAt']} true" not in found

    wait_until(ended, f"the end of {container}")


def settings(name: str, port: int, hub_base: str, base: str) -> dict[str, str]:
    """Answers whose images are quick to build: BuildKit has most of them from the tests of images."""
    ca = parts.company_ca()
    return {
        "target.kind": "docker",
        "target.docker.name": name,
        "target.expose.port": str(port),
        "hub.auth.users": "alice,bob",
        "code_server.version": NPM_VERSION,
        "code_server.method": "npm",
        "code_server.extensions": "one.vsix",
        "code_server.packages": "jq",
        "images.notebook.base": base,
        "images.notebook.name": f"{name}/notebook",
        "images.hub.base": hub_base,
        "images.hub.name": f"{name}/hub",
        "build.ca_bundle": str(ca) if ca else "",
    }


def free_port_below() -> int:
    """A port that nobody listens on, below those that connections to elsewhere are given."""
    return next(port for port in random.sample(range(20000, 30000), 50) if not port_answers(port))


def make(folder: Path, hub_base: str, base: str, **more: str) -> Hosted:
    """A setup folder with answers and nothing started; `more` with __ for the dots of the fields."""
    name = f"dt-{uuid.uuid4().hex[:8]}"
    port = free_port_below()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "one.vsix").write_bytes(vsix("acme", "one"))
    made = Hosted(folder, name, port)
    given = settings(name, port, hub_base, base) | {key.replace("__", "."): text for key, text in more.items()}
    made.answer(*(f"{field}={text}" for field, text in given.items()))
    return made


@contextmanager
def hosted(folder: Path, hub_base: str, base: str, **more: str) -> Iterator[Hosted]:
    """A running hub; afterwards nothing of it is left, its images among them."""
    made = make(folder, hub_base, base, **more)
    try:
        made.apply()
        yield made
    finally:
        remove_all(made)


def remove_all(made: Hosted) -> None:
    """Take everything away by Docker alone, whatever state it is in."""
    label = f"--filter=label=codehub.project={made.name}"
    for container in docker("ps", "--all", "--quiet", label).split():
        docker("rm", "--force", container, check=False)
    for network in docker("network", "ls", "--quiet", label).split():
        docker("network", "rm", network, check=False)
    for volume in docker("volume", "ls", "--quiet", label).split():
        docker("volume", "rm", "--force", volume, check=False)
    for image in docker("images", "--format={{.Repository}}:{{.Tag}}", f"--filter=reference={made.name}/*").split():
        docker("rmi", "--force", image, check=False)
