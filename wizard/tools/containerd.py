"""k3s and microk8s on this machine: images are piped into their containerd."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.errors import MissingError, StepFailed
from wizard.reporting import Reporter
from wizard.text import clean
from wizard.tools import process
from wizard.tools.loaders import LIST_TIMEOUT, Said, familiar, refused

_IMPORT = {"k3s": ("k3s", "ctr", "images", "import", "-"), "microk8s": ("microk8s", "ctr", "image", "import", "-")}


@dataclass(frozen=True)
class Containerd:
    """The containerd of k3s or microk8s on this machine, which is one node of its cluster."""

    program: str

    def command(self, reference: str) -> str:
        return f"{process.command_line(['docker', 'save', reference])} | {process.command_line(_IMPORT[self.program])}"

    async def load(self, reference: str, reporter: Reporter) -> None:
        said = Said(reporter, self.program)
        saved, imported = await process.pipe(["docker", "save", reference], _IMPORT[self.program], said.feed)
        words = said.finish()
        if imported != 0:
            raise refused(_IMPORT[self.program], words, imported)
        if saved != 0:
            last = next((clean(line) for line in reversed(words.splitlines()) if line.strip()), "")
            raise StepFailed(
                f"docker could not save {reference}.",
                why=last or f"docker save ended with exit code {saved}.",
                fix="Build the image again with `codehub apply --from build-notebook`.",
            )

    async def listed(self) -> frozenset[str]:
        argv = [self.program, "ctr", "images", "ls", "-q"]
        done = await process.run(argv, timeout=LIST_TIMEOUT)
        if not done.ok:
            raise refused(argv, done.stdout + done.stderr, done.returncode)
        return frozenset(familiar(line.strip()) for line in done.stdout.splitlines() if line.strip())


def installed() -> str:
    """`k3s` or `microk8s`, whichever is on the PATH; raises MissingError where neither is."""
    for program in _IMPORT:
        if process.find(program):
            return program
    raise MissingError(
        "Neither k3s nor microk8s is on the PATH.",
        why="The delivery ctr-import puts images into the containerd of one of them on this machine.",
        fix="Run codehub on the cluster's own machine, or push to a registry (images.registry).",
        address="program-missing",
    )
