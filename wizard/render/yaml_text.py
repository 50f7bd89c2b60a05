"""YAML that every reader understands alike: all strings in double quotes, whatever they look like.

PyYAML leaves `y`, `1e3`, `0o17` and `1_000` plain, because YAML 1.1 as it knows it reads them as text; Helm's Go
readers make a boolean or a number of them. Text of several lines becomes a literal block (`|`), which is text
to every reader. Keys stay plain only where no reader can take them for anything but text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import yaml

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[./-][A-Za-z0-9_]+)*")
_NOT_TEXT = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|nan|inf)|[0-9.]+[eE][0-9]+")
_BLOCK_LINE = re.compile(r"[\t\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*[\x21-\x7e\xa1-\ud7ff\ue000-\ufefe]")
_ODD_BREAKS = re.compile(r"[\x85\u2028\u2029\ufeff]")


def yaml_text(document: Mapping[str, Any], *, comment: str = "") -> str:
    """A mapping as YAML, in the order given, under a comment of any number of lines."""
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    # The class is PyYAML's pure Python dumper: the C one ignores the styles chosen for keys.
    return head + yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=sys.maxsize, default_flow_style=False
    )


class _Dumper(yaml.SafeDumper):
    """Writes strings quoted, lists indented under their key, and no anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _is_plain_key(text: str) -> bool:
    return bool(_PLAIN_KEY.fullmatch(text)) and not _NOT_TEXT.fullmatch(text)


def _is_block(text: str) -> bool:
    """Whether a literal block holds this text exactly: whole lines, nothing invisible, no leading blank."""
    if not text.endswith("\n") or text[0] in " \t\n" or _ODD_BREAKS.search(text) or "\n\n\n" in text:
        return False
    lines = text[:-1].split("\n")
    return len(lines) > 1 and all(not line or _BLOCK_LINE.fullmatch(line) for line in lines) and bool(lines[-1])


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if _is_block(text) else '"')


def _represent_mapping(dumper: yaml.SafeDumper, mapping: Mapping[Any, Any]) -> yaml.MappingNode:
    pairs = []
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise TypeError(f"a key of Helm values is text, not {key!r}")
        style = None if _is_plain_key(key) else '"'
        pairs.append((dumper.represent_scalar("tag:yaml.org,2002:str", key, style=style), dumper.represent_data(value)))
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=not pairs)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(dict, _represent_mapping)
