"""Editors as containers of one Docker engine, each on a network of its own (jupyterhub_config.py).

Containers of one network reach all ports of each other, whatever runs there. So every running editor gets a network
that only the hub and the proxy join: the hub, because it waits for the editor and is asked by it who somebody is;
the proxy, because it brings people there. Docker's own address pools have room for some thirty networks, so the
networks are small and come from a range of ours.
"""

import ipaddress

from docker.errors import APIError, NotFound
from dockerspawner import DockerSpawner
from traitlets import Dict, Unicode

SMALL = 28
"""Prefix length of an editor's network: 14 addresses, for the gateway, the editor, the hub and the proxy."""

TRIES = 20
"""Networks that are tried in a row; others are at work at the same time."""


class SeparateDockerSpawner(DockerSpawner):  # type: ignore[misc]
    """DockerSpawner with a network for each container, called as the container is."""

    project = Unicode(config=True, help="What networks and volumes are labelled with.")
    subnets = Unicode(config=True, help="The range that networks are taken from.")
    peers = Dict(config=True, help="Containers that join each network, and the name that each has there.")

    @property
    def labels(self) -> dict[str, str]:
        """Of all that belongs to this person."""
        return {"codehub.project": self.project, "codehub.user": self.user.name}

    async def start(self) -> object:
        """Make the network and the volume, and start the container there."""
        self.network_name = self.container_name
        await self.join()
        for volume in self.volume_binds:
            await self.docker("create_volume", volume, labels=self.labels)
        return await super().start()

    async def stop(self, now: bool = False) -> None:
        """Stop the container and take its network away."""
        network = self.container_name
        await super().stop(now)
        await self.leave(network)

    async def poll(self) -> object:
        """See whether the container runs; a hub or proxy that was made anew joins its network again."""
        status = await super().poll()
        if status is None:
            self.network_name = self.container_name
            try:
                await self.join()
            except APIError as error:
                self.log.warning("The network %s is not as it should be: %s", self.network_name, error)
        return status

    async def join(self) -> None:
        """Make the network unless it is there, and have hub and proxy in it."""
        try:
            found = await self.docker("inspect_network", self.network_name)
        except NotFound:
            await self.make_network()
            found = {}
        there = {container["Name"] for container in (found.get("Containers") or {}).values()}
        for peer, alias in self.peers.items():
            if peer in there:
                continue
            try:
                await self.docker(
                    "connect_container_to_network", peer, self.network_name, aliases=[alias] if alias else None
                )
            except NotFound:
                self.log.warning("There is no container %s to join the network %s", peer, self.network_name)
            except APIError as error:
                if "already exists" not in str(error):  # it is being started again, and has joined before
                    raise

    async def make_network(self) -> None:
        """A network of its own on addresses that no other network of this engine has."""
        tried = 0
        for subnet in await self.free_subnets():
            pool = {"Subnet": str(subnet)}
            try:
                await self.docker(
                    "create_network",
                    self.network_name,
                    driver="bridge",
                    check_duplicate=True,
                    ipam={"Driver": "default", "Config": [pool], "Options": {}},
                    labels=self.labels,
                )
            except APIError as error:
                if "already exists" in str(error):
                    return
                tried += 1
                if "overlap" not in str(error).lower() or tried == TRIES:
                    raise
            else:
                return
        raise RuntimeError(f"All addresses of {self.subnets} are taken: give target.docker.subnets a larger range")

    async def free_subnets(self) -> list[ipaddress.IPv4Network]:
        """Small networks of the range that touch no network of this engine."""
        taken = []
        for network in await self.docker("networks"):
            for pool in (network.get("IPAM") or {}).get("Config") or ():
                known = ipaddress.ip_network(pool.get("Subnet") or "255.255.255.255/32", strict=False)
                if known.version == 4:
                    taken.append(known)
        small = ipaddress.IPv4Network(self.subnets).subnets(new_prefix=SMALL)
        return [one for one in small if not any(one.overlaps(known) for known in taken)]

    async def leave(self, network: str) -> None:
        """Take hub and proxy out of a network and remove it; one that cannot be removed is used again later."""
        for peer in self.peers:
            try:
                await self.docker("disconnect_container_from_network", peer, network, force=True)
            except APIError as error:
                self.log.debug("%s was not in %s: %s", peer, network, error)
        try:
            await self.docker("remove_network", network)
        except APIError as error:
            self.log.warning("The network %s stays: %s", network, error)


c.JupyterHub.spawner_class = SeparateDockerSpawner  # noqa: F821 - c is JupyterHub's
