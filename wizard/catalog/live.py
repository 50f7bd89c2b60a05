"""The lists as they are now: read in the background, cached, and never waited for longer than the caller says."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from wizard.catalog import bundled, parse
from wizard.catalog.models import (
    ChartRelease,
    CodeServerTag,
    Kind,
    Listing,
    chart_from_json,
    chart_to_json,
    tag_from_json,
    tag_to_json,
)

if TYPE_CHECKING:
    from wizard.catalog.cache import Cache
    from wizard.catalog.sources import Sources

RETRY_AFTER = 120.0
"""Seconds for which `listing` does not ask a place again that has just failed; `refresh` always asks."""

GRACE = 3.0
"""Seconds that the slower of two sources gets once the other has answered."""

OnDone = Callable[[Listing[Any]], None]


@dataclass(slots=True)
class _Job:
    """A read under way; its callbacks are called once, in its thread."""

    done: threading.Event = field(default_factory=threading.Event)
    callbacks: list[OnDone] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Handling:
    """How the items of a kind are kept on disk, and what there is without a network."""

    read: Callable[[Any], Any]
    write: Callable[[Any], object]
    bundled: Callable[[str], Listing[Any]]


def _image_tag(data: object) -> str:
    if not isinstance(data, str):
        raise ValueError("not a tag")
    return data


def _bundled_npm(note: str) -> Listing[CodeServerTag]:
    whole = bundled.code_server_listing(note)
    return replace(whole, items=parse.npm_published(whole.items))


_HANDLING: dict[Kind, _Handling] = {
    "code-server": _Handling(tag_from_json, tag_to_json, bundled.code_server_listing),
    "npm": _Handling(tag_from_json, tag_to_json, _bundled_npm),
    "chart": _Handling(chart_from_json, chart_to_json, bundled.chart_listing),
    "image": _Handling(_image_tag, _image_tag, lambda note: Listing((), "bundled", None, note)),
}


class Catalog:
    """Lists of versions from given sources, with a cache in `cache_folder` (None: the user's).

    Safe to use from several threads. No method raises for what is wrong outside: the listing's note says it.
    """

    def __init__(self, sources: Sources | None = None, cache_folder: Path | None = None) -> None:
        self._sources = sources
        self._cache_folder = cache_folder
        self._cache_object: Cache | None = None
        self._lock = threading.Lock()
        self._jobs: dict[tuple[Kind, str], _Job] = {}
        self._read: dict[tuple[Kind, str], Listing[Any]] = {}
        self._failed: dict[tuple[Kind, str], tuple[float, str]] = {}

    @property
    def sources(self) -> Sources:
        """Where this catalogue looks; from the environment unless given."""
        if self._sources is None:
            from wizard.catalog.sources import Sources

            self._sources = Sources.from_environment()
        return self._sources

    @property
    def _cache(self) -> Cache:
        if self._cache_object is None:
            from wizard.catalog.cache import Cache

            self._cache_object = Cache(self._cache_folder)
        return self._cache_object

    @overload
    def listing(
        self, kind: Literal["code-server", "npm"], *, wait: float = ..., address: str = ...
    ) -> Listing[CodeServerTag]: ...
    @overload
    def listing(self, kind: Literal["chart"], *, wait: float = ..., address: str = ...) -> Listing[ChartRelease]: ...
    @overload
    def listing(self, kind: Literal["image"], *, wait: float = ..., address: str = ...) -> Listing[str]: ...
    def listing(self, kind: Kind, *, wait: float = 1.0, address: str = "") -> Listing[Any]:
        """The best list that can be had within `wait` seconds.

        A list of this process or a cached one younger than six hours is given at once. Otherwise the sources are asked
        in the background; what does not arrive in time is given from the cache, however old, or from the bundled
        list, with `refreshing` set. `wait=0` asks and does not wait. `address` replaces the kind's usual place:
        a git address, a registry of npm's, a chart repository (http(s), oci, folder or .tgz), an image's repository.
        """
        key = (kind, address or self._address(kind))
        now = datetime.now(UTC)
        known = self._best(key)
        if known is not None and known.fetched_at is not None and self._is_fresh(known, now):
            return known
        if self._must_not_ask(key):
            return self._without_network(key, known)
        job = self._start(key, None)
        job.done.wait(max(0.0, wait))
        return self._answer(key, known, refreshing=not job.done.is_set())

    def best(self, kind: Kind, *, address: str = "") -> Listing[Any]:
        """What is known without a network: read by this process, cached, or bundled; never waits, never asks."""
        key = (kind, address or self._address(kind))
        return self._without_network(key, self._best(key))

    def refresh(self, kind: Kind, on_done: OnDone | None = None, *, address: str = "") -> None:
        """Ask the sources again, in the background, whatever the cache has; returns at once.

        `on_done` is called once with the outcome, in the background thread: a screen posts a message from it.
        """
        key = (kind, address or self._address(kind))
        if self.sources.offline:
            if on_done:
                on_done(self.best(kind, address=address))
            return
        self._start(key, on_done)

    def _address(self, kind: Kind) -> str:
        return {
            "code-server": self.sources.code_server_git,
            "npm": self.sources.npm_registry,
            "chart": self.sources.chart_repository,
            "image": self.sources.code_server_image,
        }[kind]

    def _best(self, key: tuple[Kind, str]) -> Listing[Any] | None:
        with self._lock:
            read = self._read.get(key)
        if read is not None:
            return read
        cached = self._cache.load(key[0], key[1], _HANDLING[key[0]].read)
        return Listing(cached.items, "cache", cached.fetched_at, cached.note) if cached else None

    def _is_fresh(self, known: Listing[Any], now: datetime) -> bool:
        from wizard.catalog.cache import Cached

        return known.fetched_at is not None and Cached((), known.fetched_at).fresh(now)

    def _must_not_ask(self, key: tuple[Kind, str]) -> bool:
        with self._lock:
            failed = self._failed.get(key)
        return self.sources.offline or (failed is not None and time.monotonic() - failed[0] < RETRY_AFTER)

    def _without_network(self, key: tuple[Kind, str], known: Listing[Any] | None) -> Listing[Any]:
        with self._lock:
            refreshing = key in self._jobs
        return self._answer(key, known, refreshing=refreshing)

    def _answer(self, key: tuple[Kind, str], known: Listing[Any] | None, *, refreshing: bool) -> Listing[Any]:
        with self._lock:
            known = self._read.get(key) or known
            failed = self._failed.get(key)
        note = self._note(failed[1] if failed else "", refreshing=refreshing)
        if known is None:
            return replace(_HANDLING[key[0]].bundled(note), refreshing=refreshing)
        return replace(known, note=note or known.note, refreshing=refreshing)

    def _note(self, failure: str, *, refreshing: bool) -> str:
        if self.sources.offline:
            return "not live: codehub is told to stay offline (CODEHUB_OFFLINE)"
        if refreshing:
            return "not live yet: the sources have not answered so far"
        return f"not live: {failure}" if failure else ""

    def _start(self, key: tuple[Kind, str], on_done: OnDone | None) -> _Job:
        with self._lock:
            job = self._jobs.get(key)
            starting = job is None
            if job is None:
                job = self._jobs[key] = _Job()
            if on_done:
                job.callbacks.append(on_done)
        if starting:
            # A daemon: a name server that does not answer must not hold up the end of codehub.
            threading.Thread(target=self._work, args=(key, job), name=f"catalog-{key[0]}", daemon=True).start()
        return job

    def _work(self, key: tuple[Kind, str], job: _Job) -> None:
        from wizard.catalog import fetch

        outcome = fetch.fetch(key[0], key[1], self.sources, grace=GRACE)
        if outcome.items:
            handling = _HANDLING[key[0]]
            self._cache.save(key[0], key[1], [handling.write(item) for item in outcome.items], note=outcome.note)
        with self._lock:
            if outcome.items:
                self._read[key] = Listing(outcome.items, "live", datetime.now(UTC), outcome.note)
                self._failed.pop(key, None)
            else:
                self._failed[key] = (time.monotonic(), outcome.note)
            del self._jobs[key]
            callbacks = tuple(job.callbacks)
        job.done.set()
        listing = self.best(key[0], address=key[1])
        for callback in callbacks:
            # A screen that is gone by now must not keep the other callers from their answer.
            with contextlib.suppress(Exception):
                callback(listing)


_default: list[Catalog] = []
_default_lock = threading.Lock()


def default_catalog() -> Catalog:
    """The catalogue of this process: sources from the environment, cache in the user's folder."""
    with _default_lock:
        if not _default:
            _default.append(Catalog())
        return _default[0]


@overload
def listing(
    kind: Literal["code-server", "npm"], *, wait: float = ..., address: str = ...
) -> Listing[CodeServerTag]: ...
@overload
def listing(kind: Literal["chart"], *, wait: float = ..., address: str = ...) -> Listing[ChartRelease]: ...
@overload
def listing(kind: Literal["image"], *, wait: float = ..., address: str = ...) -> Listing[str]: ...
def listing(kind: Kind, *, wait: float = 1.0, address: str = "") -> Listing[Any]:
    """The best list to be had within `wait` seconds, newest first; see `Catalog.listing`.

    kind: `code-server` (all tags), `npm` (the versions that npm has), `chart` (JupyterHub chart releases) or
    `image` (the tags of codercom/code-server); address: another place to look than the usual one.
    """
    return default_catalog().listing(kind, wait=wait, address=address)


def best(kind: Kind, *, address: str = "") -> Listing[Any]:
    """What is known without asking anybody; see `Catalog.best`."""
    return default_catalog().best(kind, address=address)


def refresh(kind: Kind, on_done: OnDone | None = None, *, address: str = "") -> None:
    """Ask again in the background; `on_done` gets the new listing, in another thread; see `Catalog.refresh`."""
    default_catalog().refresh(kind, on_done, address=address)
