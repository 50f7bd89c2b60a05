"""Reading a list from its sources, several at once where there are several; never raises."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from wizard.catalog import parse, sources
from wizard.catalog.models import Kind
from wizard.catalog.network import SourceError
from wizard.catalog.sources import Sources


@dataclass(frozen=True, slots=True)
class Outcome:
    """The items that were read, none on failure; note: what was missing, or why nothing was read."""

    items: tuple[Any, ...]
    note: str = ""


def fetch(kind: Kind, address: str, where: Sources, *, grace: float) -> Outcome:
    """Read a list; `address` is where. `grace`: seconds for the slower of two sources once the other has answered."""
    if kind == "code-server":
        return _code_server(replace(where, code_server_git=address), grace)
    readers: dict[Kind, Callable[[], tuple[Any, ...]]] = {
        "npm": lambda: sources.npm_tags(replace(where, npm_registry=address)),
        "chart": lambda: sources.chart_releases(where, address),
        "image": lambda: sources.image_tags(where, address),
    }
    return _guarded(readers[kind])


def _guarded(read: Callable[[], tuple[Any, ...]]) -> Outcome:
    try:
        return Outcome(read())
    except SourceError as error:
        return Outcome((), str(error))
    except Exception as error:  # noqa: BLE001 - a list of versions is never worth a broken wizard
        return Outcome((), f"it could not be read ({type(error).__name__})")


def _code_server(where: Sources, grace: float) -> Outcome:
    """Git's tags and npm's versions together, on the ground of the bundled ones: each knows what the others lack."""
    answers: queue.SimpleQueue[tuple[str, Outcome]] = queue.SimpleQueue()
    readers: dict[str, Callable[[], tuple[Any, ...]]] = {
        "git": lambda: sources.git_tags(where),
        "npm": lambda: sources.npm_tags(where),
    }
    for name, read in readers.items():
        threading.Thread(
            target=lambda name=name, read=read: answers.put((name, _guarded(read))),
            name=f"catalog-{name}",
            daemon=True,
        ).start()
    got: dict[str, Outcome] = {}
    end = time.monotonic() + where.timeout + grace
    while len(got) < len(readers) and (left := end - time.monotonic()) > 0:
        try:
            name, outcome = answers.get(timeout=left)
        except queue.Empty:
            break
        got[name] = outcome
        if outcome.items:
            end = min(end, time.monotonic() + grace)
    missing = {name: got[name].note if name in got else "no answer in time" for name in readers if not _has(got, name)}
    reasons = "; ".join(missing.values())
    if len(missing) == len(readers):
        return Outcome((), reasons)
    # Without git, tags that are neither on npm nor known to this codehub are not seen: that is worth a note.
    note = f"from npm only: {missing['git']}" if "git" in missing else ""
    ground = () if "git" not in missing else _known()
    return Outcome(parse.merge(ground, *(outcome.items for outcome in got.values())), note)


def _has(got: dict[str, Outcome], name: str) -> bool:
    return name in got and bool(got[name].items)


def _known() -> tuple[Any, ...]:
    from wizard.catalog import bundled

    return bundled.code_server_tags()
