"""Asking by plain lines: numbered choices and typed answers, for dumb terminals and screen readers.

Nothing that was printed is ever changed again, and no key but Enter has a meaning.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from getpass import getpass

import click

from wizard.prompts.asking import BACK, Entry, GoBack, Option, say

EMPTY = "-"
"""Typed in place of an answer: leave it empty."""


class LineAsker:
    """Reads whole lines from stdin."""

    keys = f"Enter keeps what is in brackets, {BACK} goes back, {EMPTY} empties an answer, Ctrl+C leaves."

    def choose(self, label: str, options: Sequence[Option], current: str = "", *, back: bool = True) -> str:
        """Ask for the number of an option; its value or its label do as well."""
        usual = next((number for number, option in enumerate(options, 1) if option.value == current), 0)
        for number, option in enumerate(options, 1):
            description = f". {option.description}" if option.description else ""
            say(f"{number}  {option.label}{description}", indent=2, hang=3)
        named = {str(number): option.value for number, option in enumerate(options, 1)}
        named |= {option.label.lower(): option.value for option in options}
        named |= {option.value.lower(): option.value for option in options}
        while True:
            typed = _read(f"{label}, 1 to {len(options)}", str(usual) if usual else "")
            if typed == BACK and back:
                raise GoBack
            if not typed and usual:
                return current
            if typed.lower() in named:
                return named[typed.lower()]
            say(f"Type a number from 1 to {len(options)}{f', or {BACK} to go back' if back else ''}.")

    def text(self, entry: Entry) -> str:
        """Ask until the text can be used."""
        while True:
            typed = _read(entry.label, entry.current)
            if typed == BACK:
                raise GoBack
            wanted = entry.current if not typed else ("" if typed == EMPTY else typed)
            problem = entry.check(wanted)
            if not problem:
                return wanted
            say(problem, colour="red")

    def secret(self, label: str) -> str:
        """Ask without showing what is typed."""
        typed = getpass(f"{label} (not shown): ").strip()
        if typed == BACK:
            raise GoBack
        return typed


def _read(label: str, current: str) -> str:
    click.echo(f"{label} [{current}]: " if current else f"{label}: ", nl=False)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()
