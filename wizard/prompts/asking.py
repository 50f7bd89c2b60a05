"""How something is asked: what the two ways, with and without cursor keys, have in common."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import click

from wizard.errors import UsageError
from wizard.text import clean

BACK = "<"
"""Typed in place of an answer: go back to the question before."""

MAX_WIDTH = 100


class GoBack(Exception):
    """The person wants to go back to the question before."""


@dataclass(frozen=True)
class Option:
    """One of the things to choose from; `value` is what choosing it gives."""

    value: str
    label: str
    description: str = ""


@dataclass(frozen=True)
class Entry:
    """A question that is answered by typing.

    current: the answer that Enter keeps; check: what is wrong with a text, in words, empty when it can be used;
    suggestions: texts that may be completed; is_path: whether files are completed.
    """

    label: str
    current: str
    check: Callable[[str], str]
    suggestions: Sequence[str] = ()
    is_path: bool = False


class Asker(Protocol):
    """Puts questions to a person. Raises GoBack, KeyboardInterrupt, or EOFError when the input has ended."""

    keys: str
    """How to answer, keep, go back and leave, in a few words."""

    def choose(self, label: str, options: Sequence[Option], current: str = "", *, back: bool = True) -> str:
        """The value of the option that is chosen; `current` is the one that Enter chooses."""
        ...

    def text(self, entry: Entry) -> str:
        """A text that passes the entry's check."""
        ...

    def secret(self, label: str) -> str:
        """A text that is not shown while it is typed; may be empty."""
        ...


def asker() -> Asker:
    """The way that suits this terminal; raises UsageError where there is nobody to ask.

    Cursor keys need a terminal at both ends that understands them. They are not used where TERM is dumb or missing, nor
    where ACCESSIBLE is set, by which a person says that screens which are drawn again are hard to follow for them.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "There are questions to ask, and there is nobody to ask.",
            why="This is not a terminal.",
            fix="Give the answers with: codehub init DIR --set FIELD=VALUE, or take the defaults with --yes",
        )
    plain = os.environ.get("TERM", "dumb") in {"", "dumb", "unknown"} or os.environ.get("ACCESSIBLE")
    if plain or not sys.stdout.isatty():
        from wizard.prompts.by_lines import LineAsker

        return LineAsker()
    from wizard.prompts.by_keys import KeyAsker

    return KeyAsker()


def width() -> int:
    """Columns that a line may take."""
    return max(20, min(MAX_WIDTH, shutil.get_terminal_size().columns) - 1)


def say(text: str = "", *, indent: int = 0, hang: int = 0, colour: str = "", bold: bool = False) -> None:
    """Print a text for the person, wrapped to the terminal's width, each of its lines by itself.

    indent: columns left empty; hang: how many more from the second line on.
    """
    first, rest = " " * indent, " " * (indent + hang)
    for line in clean_lines(text):
        wrapped = textwrap.wrap(
            line, width(), initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
        )
        for part in wrapped or [""]:
            click.echo(click.style(part, fg=colour or None, bold=bold or None) if colour or bold else part)


def clean_lines(text: str) -> list[str]:
    """The lines of a text, each fit to be shown."""
    return [clean(line) for line in text.split("\n")]
