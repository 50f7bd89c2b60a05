"""What somebody changed in the cluster by hand since Helm deployed a release: its manifest against the live objects.

The server says in a dry run what applying an object once more would make of it, so that defaults and spellings of its
own (`100m` for 0.1) are no difference.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from wizard.errors import CodehubError
from wizard.foreign import load_manifest
from wizard.text import clean
from wizard.tools.kube import Cluster, Obj, path
from wizard.tools.preflight_kinds import where_of

_ASIDE = {"apiVersion", "kind", "metadata", "status"}
_MOST = 3
"""Fields of one object that are named."""
_PASSING = {"Job", "Pod"}


async def changed_by_hand(cluster: Cluster, namespace: str, manifest: str) -> tuple[str, ...]:
    """In sentences, by object; what may not be asked or tried is left out. Values of secrets are never shown."""
    try:
        objects = load_manifest(manifest)
    except yaml.YAMLError:
        return ()
    found = await asyncio.gather(*(_object(cluster, namespace, item) for item in objects))
    return tuple(sentence for sentence in found if sentence)


async def _object(cluster: Cluster, namespace: str, item: Obj) -> str:
    place, metadata = where_of(item), item.get("metadata") or {}
    if place is None or item["kind"] in _PASSING:
        return ""
    inside = str(metadata.get("namespace") or namespace) if place.namespaced else ""
    where = path(str(item["apiVersion"]), place.plural, inside, str(metadata.get("name", "")))
    title = clean(f"{item['kind']} {metadata.get('name')}")
    try:
        live = await cluster.find(where)
        if live is None:
            return f"{title} is gone from the cluster."
        again = (await cluster.apply(where, item, force=True, dry_run=True)).body
    except CodehubError:
        return ""
    fields = list(_differences(live, again, secret=item["kind"] == "Secret"))
    more = f", and {len(fields) - _MOST} more" if len(fields) > _MOST else ""
    return f"{title} was changed by hand: {', '.join(fields[:_MOST])}{more}." if fields else ""


def _differences(live: Mapping[str, Any], again: Mapping[str, Any], *, secret: bool) -> Iterator[str]:
    for key in sorted((live.keys() | again.keys()) - _ASIDE):
        yield from _walk(live.get(key), again.get(key), key, secret=secret)


def _walk(live: object, again: object, where: str, *, secret: bool) -> Iterator[str]:
    if live == again:
        return
    if isinstance(live, Mapping) and isinstance(again, Mapping):
        for key in sorted(live.keys() | again.keys()):
            yield from _walk(live.get(key), again.get(key), f"{where}.{key}", secret=secret)
    elif isinstance(live, list) and isinstance(again, list) and len(live) == len(again):
        for number, (mine, theirs) in enumerate(zip(live, again, strict=True)):
            yield from _walk(mine, theirs, f"{where}[{number}]", secret=secret)
    elif secret or not all(isinstance(one, str | int | float | None) for one in (live, again)):
        yield clean(where)
    else:
        yield clean(f"{where} is {_short(live)}, the release has {_short(again)}")


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
