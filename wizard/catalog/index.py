"""Reading a chart repository's `index.yaml`, which may be many megabytes: by events, without building the whole.

PyYAML's C parser yields about a million events a second; of each entry only four scalars are kept, so
memory stays small whatever the index holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wizard.catalog import charts
from wizard.catalog.models import ChartRelease, parse_date

if TYPE_CHECKING:
    from _typeshed import SupportsRead
    from yaml.events import Event

DEFAULT_CHART = "jupyterhub"
_FIELDS = ("version", "appVersion", "kubeVersion", "created")
_EVERY_COMMIT = re.compile(r"-0\.dev\b|\.git\.|[-.]n[0-9]{3}\.h|[-.]h?[0-9a-f]{7,40}$")
"""Chartpress publishes a version for each commit; there are thousands, and none is meant to be deployed."""

_MAX_DEPTH = 64
"""An index has five levels; libyaml's time grows with the square of the depth."""


def parse_index(source: str | bytes | SupportsRead[bytes], chart: str = DEFAULT_CHART) -> tuple[ChartRelease, ...]:
    """The releases of one chart in an index, newest first; builds of every commit are left out.

    `source` may be a stream that is read as parsing goes on. Raises ValueError when the text is not YAML, not a
    chart repository's index, or an index without that chart.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    releases: dict[str, ChartRelease] = {}
    try:
        events: Iterator[Event] = yaml.parse(source, Loader=loader)
        for fields in _entries(events, chart):
            version = fields.get("version", "")
            if _EVERY_COMMIT.search(version):
                continue
            release = charts.with_index(
                version,
                jupyterhub=fields.get("appVersion", ""),
                kube_version=fields.get("kubeVersion", ""),
                published=parse_date(fields.get("created")),
            )
            if release is not None:
                releases.setdefault(release.version, release)
    except (yaml.YAMLError, UnicodeError) as error:
        reason = (str(error).splitlines() or ["not YAML"])[0]
        raise ValueError(f"it is not a chart repository's index: {reason[:200]}") from error
    if not releases:
        raise ValueError(f"it lists no releases of a chart called {chart}")
    return tuple(sorted(releases.values(), key=lambda release: release.order, reverse=True))


def _entries(events: Iterator[Event], chart: str) -> Iterator[dict[str, str]]:
    """The wanted scalars of each item of `entries.<chart>`, in the order of the file."""
    for _ in _pairs(events, ("entries",), opening=True):
        for _ in _pairs(events, (chart,), opening=True):
            yield from _items(events)


def _pairs(events: Iterator[Event], keys: tuple[str, ...], *, opening: bool = False) -> Iterator[str]:
    """Stop at the value of each of `keys` in the mapping that comes next; skip the values of all other keys.

    The caller has to consume the value. With `opening`, a node that is no mapping counts as an empty one.
    """
    import yaml

    if opening and not _enter(events, yaml.MappingStartEvent):
        return
    while True:
        key = next(events, None)
        if key is None or isinstance(key, yaml.MappingEndEvent):
            return
        if isinstance(key, yaml.ScalarEvent) and key.value in keys:
            yield key.value
        else:
            _skip(events, key)
            _skip(events, next(events, None))


def _items(events: Iterator[Event]) -> Iterator[dict[str, str]]:
    import yaml

    if not _enter(events, yaml.SequenceStartEvent):
        return
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        if not isinstance(event, yaml.MappingStartEvent):
            _skip(events, event)
            continue
        fields: dict[str, str] = {}
        for name in _pairs(events, _FIELDS):
            value = next(events, None)
            if isinstance(value, yaml.ScalarEvent):
                fields[name] = value.value
            else:
                _skip(events, value)
        yield fields


def _enter(events: Iterator[Event], kind: type[Any]) -> bool:
    """Whether the next node is of this kind; a node of another kind is skipped."""
    import yaml

    for event in events:
        if isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            continue
        if isinstance(event, kind):
            return True
        _skip(events, event)
        return False
    return False


def _skip(events: Iterator[Event], event: Event | None) -> None:
    """Consume the rest of the node that `event` began, however deep it is."""
    import yaml

    depth = 0
    while event is not None:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise ValueError("it is not a chart repository's index: it is nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth <= 0:
            return
        event = next(events, None)
