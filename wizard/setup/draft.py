"""Answers while a person is still giving them: nothing typed is lost, not even what is not valid yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from wizard.errors import CodehubError
from wizard.files import make_folder, read_text, write_atomically
from wizard.foreign import load_json
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers, Problem
from wizard.setup.questions import question, questions
from wizard.setup.review import review
from wizard.setup.store import plain, validate, with_settings

_LIMIT = 1024 * 1024
MAX_TYPED = 20_000
"""Characters of one answer that are taken; a paste of megabytes would only freeze the screen."""


class Draft:
    """A valid Setup plus, by field, what was typed that is not valid (`typed`)."""

    def __init__(self, setup: Setup, typed: Mapping[str, str] | None = None) -> None:
        self.setup = setup
        self.typed: dict[str, str] = dict(typed or {})
        self._invalid: dict[str, Problem] = {}
        for path, text in list(self.typed.items()):
            self.enter(path, text)

    def enter(self, path: str, text: str) -> Problem | None:
        """Take what was typed for a field; returns what is wrong with it, or None when it is in `setup` now."""
        text = text[:MAX_TYPED]
        try:
            self.setup = with_settings(self.setup, [f"{path}={text}"])
        except InvalidAnswers as error:
            self.typed[path], self._invalid[path] = text, error.problems[0]
            return error.problems[0]
        self.typed.pop(path, None)
        self._invalid.pop(path, None)
        return None

    def shown(self, path: str) -> str:
        """What a form shows for a field: what was typed last, valid or not."""
        if path in self.typed:
            return self.typed[path]
        found = question(path)
        return found.show(self.setup) if found else ""

    def problems(self) -> list[Problem]:
        """Everything that is wrong: fields that are not valid (where they are asked), then the answers together."""
        invalid = [
            self._invalid[one.path] for one in questions() if one.path in self._invalid and one.applies(self.setup)
        ]
        return [*invalid, *review(self.setup)]

    def same_as(self, setup: Setup) -> bool:
        """Whether nothing differs from `setup`."""
        return not self.typed and self.setup == setup


def save_draft(path: Path, draft: Draft) -> None:
    """Keep a draft; raises CodehubError when the folder cannot be written to."""
    make_folder(path.parent, fix="Choose a folder that you can write to; your answers are still on the screen.")
    document = {"answers": plain(draft.setup), "typed": draft.typed}
    write_atomically(path, json.dumps(document, indent=1), mode=0o600)


def load_draft(path: Path) -> Draft | None:
    """The draft that was kept; None when there is none, or none that this codehub can use."""
    try:
        document = load_json(read_text(path, limit=_LIMIT))
        typed = document["typed"]
        if not all(isinstance(text, str) and question(field) for field, text in typed.items()):
            return None
        return Draft(validate(document["answers"], str(path)), typed)
    except (CodehubError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
