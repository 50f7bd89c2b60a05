"""What codehub remembers of a setup folder: `.codehub/state.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from wizard.errors import UsageError
from wizard.files import make_folder, read_text, write_atomically
from wizard.foreign import load_json
from wizard.plan.model import StepRecord

SCHEMA = 1
_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True)
class State:
    """Never changed in place; each method that changes something returns a new State.

    files: path of a rendered file -> hash of the version that codehub last wrote or offered there;
    steps: id -> record of its last run.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, StepRecord] = field(default_factory=dict)

    def with_files(self, files: Mapping[str, str]) -> State:
        """The same with other file hashes."""
        return replace(self, files=dict(files))

    def with_step(self, step_id: str, record: StepRecord) -> State:
        """The same with the record of a step's run."""
        return replace(self, steps={**self.steps, step_id: record})

    def to_json(self) -> str:
        """The text of state.json."""
        document = {
            "schema": SCHEMA,
            "files": dict(sorted(self.files.items())),
            "steps": {
                name: {
                    "fingerprint": record.fingerprint,
                    "outcome": record.outcome,
                    "finished": record.finished,
                    "result": dict(record.result),
                }
                for name, record in self.steps.items()
            },
        }
        return json.dumps(document, indent=2) + "\n"

    def save(self, path: Path) -> None:
        """Write state.json in one rename; raises CodehubError when that cannot be done."""
        make_folder(path.parent, fix=f"Make {path.parent.parent} writable.")
        write_atomically(path, self.to_json())


@dataclass(frozen=True)
class Loaded:
    """A State as it was found; `notice` tells a person what was wrong with the file, if anything was."""

    state: State
    notice: str = ""


def load_state(path: Path) -> Loaded:
    """The state of a folder; empty where there is none yet.

    A file that cannot be understood is moved aside (`state.json.bad-TIME`) and named in the notice: without it every
    step runs again and changed files are asked about, nothing worse. Raises UsageError for a file that a newer codehub
    wrote: guessing at it could lose what that one knows.
    """
    if not path.exists() and not path.is_symlink():
        return Loaded(State())
    try:
        document = load_json(_text(path))
        if not isinstance(document, dict):
            raise _Misfit("it is not a JSON object")
        _refuse_newer(path, document.get("schema"))
        return Loaded(_from_document(document))
    except (ValueError, RecursionError) as error:
        why = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        return Loaded(State(), _move_aside(path, why))


class _Misfit(ValueError):
    """A part of state.json is not what it must be."""


def _text(path: Path) -> str:
    try:
        return read_text(path, limit=_LIMIT)
    except UsageError as error:
        if isinstance(error.__cause__, OSError):
            raise
        raise _Misfit(error.why) from error


def _refuse_newer(path: Path, schema: object) -> None:
    if isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA:
        raise UsageError(
            f"{path} was written by a newer codehub.",
            why=f"Its layout is version {schema}; this codehub knows {SCHEMA}.",
            fix="Update codehub: pip install --upgrade codehub-wizard",
            address="newer-codehub",
        )
    if schema != SCHEMA or isinstance(schema, bool):
        raise _Misfit("it has no valid `schema`")


def _from_document(document: Mapping[str, Any]) -> State:
    files = _map(document, "files")
    for name, value in files.items():
        path = PurePosixPath(name)
        if not isinstance(value, str) or path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            raise _Misfit(f"`files` has an entry that cannot be: {name!r}")
    return State(files, {name: _record(name, item) for name, item in _map(document, "steps").items()})


def _map(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name, {})
    if not isinstance(value, dict):
        raise _Misfit(f"`{name}` is not a map")
    return value


def _record(name: str, item: object) -> StepRecord:
    if not isinstance(item, dict):
        raise _Misfit(f"step {name!r} is not a map")
    texts = [item.get(key) for key in ("fingerprint", "outcome", "finished")]
    result = item.get("result", {})
    if not all(isinstance(text, str) for text in texts) or not isinstance(result, dict):
        raise _Misfit(f"step {name!r} lacks something, or has it in another form")
    return StepRecord(item["fingerprint"], item["outcome"], item["finished"], result)


def _move_aside(path: Path, why: str) -> str:
    aside = path.with_name(f"{path.name}.bad-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    said = f"{path} could not be understood ({why}), so every step will run again."
    try:
        path.rename(aside)
    except OSError as error:
        return f"{said} It could not be moved aside either: {error.strerror or error}."
    return f"{said} It was kept as {aside.name}."
