"""Loading and saving `codehub.yaml`. Saving changes only what differs: a person's comments and order stay."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from wizard.errors import UsageError
from wizard.files import read_text, write_atomically
from wizard.setup.migrate import migrate
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers, Problem, from_validation
from wizard.setup.questions import question, questions
from wizard.setup.typed import read_list, read_map

FILE = "codehub.yaml"
_LIMIT = 256 * 1024

_HEADER = """\
The answers that codehub makes everything else from. Edit them here or run `codehub`.
No secrets belong in this file; they are in secrets.yaml.
"""


def load(path: Path, settings: Iterable[str] = ()) -> Setup:
    """The answers in a file; raises UsageError or InvalidAnswers that say what is wrong and where.

    `settings` are applied before the answers are checked, so that they can set right what the file has wrong.
    """
    return parse(read_text(path, limit=_LIMIT), str(path), settings)


def parse(text: str, where: str, settings: Iterable[str] = ()) -> Setup:
    """The answers in a YAML text; `where` names it in errors. `settings` and what it raises are as for `load`."""
    answers = migrate(_mapping(text, where), where)
    wanted = tuple(settings)
    return validate(_apply(_merged(plain(Setup()), answers), wanted) if wanted else answers, where)


def validate(answers: Mapping[str, Any], where: str) -> Setup:
    """Answers from plain data; raises InvalidAnswers with everything that is wrong."""
    try:
        return Setup.model_validate(answers)
    except ValidationError as error:
        raise InvalidAnswers(where, from_validation(error)) from error


def plain(setup: Setup) -> dict[str, Any]:
    """The answers as plain data, as they stand in codehub.yaml."""
    return setup.model_dump(by_alias=True)


def save(path: Path, setup: Setup) -> None:
    """Write the answers; in a file that exists, comments, order and untouched values stay as they are.

    A file that cannot be read as YAML is not overwritten: UsageError says so.
    """
    write_atomically(path, to_text(setup, read_text(path, limit=_LIMIT) if path.exists() else ""))


def to_text(setup: Setup, existing: str = "") -> str:
    """The YAML text of the answers, made by changing `existing` where it differs."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    yaml12 = YAML()
    yaml12.preserve_quotes = True
    yaml12.width = 10_000
    yaml12.indent(mapping=2, sequence=4, offset=2)
    if existing.strip():
        present = migrate(_mapping(existing, FILE), FILE)
        document = yaml12.load(existing)
        _update(document, plain(setup), present, plain(Setup()))
    else:
        document = CommentedMap()
        document.yaml_set_start_comment(_HEADER)
        _update(document, plain(setup), {}, {})
        _annotate(document)
    out = io.StringIO()
    yaml12.dump(document, out)
    return out.getvalue()


def with_settings(setup: Setup, settings: Iterable[str]) -> Setup:
    """The answers with `FIELD=VALUE` settings applied; the field's type decides how VALUE is read.

    Text is taken verbatim; a list takes a YAML list or words with commas; a map takes a YAML map, `K=V, L=W`, or
    its entries one by one as FIELD.NAME=VALUE. Raises InvalidAnswers for all settings that cannot be used.
    """
    return validate(_apply(plain(setup), settings), "--set")


def _apply(answers: dict[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    problems = []
    for setting in settings:
        path, equals, text = setting.partition("=")
        problem = None if equals else Problem(setting, "is not FIELD=VALUE", "Write for example target.kind=docker.")
        problem = problem or _set(answers, path.strip(), text)
        if problem:
            problems.append(problem)
    if problems:
        raise InvalidAnswers("--set", problems)
    return answers


def _merged(defaults: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers, completed by the defaults of what they leave out."""
    both = {
        key: _merged(defaults[key], value) if isinstance(defaults.get(key), dict) and isinstance(value, dict) else value
        for key, value in answers.items()
    }
    return {**defaults, **both}


def _set(answers: dict[str, Any], path: str, text: str) -> Problem | None:
    parent, _, name = path.rpartition(".")
    owner = question(parent)
    if owner is not None and owner.kind == "map":
        _place(answers, parent)[parent.rpartition(".")[2]][name] = text
        return None
    found = question(path)
    if found is None:
        error = ValidationError.from_exception_data("", [{"type": "extra_forbidden", "loc": (path,), "input": text}])
        return from_validation(error)[0]
    try:
        _place(answers, path)[name] = _read(found.kind, text)
    except (ValueError, yaml.YAMLError):
        return Problem(path, f"cannot be read as a {found.kind}", "", text)
    return found.check(_place(answers, path)[name])


def _place(answers: dict[str, Any], path: str) -> dict[str, Any]:
    for name in path.split(".")[:-1]:
        if not isinstance(answers.get(name), dict):
            answers[name] = {}
        answers = answers[name]
    return answers


def _read(kind: str, text: str) -> Any:
    if kind in {"text", "choice"}:
        return text
    if kind == "bool":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.strip().lower(), text)
    if kind == "list" and not text.lstrip().startswith("["):
        return read_list(text)
    if kind == "map" and (entries := read_map(text)) is not None:
        return entries
    value = yaml.load(text, Loader=_Loader) if text.strip() else {}  # noqa: S506 -- a SafeLoader, only stricter
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


class _Loader(yaml.SafeLoader):
    """Safe YAML that also refuses duplicate keys and aliases, which could blow a small file up."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "anchors and aliases are not used here", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value) if isinstance(key.value, str) else None
        return super().construct_mapping(node, deep)


def _mapping(text: str, where: str) -> dict[str, Any]:
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader, only stricter
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UsageError(
            f"{where} is not valid YAML.",
            why=place + (getattr(error, "problem", None) or str(error).splitlines()[0]),
            fix="Correct that line; indent with blanks, and put text with special characters in quotes.",
            address="yaml",
        ) from error
    except (RecursionError, ValueError) as error:
        raise UsageError(
            f"{where} is not usable YAML.", why=str(error), fix="Correct or replace the file.", address="yaml"
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise UsageError(
            f"{where} does not hold answers.",
            why="It must be a map of fields at the top level.",
            fix="Make a new one with `codehub init`, or see the README for its layout.",
            address="yaml",
        )
    return data


def _update(target: Any, new: Mapping[str, Any], old: Any, defaults: Mapping[str, Any]) -> None:
    """Make `target` (round-trip YAML) say `new`, touching only what differs from `old`, its present meaning."""
    old = old if isinstance(old, Mapping) else {}
    for key in [key for key in target if key not in new]:
        del target[key]
    for key, value in new.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _update(target[key], value, old.get(key), defaults.get(key, {}))
        elif key in target and isinstance(value, list) and isinstance(target[key], list):
            _update_list(target[key], value, old.get(key))
        elif key in target:
            if old.get(key) != value:
                target[key] = _styled(value)
        elif key not in defaults or defaults[key] != value:
            target[_styled(key)] = _styled(_differing(value, defaults.get(key)))


def _update_list(target: Any, new: list[Any], old: Any) -> None:
    if old == new:
        return
    for index in range(len(target) - 1, -1, -1):
        if target[index] not in new:
            del target[index]
    if list(target) != new[: len(target)]:
        target.clear()
    target.extend(_styled(item) for item in new[len(target) :])


def _differing(value: Any, default: Any) -> Any:
    if not isinstance(value, Mapping) or not isinstance(default, Mapping):
        return value
    changed = {key: _differing(item, default.get(key)) for key, item in value.items() if default.get(key) != item}
    return changed or value


def _styled(value: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return CommentedMap((_styled(key), _styled(item)) for key, item in value.items())
    if isinstance(value, list):
        items = CommentedSeq(_styled(item) for item in value)
        items.fa.set_flow_style() if not items else items.fa.set_block_style()
        return items
    if isinstance(value, str) and not _reads_back(value):
        return DoubleQuotedScalarString(value)
    return value


def _reads_back(value: str) -> bool:
    """Whether the bare word means the same text to readers of YAML 1.1 and 1.2, and to a person."""
    return value[:1].isalpha() and all(c.isalnum() or c in "-_./" for c in value) and yaml.safe_load(value) == value


def _annotate(document: Any) -> None:
    """Beside each choice of a new file, the values it can have."""
    for one in questions():
        if one.kind != "choice":
            continue
        *parents, name = one.path.split(".")
        place = document
        for parent in parents:
            place = place[parent]
        place.yaml_add_eol_comment(" | ".join(choice.value for choice in one.ask.choices), name)
