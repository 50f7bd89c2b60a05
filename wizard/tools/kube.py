"""A cluster's API by raw JSON, over kubernetes_asyncio, which logs in wherever kubectl does.

Its typed models are not used: they are slow, and refuse what a newer cluster says.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wizard.errors import MissingError
from wizard.foreign import load_json
from wizard.scratch import scratch_folder
from wizard.tools.kube_errors import ApiRefused, refused, unreachable
from wizard.tools.kube_login import logged_in
from wizard.tools.kubeconfig import kubeconfig_files, read_kubeconfig

Obj = dict[str, Any]
"""A Kubernetes object as JSON has it."""

TIMEOUT = 15.0
"""Seconds for one request, connecting and reading together."""

_PAGE = 500
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
"""An `accept` for lists of which only the metadata is needed: leaves the contents of Secrets where they are."""


def path(group_version: str, plural: str, namespace: str = "", name: str = "", sub: str = "") -> str:
    """Where the API has a kind or one object: `path("apps/v1", "deployments", "codehub", "hub")`."""
    parts = ["apis" if "/" in group_version else "api", group_version]
    if namespace:
        parts += ["namespaces", quote(namespace, safe="")]
    parts += [plural, *(quote(part, safe="") for part in (name, sub) if part)]
    return "/" + "/".join(parts)


@dataclass(frozen=True)
class Answer:
    """The body of an answer, and what its Warning headers say."""

    body: Obj
    warnings: tuple[str, ...] = ()


class Cluster:
    """A connection to one API; made by `connect`.

    Every method raises ClusterUnreachable, CredentialsRefused or ApiRefused (wizard.tools.kube_errors). When the
    API answers 401 the credentials are loaded once more: plug-ins and token files give a new token then.
    """

    def __init__(self, context: str, kubeconfig: str, folder: str) -> None:
        self.context = context
        self.server = ""
        self._kubeconfig = kubeconfig
        self._folder = folder
        self._api: Any = None
        self._clients: list[Any] = []
        self._login = asyncio.Lock()

    @property
    def api(self) -> Any:  # noqa: ANN401
        """kubernetes_asyncio's client, logged in: for what is more than a request and its answer."""
        return self._api

    async def get(self, where: str, query: Mapping[str, str] | None = None) -> Obj:
        """One object."""
        return (await self.send("GET", where, query=query)).body

    async def find(self, where: str) -> Obj | None:
        """One object, or None when it is not there."""
        try:
            return await self.get(where)
        except ApiRefused as error:
            if error.not_found:
                return None
            raise

    async def list(self, where: str, *, labels: str = "", fields: str = "", accept: str = JSON) -> list[Obj]:
        """All objects of a kind that the selectors choose, however many there are."""
        query = {"limit": str(_PAGE)}
        query |= {"labelSelector": labels} if labels else {}
        query |= {"fieldSelector": fields} if fields else {}
        found: list[Obj] = []
        while True:
            page = (await self.send("GET", where, query=query, accept=accept)).body
            found += page.get("items") or []
            following = page.get("metadata", {}).get("continue")
            if not following:
                return found
            query["continue"] = following

    async def create(self, where: str, item: Obj, *, dry_run: bool = False) -> Answer:
        """Make an object; `where` is its kind's path."""
        return await self.send("POST", where, query={"dryRun": "All"} if dry_run else None, body=item)

    async def apply(self, where: str, item: Obj, *, force: bool = False, dry_run: bool = False) -> Answer:
        """Server-side apply of an object at its own path; with `dry_run` only what would be and its warnings."""
        query = {"fieldManager": "codehub", "force": "true" if force else "false"}
        query |= {"dryRun": "All"} if dry_run else {}
        return await self.send("PATCH", where, query=query, body=item, content_type=APPLY)

    async def patch(self, where: str, change: Obj) -> Obj:
        """A JSON merge patch."""
        query = {"fieldManager": "codehub"}
        return (await self.send("PATCH", where, query=query, body=change, content_type=MERGE_PATCH)).body

    async def delete(self, where: str, *, propagation: str = "Background") -> bool:
        """Remove an object and what it owns; False when it was not there."""
        try:
            await self.send("DELETE", where, body={"kind": "DeleteOptions", "propagationPolicy": propagation})
        except ApiRefused as error:
            if error.not_found:
                return False
            raise
        return True

    async def version(self) -> str:
        """The API server's version, such as `v1.33.1`."""
        return str((await self.get("/version"))["gitVersion"])

    async def send(
        self,
        method: str,
        where: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Obj | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Answer:
        """One request whose answer is JSON."""
        try:
            response = await self.open(method, where, query=query, body=body, content_type=content_type, accept=accept)
            async with asyncio.timeout(TIMEOUT):
                raw = await response.read()
            document = load_json(raw) if raw else {}
        except TimeoutError as error:
            raise unreachable(self.server, error) from error
        except ValueError as error:
            raise refused(502, str(error), action=f"{method} {where}") from error
        warnings = tuple(_warning(header) for header in response.headers.getall("Warning", ()))
        return Answer(document if isinstance(document, dict) else {}, warnings)

    async def open(
        self,
        method: str,
        where: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Obj | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        endless: bool = False,
    ) -> Any:  # noqa: ANN401 - aiohttp's ClientResponse; that module is not imported here
        """An answer whose body is still to be read; with `endless` its reading has no time limit.

        The caller closes it (`response.close()`), or reads it to its end.
        """
        response = await self._request(method, where, query, body, content_type, accept, endless)
        if response.status == 401:
            response.close()
            await self.renew_login()
            response = await self._request(method, where, query, body, content_type, accept, endless)
        if response.status >= 400:
            try:
                text = (await response.read()).decode(errors="replace")
            except Exception as error:
                raise unreachable(self.server, error) from error
            raise refused(response.status, text, action=f"{method} {where}")
        return response

    async def _request(
        self,
        method: str,
        where: str,
        query: Mapping[str, str] | None,
        body: Obj | None,
        content_type: str,
        accept: str,
        endless: bool,
    ) -> Any:  # noqa: ANN401
        import aiohttp

        limit = aiohttp.ClientTimeout(total=None if endless else TIMEOUT, connect=TIMEOUT, sock_connect=TIMEOUT)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._api.call_api(
                    where,
                    method,
                    query_params=list((query or {}).items()),
                    header_params={"Accept": accept, "Content-Type": content_type},
                    body=body,
                    auth_settings=["BearerToken"],
                    _preload_content=False,
                    _return_http_data_only=True,
                    _request_timeout=limit,
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable(self.server, error) from error

    async def _log_in(self, *, again: bool = False) -> None:
        """Load the kubeconfig and its credentials; `again` after the API refused those that we have."""
        before = self._api
        async with self._login:
            if again and self._api is not before:
                return  # somebody else has done it while we waited
            self._api = await logged_in(self.context, self._kubeconfig, self._folder)
            self.server = self._api.configuration.host
            self._clients.append(self._api)

    async def renew_login(self) -> None:
        """Load the credentials once more, after the API refused those that we have."""
        await self._log_in(again=True)

    async def close(self) -> None:
        """End the connection."""
        for client in self._clients:  # the earlier ones too: others may have been reading from them
            await client.close()


@asynccontextmanager
async def connect(context: str = "", kubeconfig: str = "") -> AsyncIterator[Cluster]:
    """A connection to a context's cluster (empty: the current one); nothing is asked of the cluster yet.

    kubeconfig: one file or several joined by the path separator; empty: those of KUBECONFIG or ~/.kube/config.
    Raises MissingError when there is no such file or context, CredentialsRefused when a plug-in fails.
    """
    # Keys that a credential plug-in hands out are written here, and are gone afterwards.
    with scratch_folder("kube") as folder:
        files = tuple(map(Path, kubeconfig.split(os.pathsep))) if kubeconfig else kubeconfig_files()
        config = await asyncio.to_thread(read_kubeconfig, files)
        if config.unreadable:
            raise MissingError(
                "A kubeconfig file cannot be read.",
                why=config.unreadable[0],
                fix="Mend it, or take it out of KUBECONFIG.",
                address="cluster-context",
            )
        # Of several files the first with a current context decides for kubectl and Helm, the last for the library.
        cluster = Cluster(context or config.current, os.pathsep.join(map(str, files)), folder)
        await cluster._log_in()  # noqa: SLF001 - its own factory
        try:
            yield cluster
        finally:
            await cluster.close()


def _warning(header: str) -> str:
    """The text of `299 - "text"`."""
    return header.partition('"')[2].rpartition('"')[0].replace('\\"', '"') or header
