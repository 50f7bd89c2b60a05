"""The local target: JupyterHub and code-server as processes of this user, to see the result before building it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError
from wizard.files import write_atomically
from wizard.plan.local import START, StartFacts, plan_local
from wizard.plan.model import Plan, StepRecord, fingerprint
from wizard.render.jupyterhub_config import SECRETS_VARIABLE, LocalPlace, local_config
from wizard.render.secrets import Secrets
from wizard.run.context import Action, StepContext
from wizard.run.folder import SetupFolder
from wizard.setup.model import Setup
from wizard.targets.local_parts import EXTENSIONS, LocalParts
from wizard.tools import local_hub
from wizard.tools.ports import free_ports
from wizard.tools.process import command_line

SAME_USER = (
    "This is for trying: every person's editor runs as your own user on this machine, so each of them can read and "
    "change all that you can. Only this machine reaches it."
)


def run_folder(folder: SetupFolder) -> Path:
    """Where a hub on this machine has its files: configuration, database, log, homes."""
    return folder.private / "local"


@dataclass(frozen=True)
class LocalStanding:
    """What runs here now. url: where the hub answers, empty when it does not; said: the same for a person."""

    url: str
    said: str


def standing(folder: SetupFolder) -> LocalStanding:
    """Whether the folder's hub runs and answers at its front door."""
    place = run_folder(folder)
    last = local_hub.recorded(place)
    if last is None:
        return LocalStanding("", "not running")
    again = f"its log is {place / local_hub.LOG}; to start it again: codehub apply {folder.path}"
    if not last.alive():
        return LocalStanding("", f"not running: JupyterHub ended by itself; {again}")
    if not local_hub.answers(last.url):
        return LocalStanding("", f"JupyterHub runs, but nothing answers at {last.url}; {again}")
    return LocalStanding(last.url, f"running at {last.url}")


class LocalTarget:
    """One setup as processes on this machine."""

    def __init__(self, setup: Setup, folder: SetupFolder, secrets: Secrets) -> None:
        self._setup = setup
        self._folder = folder
        self._secrets = secrets
        self._place = run_folder(folder)

    async def plan(self, records: Mapping[str, StepRecord]) -> tuple[Plan, Mapping[str, Action]]:
        """The plan, from what is in the cache and what runs now, and the work of its steps.

        Raises UsageError for a port that is taken, or answers that processes cannot have.
        """
        parts = await LocalParts.find(self._setup, self._folder)
        now = local_hub.running(self._place)
        answers = now is not None and await asyncio.to_thread(local_hub.answers, now.url)
        port = self._setup.target.expose.port
        # What a dead hub left behind, such as its proxy, is ended before the next one starts.
        if port not in await asyncio.to_thread(local_hub.held_ports, self._place):
            local_hub.require_free(port)
        start = StartFacts(
            fingerprint=self._fingerprint(parts),
            command=command_line(["jupyterhub", "--config", str(self._place / "jupyterhub_config.py")]),
            running=now.url if now and answers else "",
        )
        plan = plan_local(parts.facts(), start, records)
        return plan, {**parts.actions(), START: self._start_action(parts)}

    def _fingerprint(self, parts: LocalParts) -> str:
        """Of all that a running hub was started from; the ports that are picked at each start are left out."""
        place = LocalPlace(folder=str(self._place), port=0, hub_port=0, api_port=0, python="", singleuser="")
        programs = [str(parts.hub.folder), str(parts.proxy or parts.chp.folder), str(parts.program)]
        secret = fingerprint([self._secrets.text])
        return fingerprint([local_config(self._setup, place), programs, self._setup.target.expose.port, secret])

    def _start_action(self, parts: LocalParts) -> Action:
        async def work(context: StepContext) -> Mapping[str, Any]:
            await local_hub.stop(self._place)
            for name in ("traefik.toml", "rules.toml", "proxy.pid"):  # of a proxy that was killed
                (self._place / name).unlink(missing_ok=True)
            mark = local_hub.new_mark()
            hub_port, api_port = free_ports(2)
            place = LocalPlace(
                folder=str(self._place.absolute()),
                port=self._setup.target.expose.port,
                hub_port=hub_port,
                api_port=api_port,
                python=str(parts.hub.python),
                singleuser=str(parts.singleuser()),
                proxy_command=parts.proxy_command(),
                environment=self._editor_environment(parts, mark),
            )
            self._write(local_config(self._setup, place))
            command = [str(parts.hub.python), "-m", "jupyterhub", "--config", str(self._place / "jupyterhub_config.py")]
            started = await local_hub.start(
                command, self._place, mark, place.port, self._hub_environment(parts), context
            )
            context.notice(f"JupyterHub is at {started.url}", level="info")
            context.notice(SAME_USER)
            return {"url": started.url, "pid": started.pid, "log": str(self._place / local_hub.LOG)}

        return work

    def _write(self, config: str) -> None:
        try:
            (self._place / "home").mkdir(parents=True, exist_ok=True)
            self._place.chmod(0o700)
        except OSError as error:
            raise CodehubError(
                f"The folder {self._place} could not be made.",
                why=error.strerror or str(error),
                fix=f"Make {self._folder.path} writable.",
            ) from error
        write_atomically(self._place / "jupyterhub_config.py", config, mode=0o600)

    def _editor_environment(self, parts: LocalParts, mark: str) -> dict[str, str]:
        path = [str(parts.program.parent), os.environ.get("PATH", os.defpath)]
        found = {local_hub.MARK: mark, "PATH": os.pathsep.join(path), "CODEHUB_CODE_SERVER": str(parts.program)}
        if self._setup.code_server.extensions and EXTENSIONS in parts.actions():
            found["CODEHUB_EXTENSIONS_DIR"] = str(parts.extensions.absolute())
        return found

    def _hub_environment(self, parts: LocalParts) -> dict[str, str]:
        # Traefik is found on the PATH; the hub's own Python comes first for what the hub calls by name.
        path = os.pathsep.join([str(parts.hub.bin), os.environ.get("PATH", os.defpath)])
        return {"PATH": path, SECRETS_VARIABLE: json.dumps(self._secrets.config)}


async def stop(folder: SetupFolder) -> bool:
    """End the hub of this folder with everything it started; returns whether anything ran."""
    return await local_hub.stop(run_folder(folder))


def forget(folder: SetupFolder) -> None:
    """Remove the files of a hub that was stopped, people's homes among them."""
    place = run_folder(folder)
    try:
        if place.exists():
            shutil.rmtree(place)
    except OSError as error:
        raise CodehubError(
            f"{place} could not be removed.", why=error.strerror or str(error), fix="Remove it by hand."
        ) from error
