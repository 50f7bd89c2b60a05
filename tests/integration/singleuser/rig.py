"""A real JupyterHub with real proxies and real code-servers, and people who use it."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.support import parts
from tests.support.processes import end_group, free_port, port_answers, wait_until

HERE = Path(__file__).parent
SERVER = parts.ROOT / "assets" / "singleuser"
EXTENSION = SERVER / "activity-extension"


def code_server() -> Path:
    """The real code-server."""
    found = parts.program("code_server")
    assert found is not None
    return found


def resource_path() -> str:
    """Where code-server serves files of its machine, without the first slash (the editor's "Download...")."""
    product = json.loads((code_server().resolve().parents[2] / "lib" / "vscode" / "product.json").read_text())
    return f"{product['quality']}-{product['commit']}/vscode-remote-resource"


def search_path() -> str:
    """A PATH on which code-server and its Node come first."""
    node = parts.program("node")
    assert node is not None
    return os.pathsep.join([str(code_server().parent), str(node.parent), os.environ["PATH"]])


def server_environment(folder: Path) -> dict[str, str]:
    """What our single-user server is started with, wherever that is."""
    return {"PYTHONPATH": str(SERVER), "PATH": search_path(), "TMPDIR": str(folder)}


@dataclass
class Hub:
    """A running hub. url: the proxy's address; folder: its files."""

    venv: Path
    proxy: str
    folder: Path
    port: int
    hub_port: int
    api_port: int
    token: str
    secret: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    cull_after: int = 0

    @classmethod
    def create(
        cls,
        folder: Path,
        venv: Path,
        proxy: str,
        *,
        environment: Mapping[str, str] | None = None,
        cull_after: int = 0,
    ) -> "Hub":
        """A running hub with a running proxy; `finish()` ends both."""
        (folder / "home").mkdir(parents=True, exist_ok=True)
        hub = cls(
            venv, proxy, folder, free_port(), free_port(), free_port(), secrets.token_hex(16), secrets.token_hex(16),
            environment=dict(environment or {}), cull_after=cull_after,
        )  # fmt: skip
        try:
            if proxy == "traefik":
                hub.start("traefik")
            hub.start("hub")
            wait_until(hub.answers, f"the hub behind its proxy: {hub.log()}")
        except BaseException:
            hub.finish()
            raise
        return hub

    def finish(self) -> None:
        """End the hub, its proxy and every server that it started."""
        for process in self.processes.values():
            end_group(process)
        end_strays(self.folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether the hub is reached through the proxy, which may get its routes a moment later."""
        try:
            with urllib.request.urlopen(f"{self.url}/hub/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def direct_port(self, user: str, name: str = "") -> int:
        """The port of the single-user server itself, past the proxy."""
        return int((self.folder / f"{user}-{name}.port").read_text())

    def start(self, process: str) -> None:
        """Start `hub` or `traefik`, its output in a file of that name."""
        command = self._hub_command() if process == "hub" else self._traefik_command()
        log = (self.folder / f"{process}.log").open("ab")
        with log:
            self.processes[process] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                env=self._environment(), cwd=self.folder,
            )  # fmt: skip
        probe = self.hub_port if process == "hub" else self.port
        wait_until(lambda: port_answers(probe), f"{process} to listen (see {self.folder}/{process}.log)")

    def kill(self, process: str, number: int = signal.SIGKILL) -> None:
        """Signal that one process only, and wait for its end."""
        child = self.processes.pop(process)
        child.send_signal(number)
        child.wait(60)

    def _hub_command(self) -> list[str]:
        return [str(self.venv / "bin" / "jupyterhub"), "-f", str(HERE / "jupyterhub_config.py")]

    def _traefik_command(self) -> list[str]:
        rules = self.folder / "rules.toml"
        rules.touch()
        return [
            str(self.venv / "bin" / "traefik"),
            "--api=true",
            "--providers.providersthrottleduration=0s",
            f"--providers.file.filename={rules}",
            "--providers.file.watch=true",
            f"--entrypoints.http.address=127.0.0.1:{self.port}",
            f"--entrypoints.auth_api.address=127.0.0.1:{self.api_port}",
        ]

    def _environment(self) -> dict[str, str]:
        python = self.venv / "bin" / "python"
        chp = parts.program("chp")
        rig = {
            "folder": str(self.folder), "port": self.port, "hub_port": self.hub_port, "api_port": self.api_port,
            "proxy": self.proxy, "token": self.token, "secret": self.secret, "chp": [str(chp)],
            "chp_config": str(parts.ROOT / "assets" / "hub" / "chp.py"),
            "cull_after": self.cull_after, "environment": {**server_environment(self.folder), **self.environment},
            "stock": {
                "stock": [
                    str(python.parent / "jupyter-standaloneproxy"), "--timeout=60", "--activity-interval=2",
                    "--", "code-server", "--auth", "none", "--bind-addr", "127.0.0.1:{port}",
                ],
                "upstream": [
                    str(python.parent / "jupyterhub-singleuser"), f"--config={HERE / 'jupyter_server_config.py'}",
                ],
            },
        }  # fmt: skip
        return {
            "PATH": search_path(), "HOME": str(self.folder), "LANG": "C.UTF-8", "RIG": json.dumps(rig),
            "CONFIGPROXY_AUTH_TOKEN": self.secret,
        }  # fmt: skip

    async def api(self, method: str, path: str, body: object = None, token: str = "") -> tuple[int, object]:
        """Ask the hub's API, as the administrator unless with another token: status and content."""
        headers = {"Authorization": f"token {token or self.token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, f"http://127.0.0.1:{self.hub_port}/hub/api{path}", json=body, headers=headers
            ) as answer,
        ):
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def launch(self, user: str, name: str = "", *, seconds: float = 90) -> None:
        """Start somebody's server and wait until the hub says that it is ready."""
        server = f"/users/{user}/servers/{name}" if name else f"/users/{user}/server"
        await self.api("POST", f"/users/{user}")
        status, content = await self.api("POST", server)
        assert status in {201, 202, 400}, content
        end = asyncio.get_running_loop().time() + seconds
        while not (found := (await self.servers(user)).get(name)) or not found["ready"]:
            assert asyncio.get_running_loop().time() < end, f"{user}/{name} did not start: {self.log()}"
            await asyncio.sleep(0.2)

    async def servers(self, user: str) -> dict[str, dict[str, object]]:
        """The servers of a user by name, as the hub sees them."""
        _, content = await self.api("GET", f"/users/{user}")
        assert isinstance(content, dict)
        servers: dict[str, dict[str, object]] = content["servers"]
        return servers

    async def end(self, user: str, name: str = "") -> None:
        """Stop somebody's server."""
        await self.api("DELETE", f"/users/{user}/servers/{name}" if name else f"/users/{user}/server")

    async def token_for(self, user: str, **more: object) -> tuple[str, str]:
        """A new API token of the user's: its id and itself."""
        status, content = await self.api("POST", f"/users/{user}/tokens", {"note": "test", **more})
        assert status == 201, content
        assert isinstance(content, dict)
        return content["id"], content["token"]

    def log(self) -> str:
        """The end of the hub's log."""
        return (self.folder / "hub.log").read_text(errors="replace")[-6000:]


@contextmanager
def running_hub(
    folder: Path, venv: Path, proxy: str, *, environment: Mapping[str, str] | None = None, cull_after: int = 0
) -> Iterator[Hub]:
    """A hub with its proxy, ended with everything it started."""
    hub = Hub.create(folder, venv, proxy, environment=environment, cull_after=cull_after)
    try:
        yield hub
    finally:
        hub.finish()


def end_strays(folder: Path) -> None:
    """End what outlives its hub: users' servers and, where the hub failed, its proxy; each names this rig's folder."""
    server, part_of_hub = f"TMPDIR={folder}".encode(), f'RIG={{"folder": "{folder}"'.encode()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if server in words or any(word.startswith(part_of_hub) for word in words):
            with suppress(ProcessLookupError):
                os.kill(int(path.name), signal.SIGKILL)
