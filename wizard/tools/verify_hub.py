"""Proving that a deployed hub works: it answers, a user gets an editor, and nobody else gets in.

Knows neither Kubernetes nor Docker: an address as people type it, and the token of a service with SCOPES. Everything
goes through that address, so that proxy, ingress and TLS are proven with it. Source of the calls: JupyterHub's REST
API.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from wizard.errors import CodehubError, StepFailed, UsageError
from wizard.foreign import load_json
from wizard.reporting import Reporter, TaskState
from wizard.text import clean
from wizard.tools.hub_client import HubClient, open_hub

SERVICE = "codehub-verify"
"""The hub's service whose token the check uses."""

SCOPES = ("admin:users", "admin:servers", "tokens")
"""What that service may do: make and remove users, start and stop servers, make tokens for them."""

TOKEN_LIFE = 900
"""Seconds that the throw-away users' tokens live, should their removal fail."""

CHECK_USER = "codehub-check-"
"""What the names of throw-away users begin with."""

STOP_PATIENCE = 90.0
"""Seconds that the throw-away server may take to stop."""

_EDITOR = "workbench"
"""In the page of every VS Code."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """A hub to be checked. url: as browsers reach it; connect_to: an address for a host name that has none here yet.

    certificate: a PEM file that is trusted besides the machine's authorities, such as the hub's own.
    token: of the service SERVICE, empty: only whether the hub answers is checked then.
    """

    url: str
    token: str = field(default="", repr=False)
    connect_to: str = ""
    certificate: str = ""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was seen: JupyterHub's version, and the seconds from asking for a server to its editor's page."""

    access: Access
    version: str
    editor_seconds: float = 0.0


def no_service() -> UsageError:
    """The error of a check with a user at a hub that was deployed without SERVICE."""
    return UsageError(
        "The hub has no service for the check with a throw-away user.",
        why="It was deployed with target.verify other than user.",
        fix="Set target.verify=user and run `codehub apply`, or check the hub alone.",
    )


async def verify_hub(candidates: Sequence[Access], reporter: Reporter, *, patience: float = 60.0) -> Verified:
    """Wait until the hub answers at one of its addresses, at most `patience` seconds; the first that does counts.

    Raises StepFailed when none does, with the reason for each.
    """
    title = f"The hub answers at {' or '.join(access.url for access in candidates)}"
    reporter.task("hub", title, TaskState.RUNNING)
    end = asyncio.get_running_loop().time() + patience
    while True:
        answers = await asyncio.gather(*map(_ask, candidates))
        for access, answer in zip(candidates, answers, strict=True):
            if answer.version:
                detail = f"JupyterHub {answer.version} at {access.url}"
                reporter.task("hub", title, TaskState.DONE, detail=detail)
                return Verified(access=access, version=answer.version)
        if asyncio.get_running_loop().time() >= end:
            break
        await asyncio.sleep(1)
    why = " ".join(f"{access.url}: {answer.why}" for access, answer in zip(candidates, answers, strict=True))
    reporter.task("hub", title, TaskState.FAILED, detail=why)
    raise StepFailed(
        "No JupyterHub answers where it should.",
        why=why,
        fix="Check that such an address leads to the hub from here: DNS, /etc/hosts, firewall, ingress. Where it "
        "cannot, set target.verify=none.",
        address="verify-hub",
    )


async def verify_user(
    access: Access, reporter: Reporter, *, patience: float = 60.0, start_timeout: float = 330.0
) -> Verified:
    """The same, and that a user gets an editor which nobody else can reach; what it makes is removed again.

    patience, start_timeout: seconds for the hub to answer, and for the server to start. Raises StepFailed that says
    what did not work; a stranger who gets in is the worst of it.
    """
    found = await verify_hub([access], reporter, patience=patience)
    async with _open(access) as hub:
        mark = secrets.token_hex(4)
        owner, other = f"{CHECK_USER}{mark}-a", f"{CHECK_USER}{mark}-b"
        async with _user(hub, owner, reporter) as token, _user(hub, other, reporter) as other_token:
            began = time.monotonic()
            await _start(hub, owner, reporter, start_timeout)
            await _editor(hub, owner, token, reporter)
            seconds = round(time.monotonic() - began, 1)
            await _strangers(hub, owner, other_token, reporter)
    return replace(found, editor_seconds=seconds)


def _open(access: Access) -> AbstractAsyncContextManager[HubClient]:
    return open_hub(access.url, token=access.token, connect_to=access.connect_to, certificate=access.certificate)


@dataclass(frozen=True)
class _Answer:
    version: str = ""
    why: str = ""


async def _ask(access: Access) -> _Answer:
    """JupyterHub's version, or why it cannot be told."""
    try:
        async with _open(replace(access, token="")) as hub:
            status, text = await hub.get("/hub/api", timeout=10)
        return _Answer(clean(str(load_json(text)["version"]))) if status == 200 else _Answer(why=f"Status {status}.")
    except CodehubError as error:
        return _Answer(why=error.why)
    except (ValueError, KeyError, TypeError):
        return _Answer(why="Something else answers there.")


@asynccontextmanager
async def _user(hub: HubClient, name: str, reporter: Reporter) -> AsyncIterator[str]:
    """A user that is gone afterwards, with everything of theirs; yields a token of theirs."""
    try:
        status, text = await hub.api("POST", f"/users/{name}")
        if status != 201:
            raise _refused("make a throw-away user", status, text)
        note = {"note": "codehub verify", "expires_in": TOKEN_LIFE}
        status, text = await hub.api("POST", f"/users/{name}/tokens", note)
        if status not in {200, 201}:
            raise _refused("make a token for it", status, text)
        yield str(load_json(text)["token"])
    finally:
        # Not to be cut short: what is left behind would be a user whom nobody knows.
        await asyncio.shield(_remove(hub, name, reporter))


async def _remove(hub: HubClient, name: str, reporter: Reporter) -> None:
    end = asyncio.get_running_loop().time() + STOP_PATIENCE
    try:
        await hub.api("DELETE", f"/users/{name}/server")
        # A server that is still starting or stopping keeps its user from being removed.
        while (answer := await hub.api("DELETE", f"/users/{name}"))[0] not in {204, 404}:
            if asyncio.get_running_loop().time() >= end:
                break
            await asyncio.sleep(1)
        status, text = answer
        why = "" if status in {204, 404} else f"status {status}: {clean(text)[:200]}"
    except CodehubError as error:
        why = error.why or error.what
    if why:
        reporter.notice(f"The throw-away user {name} could not be removed ({why}): remove it in the hub's admin page.")


async def _start(hub: HubClient, name: str, reporter: Reporter, timeout: float) -> None:
    title = "A user's server starts"
    reporter.task("server", title, TaskState.RUNNING)
    status, text = await hub.api("POST", f"/users/{name}/server", {}, timeout=timeout)
    if status not in {201, 202}:
        reporter.task("server", title, TaskState.FAILED)
        raise _refused("start a server for it", status, text)
    said: list[str] = []
    try:
        async with asyncio.timeout(timeout):
            async with aclosing(hub.events(f"/users/{name}/server/progress")) as events:
                async for event in events:
                    message = clean(str(event.get("message", "")))
                    said.append(message)
                    reporter.lines([message], task="server")
                    percent = int(event.get("progress") or 0)
                    reporter.task("server", title, TaskState.RUNNING, current=percent, total=100, detail=message)
                    if event.get("ready"):
                        reporter.task("server", title, TaskState.DONE)
                        return
                    if event.get("failed"):
                        break
    except TimeoutError:
        said.append(f"It was not ready within {timeout:g} seconds.")
    reporter.task("server", title, TaskState.FAILED)
    raise StepFailed(
        "The server of a throw-away user did not start.",
        why=" ".join(said[-3:]),
        fix="The step's log has what the hub said; the hub's own log (`codehub status` names its pod) has the rest.",
        address="verify-user",
    )


async def _editor(hub: HubClient, name: str, token: str, reporter: Reporter) -> None:
    title = "Their editor opens: health, page and websocket"
    reporter.task("editor", title, TaskState.RUNNING)
    base = f"/user/{name}/"
    status, text = await hub.get(f"{base}healthz", token=token)
    why = "" if status == 200 else f"/healthz answers with status {status}: {clean(text)[:200]}"
    if not why:
        status, text = await hub.get(base, token=token, follow=True)
        if status != 200 or _EDITOR not in text:
            why = f"The editor's page answers with status {status}" + (" and is not VS Code." if status == 200 else ".")
    if not why and (status := await hub.websocket(base, token=token)) != 101:
        why = f"The websocket, over which the editor works, is answered with status {status}."
    reporter.task("editor", title, TaskState.FAILED if why else TaskState.DONE, detail=why)
    if why:
        raise StepFailed(
            "The server runs, but its editor cannot be used at the hub's address.",
            why=why,
            fix="Look whether something in front of the hub (ingress, load balancer, company proxy) changes requests "
            "or does not let websockets pass.",
            address="verify-editor",
        )


async def _strangers(hub: HubClient, name: str, token: str, reporter: Reporter) -> None:
    title = "Nobody else gets in"
    reporter.task("strangers", title, TaskState.RUNNING)
    base = f"/user/{name}/"
    leaks = []
    for who, their_token in (("somebody else", token), ("somebody who is not logged in", "")):
        if (status := (await hub.get(base, token=their_token))[0]) not in _KEPT_OUT:
            leaks.append(f"{who} gets status {status} for the page")
        if (status := await hub.websocket(base, token=their_token)) not in _KEPT_OUT:
            leaks.append(f"{who} gets status {status} for the websocket")
    reporter.task("strangers", title, TaskState.FAILED if leaks else TaskState.DONE, detail="; ".join(leaks))
    if leaks:
        raise StepFailed(
            "An editor can be reached by people whom it does not belong to.",
            why=f"{'; '.join(leaks)}. Whoever gets in can run programs there.",
            fix="Do not let people use this hub: check that the notebook image is the one that codehub built, and that "
            "values.extra.yaml does not replace singleuser.cmd.",
            address="verify-strangers",
        )


_KEPT_OUT = frozenset({302, 303, 307, 401, 403})
"""Refused, or sent to the login."""


def _refused(what: str, status: int, text: str) -> CodehubError:
    try:
        said = str(load_json(text)["message"])
    except (ValueError, KeyError, TypeError):
        said = text[:200]
    return StepFailed(
        f"The hub did not {what}.",
        why=f"It answered with status {status}: {clean(said)}",
        fix=f"The service {SERVICE} needs the scopes {', '.join(SCOPES)}; `codehub apply` deploys it so."
        if status in {401, 403}
        else "The hub's own log says why; `codehub status` names its pod.",
    )
