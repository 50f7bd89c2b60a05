"""A release's values divided over the files of a setup folder, so that together they say the very same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.render.merge import leaves, put

_SECRET = re.compile(r"(password|passwd|secret|token|private_?key|api_?key|cookie_?secret|auth_token)$", re.IGNORECASE)
_NAMES_OF_OBJECTS = re.compile(r"((pull|existing|tls)_?secret|secretname)$", re.IGNORECASE)
_IN_TEXT = re.compile(r"(password|passwd|secret|token|api_?key)\w*[\"']?\]?\s*[=:]\s*[\"'][^\"']+[\"']", re.IGNORECASE)


_PINNED = {("singleuser", "image", "tag"), ("hub", "image", "tag"), ("hub", "extraContainers")}
"""What images.yaml may say."""


@dataclass(frozen=True)
class Parts:
    """Values for config.yaml (what the answers say too), images.yaml, secrets.yaml and values.extra.yaml (the rest)."""

    config: Mapping[str, Any]
    images: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)


def split(given: Mapping[str, Any], rendered: Mapping[str, Any]) -> Parts:
    """Divide the values that a release was given; each value goes to exactly one part, so merging gives them back.

    rendered: what the answers become; where it says the same as the release, the value goes to `config`. Tags that pin
    an image go to `images`, where the next deployment puts its own.
    """
    config: dict[str, Any] = {}
    images: dict[str, Any] = {}
    secrets: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    ours = dict(leaves(rendered))
    for path, value in leaves(given):
        if is_secret(path, value):
            put(secrets, path, value)
        elif path in ours and _same(ours[path], value):
            put(config, path, value)
        elif path in _PINNED and path in ours:
            put(images, path, value)
        else:
            put(extra, path, value)
    return Parts(config, images, secrets, extra)


def is_secret(path: tuple[str, ...], value: object) -> bool:
    """Whether a value looks secret: by its name, or, for a text of configuration or a list, by what is in it."""
    if _SECRET.search(path[-1]) and not _NAMES_OF_OBJECTS.search(path[-1]):
        return bool(value) and not isinstance(value, bool)
    if isinstance(value, str):
        return bool(_IN_TEXT.search(value))
    return isinstance(value, list) and any(_secret_inside(item) for item in value)


def _secret_inside(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(is_secret((str(key),), item) or _secret_inside(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_secret_inside(item) for item in value)
    return isinstance(value, str) and bool(_IN_TEXT.search(value))


def _same(mine: object, theirs: object) -> bool:
    """Equal for Helm: 1 and True are not, 1 and 1.0 are."""
    return mine == theirs and isinstance(mine, bool) == isinstance(theirs, bool)
