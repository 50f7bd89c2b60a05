"""Asking with cursor keys, checks while typing, and completion: questionary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wizard.prompts.asking import BACK, Entry, GoBack, Option, say, width

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer

_MARK = 3
"""Columns before each line of a list."""


class KeyAsker:
    """Questionary's prompts; Back is a choice of its own, or typed."""

    keys = f"Enter accepts, {BACK} or the choice Back goes back, Tab completes, Ctrl+C leaves."

    def choose(self, label: str, options: Sequence[Option], current: str = "", *, back: bool = True) -> str:
        """Choose from a list by the cursor keys."""
        import questionary

        titles = [_title(option) for option in options]
        if max(map(len, titles)) > width() - _MARK:  # a list's lines are cut off, not wrapped
            for title in titles:
                say(title, indent=2, hang=2)
            titles = [option.label for option in options]
        choices: list[Any] = [
            questionary.Choice(title, value=option.value) for title, option in zip(titles, options, strict=True)
        ]
        if back:
            choices.append(questionary.Choice("Back", value=BACK))
        known = {option.value for option in options}
        answer: str = questionary.select(
            label, choices, default=current if current in known else None, instruction=" "
        ).unsafe_ask()
        if answer == BACK:
            raise GoBack
        return answer

    def text(self, entry: Entry) -> str:
        """Type an answer; what is wrong with it is said while it is typed."""
        import questionary

        def check(text: str) -> bool | str:
            return text.strip() == BACK or entry.check(text.strip()) or True

        answer: str = questionary.text(
            f"{entry.label}:",
            default=entry.current,
            validate=check,
            completer=_completer(entry),
            complete_while_typing=False,
        ).unsafe_ask()
        if answer.strip() == BACK:
            raise GoBack
        return answer.strip()

    def secret(self, label: str) -> str:
        """Type a password; only stars are shown."""
        import questionary

        answer: str = questionary.password(f"{label}:").unsafe_ask().strip()
        if answer == BACK:
            raise GoBack
        return answer


def _title(option: Option) -> str:
    return f"{option.label}: {option.description}" if option.description else option.label


def _completer(entry: Entry) -> Completer | None:
    if entry.is_path:
        from prompt_toolkit.completion import PathCompleter

        return PathCompleter(expanduser=True)
    if entry.suggestions:
        from prompt_toolkit.completion import WordCompleter

        return WordCompleter(list(entry.suggestions), sentence=True)
    return None
