"""All answers of a person: the one thing that files, plans and deployments are made from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wizard.setup.answers_build import Build, CodeServer, Images
from wizard.setup.answers_hub import OAUTH, Hub
from wizard.setup.answers_target import Target
from wizard.setup.ask import Answers

SCHEMA = 1
"""Version of the layout of codehub.yaml; wizard/setup/migrate.py has the steps from older ones."""


class Setup(Answers):
    """The answers; `codehub.yaml` is exactly this. Holds no secrets."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    code_server: CodeServer = Field(default_factory=CodeServer)
    images: Images = Images()
    build: Build = Build()
    target: Target = Field(default_factory=Target)
    hub: Hub = Hub()

    @property
    def notebook_reference(self) -> str:
        """The notebook image's full reference, with the registry if there is one."""
        return self._reference(self.images.notebook.name, self.images.notebook.tag)

    @property
    def hub_reference(self) -> str:
        """The reference of the hub image that is built; see `builds_hub` for whether it is."""
        return self._reference(self.images.hub.name, self.images.hub.tag)

    @property
    def builds_hub(self) -> bool:
        """Whether a hub image is built at all: not when the chart's own has everything already."""
        return self.target.kind == "docker" or bool(self.images.hub.base) or self.hub.proxy == "traefik"

    @property
    def image_references(self) -> dict[str, str]:
        """The images that are built, by name, with their full references."""
        hub = {"hub": self.hub_reference} if self.builds_hub else {}
        return {"notebook": self.notebook_reference, **hub}

    @property
    def builds_images(self) -> bool:
        """Whether anything is built; the local target runs processes instead."""
        return self.target.kind != "local"

    @property
    def uses_oauth(self) -> bool:
        """Whether people log in at another site."""
        return self.hub.auth.kind in OAUTH

    @property
    def has_verify_service(self) -> bool:
        """Whether the hub has the service that `codehub verify` makes throw-away users with."""
        return self.target.kind == "local" or self.target.verify == "user"

    @property
    def callback_url(self) -> str:
        """Where a login provider sends people back to; empty when it cannot be known yet."""
        if self.hub.auth.callback_url:
            return self.hub.auth.callback_url
        expose = self.target.expose
        if self.target.kind == "local":
            return f"http://127.0.0.1:{expose.port}/hub/oauth_callback"
        if not expose.host:
            return ""
        if self.target.kind == "docker":
            return f"{self.docker_url}hub/oauth_callback"
        return f"{'http' if expose.tls == 'none' else 'https'}://{expose.host}/hub/oauth_callback"

    @property
    def docker_url(self) -> str:
        """Where browsers find the hub of a Docker host."""
        scheme, usual = ("http", 80) if self.target.docker.tls == "none" else ("https", 443)
        port = "" if self.target.expose.port == usual else f":{self.target.expose.port}"
        return f"{scheme}://{self.target.expose.host or '127.0.0.1'}{port}/"

    def _reference(self, name: str, tag: str) -> str:
        prefix = f"{self.images.registry}/" if self.images.registry else ""
        return f"{prefix}{name}:{tag}"
