"""Tags for images whose content changes: a tag is never given to another image."""

from __future__ import annotations

import re
from collections.abc import Collection

from wizard.setup.rules import MAX_TAG

_LAST_NUMBER = re.compile(r"(\d+)(\D*)$", re.ASCII)


def next_tag(tag: str, taken: Collection[str]) -> str:
    """The tag after `tag` that is not in `taken`: its last number counted up, `1.0.9` to `1.0.10`.

    A tag that has no number, or has no room for a longer one, gets one at its end.
    """
    used = {tag, *taken}
    while tag in used:
        tag = _counted_up(tag)
    return tag


def _counted_up(tag: str) -> str:
    found = _LAST_NUMBER.search(tag)
    if found is None:
        return f"{tag[: MAX_TAG - 2]}-2"
    digits, rest = found.groups()
    more = str(int(digits) + 1).zfill(len(digits))
    longer = tag[: found.start()] + more + rest
    if len(longer) <= MAX_TAG:
        return longer
    return (tag[: MAX_TAG - 20].rstrip("0123456789") or "v") + "-2"
