"""Bringing an image from this machine's Docker onto the nodes of a local cluster, and looking whether it is there.

Sources: the products' own documentation (minikube image, kind load docker-image, k3d image import, k3s and
microk8s ctr). None of them is believed by its exit code alone: minikube's is 0 even when it loaded nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from wizard.errors import CodehubError, StepFailed
from wizard.reporting import Reporter
from wizard.text import LineSplitter, clean
from wizard.tools import process

LIST_TIMEOUT = 60.0
"""Seconds that a list of images may take."""


class Loader(Protocol):
    """One way to get an image onto the nodes of one cluster."""

    @property
    def program(self) -> str:
        """The program that does it, which must be on the PATH."""
        ...

    def command(self, reference: str) -> str:
        """What a person would type."""
        ...

    async def load(self, reference: str, reporter: Reporter) -> None:
        """Bring it there; raises StepFailed or MissingError."""
        ...

    async def listed(self) -> frozenset[str]:
        """The images that every node has, by their `familiar` names; raises StepFailed or MissingError."""
        ...


async def load(loader: Loader, reference: str, reporter: Reporter) -> None:
    """Bring an image to the nodes and look whether it arrived; raises StepFailed when it did not."""
    await loader.load(reference, reporter)
    if familiar(reference) not in await loader.listed():
        raise StepFailed(
            f"{reference} is not on every node, though {loader.program} reported no failure.",
            why="The list of the images there does not have it.",
            fix=f"Try it by hand: `{loader.command(reference)}`. A full disk on the node is a common cause.",
            address="delivery",
        )


def familiar(reference: str) -> str:
    """A reference as Docker shows it; containerd and CRI-O write out where an image without a registry belongs."""
    for prefix in ("docker.io/library/", "docker.io/", "localhost/"):
        if reference.startswith(prefix):
            return reference.removeprefix(prefix)
    return reference


async def follow(argv: Sequence[str], reporter: Reporter, *, env: Mapping[str, str] | None = None) -> None:
    """Run a loading program and report its lines; raises StepFailed with what it said."""
    said = Said(reporter, argv[0])
    code = await process.stream(argv, said.feed, env=env)
    if code != 0:
        raise refused(argv, said.finish(), code)
    said.finish()


class Said:
    """The lines that a program said, reported as they come."""

    def __init__(self, reporter: Reporter, task: str) -> None:
        self._reporter = reporter
        self._task = task
        self._splitters = {"out": LineSplitter(), "err": LineSplitter()}
        self._lines: list[str] = []

    def feed(self, name: str, chunk: bytes) -> None:
        """Take bytes of a stream."""
        self._take(name, self._splitters[name].feed(chunk))

    def finish(self) -> str:
        """Report what is left without a line end; returns everything that was said."""
        for name, splitter in self._splitters.items():
            self._take(name, splitter.finish())
        return "\n".join(self._lines)

    def _take(self, name: str, lines: list[str]) -> None:
        if lines:
            self._lines += lines
            self._reporter.lines(lines, task=self._task, stream=name)


def refused(argv: Sequence[str], said: str, code: int) -> CodehubError:
    """The failure of a loading program, by its words."""
    lines = [clean(line).strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line.lower() for word in _TELLING)] or lines
    words = said.lower()
    fix = next((advice for part, advice in _ADVICE.items() if part in words), _TRY_IT)
    return StepFailed(
        f"{argv[0]} failed.",
        why=" ".join(telling[:3]) or f"It ended with exit code {code} and said nothing.",
        fix=fix.format(command=process.command_line(argv), program=argv[0]),
    )


_TELLING = ("error", "fail", "not found", "no nodes", "denied", "insufficient", "exiting", "fatal")
_TRY_IT = "Try it by hand: `{command}`."
_RIGHTS = (
    "Your user may not use {program} here: run codehub as a user who may, load the image by hand, "
    "or push to a registry (images.registry)."
)
_PORT = "Something on this machine has that port: end it, or go without ingress (--no-ingress)."
_ADVICE = {
    "permission denied": _RIGHTS,
    "insufficient permissions": _RIGHTS,
    "no nodes found for": "Start the cluster, or choose the kube context of one that runs.",
    "failed to get cluster": "Start the cluster, or choose the kube context of one that runs.",
    'not found. run "minikube profile list"': "Start it (`minikube start`), or choose the context of one that runs.",
    "not present locally": "The image is not in Docker: build it again with `codehub apply --from build-notebook`.",
    "drv_as_root": "Run it as a user of your own: this driver is not for root.",
    "rsrc_insufficient_cores": "Ask for fewer CPUs (--cpus), or give Docker more.",
    "rsrc_overcommit": "Ask for less memory (--memory), or give Docker more.",
    "rsrc_insufficient_container_memory": "Ask for less memory (--memory), or give Docker more.",
    "provider_docker_not_running": "Start Docker, and look whether your user may use it: `docker version`.",
    "cannot connect to the docker daemon": "Start Docker, and look whether your user may use it: `docker version`.",
    "port is already allocated": _PORT,
    "address already in use": _PORT,
    "already exist": "A cluster of that name is there: take another name (--name), or remove that one.",
    "no space left on device": "The node's disk is full: remove images there that nobody needs, or enlarge it.",
}
"""Parts of what the programs say, in lower case, and what to do then."""
