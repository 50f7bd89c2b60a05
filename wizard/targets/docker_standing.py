"""Where the hub of a Docker host stands, as Docker says it now."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.render.compose import HUB, PROXY, names
from wizard.setup.model import Setup
from wizard.targets.docker_verify import door
from wizard.tools import docker_host
from wizard.tools.docker_host import Container
from wizard.tools.docker_start import answers


@dataclass(frozen=True)
class OnDocker:
    """What Docker says.

    services: the hub's and the proxy's containers, missing: the names of those that are not there; users: whose
    editors run, stopped: whose ended without the hub; homes: how many volumes of people there are; answers: whether
    the hub does, at its front door.
    """

    services: tuple[Container, ...]
    missing: tuple[str, ...]
    users: tuple[str, ...]
    stopped: tuple[str, ...]
    homes: int
    answers: bool

    @property
    def nothing(self) -> bool:
        """Whether nothing of this hub is on the host."""
        return not (self.services or self.users or self.stopped)


async def on_docker(setup: Setup) -> OnDocker:
    """Ask Docker, and the front door; MissingError without a daemon."""
    called = names(setup)
    found = await docker_host.belongings(called.project)
    wanted = {PROXY: called.proxy, HUB: called.hub}
    services = tuple(one for one in (found.service(name) for name in wanted) if one)
    return OnDocker(
        services,
        tuple(container for name, container in wanted.items() if found.service(name) is None),
        tuple(sorted(one.user for one in found.editors if one.running)),
        tuple(sorted(one.user for one in found.editors if not one.running)),
        sum(name.startswith(f"{called.home_prefix}-") for name in found.volumes),
        await answers(door(setup)) if services else False,
    )
