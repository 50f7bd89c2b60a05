"""How findings of checks are printed, by doctor and by plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wizard.tools.doctor_model import Finding

_MARKS = {"ok": ("ok", "green"), "warn": ("warn", "yellow"), "missing": ("missing", "red"), "unknown": ("?", "cyan")}


def show_findings(findings: Iterable[Finding]) -> None:
    """Print each finding with what it found, and what to do about it where something is wrong."""
    from wizard.text import clean

    shown = list(findings)
    width = max((len(finding.title) for finding in shown), default=0)
    for finding in shown:
        word, colour = _MARKS[finding.state]
        mark = click.style(f"{word:<7}", fg=colour)
        needed = " (required)" if finding.state != "ok" and finding.required else ""
        click.echo(f"{mark}  {finding.title:<{width}}  {clean(finding.found) or '-'}{needed}")
        if finding.state == "ok":
            continue
        for label, text in (("why:", finding.why), ("do: ", finding.fix), ("run:", finding.command)):
            if text:
                click.echo(f"         {label} {clean(text)}")
