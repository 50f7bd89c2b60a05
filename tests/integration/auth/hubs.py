"""Hubs on this machine by their answers, and what a person sees who logs in at a provider."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from tests.integration.auth.provider import Provider
from tests.integration.local.tried import VERSION, processes_of, try_environment
from tests.integration.singleuser.person import Person
from tests.support.processes import free_port
from tests.support.program import codehub


@dataclass
class LocalHub:
    """A setup folder of the local target, applied as often as its answers change."""

    folder: Path
    env: Mapping[str, str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the hub says to its operator."""
        return (self.folder / ".codehub" / "local" / "jupyterhub.log").read_text(errors="replace")

    @property
    def home(self) -> Path:
        return self.folder / ".codehub" / "local" / "home"

    def answer(self, *settings: str) -> None:
        """Save answers."""
        words = [word for setting in settings for word in ("--set", setting)]
        ended = codehub("init", self.folder, *words, env=self.env)
        assert ended.code == 0, ended.err

    def apply(self) -> None:
        """Start the hub with what was answered."""
        ended = codehub("apply", self.folder, "--yes", env=self.env, seconds=400)
        assert ended.code == 0, ended.out + ended.err

    def password(self, trait: str) -> str:
        """A password that codehub made."""
        found = re.search(rf"(?<!\w){trait}: (\S+)", (self.folder / "secrets.yaml").read_text())
        assert found
        return found[1].strip("\"'")


@contextmanager
def local_hub(folder: Path, cache: Path) -> Iterator[LocalHub]:
    """A folder for a hub on a free port; whatever runs of it is ended."""
    env = try_environment(cache, folder / "data")
    hub = LocalHub(folder / "hub", env, free_port())
    try:
        hub.answer("target.kind=local", f"target.expose.port={hub.port}", f"code_server.version={VERSION}")
        yield hub
    finally:
        codehub("destroy", hub.folder, "--yes", env=env)
        for left in processes_of(env):
            left.kill()


@dataclass(frozen=True)
class Seen:
    """The page at which a login ended."""

    status: int
    url: str
    text: str


async def log_in_at(provider: Provider, person: Person, subject: str, *, deny: bool = False) -> Seen:
    """Come to the hub, log in at its provider as `subject` (or say no there), and go back."""
    start = URL(person.hub.url + "/hub/oauth_login?next=%2Fhub%2Fhome", encoded=True)
    async with person.session.get(start) as form:
        assert form.status == 200, await form.text()
        assert str(form.url).startswith(provider.url), form.url
        where = form.url
    answer = {"action": "deny"} if deny else {"sub": subject}
    async with person.session.post(where, data=answer) as page:
        return await seen(page)


async def seen(page: aiohttp.ClientResponse) -> Seen:
    """What a person reads of a page."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", await page.text(), flags=re.DOTALL)
    return Seen(page.status, str(page.url), " ".join(text.split()))
