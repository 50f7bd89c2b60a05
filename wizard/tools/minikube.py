"""minikube: loading images into it, and building inside its own Docker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.reporting import Reporter
from wizard.tools import process
from wizard.tools.loaders import LIST_TIMEOUT, familiar, follow, refused

_EXPORT = re.compile(r'^export ([A-Z_][A-Z0-9_]*)="?(.*?)"?$', re.MULTILINE)


@dataclass(frozen=True)
class Minikube:
    """A minikube cluster, by its profile."""

    profile: str
    program: str = "minikube"

    def command(self, reference: str) -> str:
        return process.command_line(self._argv("image", "load", reference))

    async def load(self, reference: str, reporter: Reporter) -> None:
        await follow(self._argv("image", "load", reference), reporter)

    async def listed(self) -> frozenset[str]:
        argv = self._argv("image", "ls")
        done = await process.run(argv, timeout=LIST_TIMEOUT)
        if not done.ok:
            raise refused(argv, done.stdout + done.stderr, done.returncode)
        return frozenset(familiar(line.strip()) for line in done.stdout.splitlines() if line.strip())

    def _argv(self, *words: str) -> list[str]:
        return [self.program, "-p", self.profile, *words]


@dataclass(frozen=True)
class InnerDocker:
    """minikube's own Docker: variables that choose it, or why there is none to build in; `command` sets them."""

    env: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""
    command: str = ""


async def inner_docker(profile: str) -> InnerDocker:
    """Ask minikube for the way to its Docker; raises MissingError without minikube.

    There is none with another container runtime, with several nodes or without a machine of its own (driver none).
    """
    argv = ["minikube", "-p", profile, "docker-env", "--shell", "sh"]
    done = await process.run(argv, timeout=LIST_TIMEOUT)
    if not done.ok:
        return InnerDocker(why_not=refused(argv, done.stdout + done.stderr, done.returncode).why)
    env = dict(_EXPORT.findall(done.stdout))
    if not env.get("DOCKER_HOST", "").startswith(("tcp://", "unix://")):
        return InnerDocker(why_not="Its docker-env names no Docker that builds with BuildKit.")
    chosen = {name: value for name, value in env.items() if name.startswith("DOCKER_")}
    return InnerDocker(env=chosen, command=f'eval "$({process.command_line(argv)})"')
