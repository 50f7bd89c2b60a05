"""`codehub fields`: every answer there is, from the declarations of the questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard.commands.common import json_option, print_json
from wizard.errors import UsageError

if TYPE_CHECKING:
    from wizard.setup.model import Setup
    from wizard.setup.questions import Question


@click.command()
@click.argument("prefix", metavar="[FIELD]", required=False, default="")
@json_option
def fields(prefix: str, *, as_json: bool) -> None:
    """List the answers: field, default, choices and what each becomes.

    FIELD is a field or the first part of one, such as `hub.auth`. Set a field with
    `codehub init --set FIELD=VALUE`, or in codehub.yaml.
    """
    from wizard.setup.model import Setup
    from wizard.setup.questions import get, question, questions

    found = [one for one in questions() if _is_below(one.path, prefix)]
    if not found:
        raise UsageError(f"There is no field {prefix!r}.", fix="List all of them with: codehub fields")
    defaults = Setup()
    if as_json:
        print_json([_as_json(one, get(defaults, one.path)) for one in found])
    elif question(prefix):
        _show_one(found[0], defaults)
    else:
        _show_all(found, defaults)


def _is_below(path: str, prefix: str) -> bool:
    prefix = prefix.rstrip(".")
    return not prefix or path == prefix or path.startswith(prefix + ".")


def _as_json(one: Question, default: object) -> dict[str, Any]:
    return {
        "field": one.path,
        "label": one.ask.label,
        "help": one.ask.help,
        "kind": one.kind,
        "default": default,
        "choices": [
            {"value": choice.value, "label": choice.label, "description": choice.description}
            for choice in one.ask.choices
        ],
        "example": one.ask.example,
        "advanced": one.ask.advanced,
        "becomes": one.ask.becomes,
    }


def _show_all(found: list[Question], defaults: Setup) -> None:
    section = ""
    for one in found:
        if one.section != section:
            section = one.section
            click.secho(f"{section}", bold=True)
        value = one.show(defaults)
        click.echo(f"  {one.path} = {value or '(empty)'}")
        choices = " | ".join(choice.value for choice in one.ask.choices)
        click.echo(f"      {one.ask.label}. {one.ask.help}")
        if choices:
            click.echo(f"      one of: {choices}")


def _show_one(one: Question, defaults: Setup) -> None:
    click.secho(one.path, bold=True)
    click.echo(f"  {one.ask.label}. {one.ask.help}")
    value = one.show(defaults)
    click.echo(f"  kind:    {one.kind}")
    click.echo(f"  default: {value or '(empty)'}")
    if one.ask.example:
        click.echo(f"  example: {one.ask.example}")
    if one.ask.choices:
        click.echo("  choices:")
        width = max(len(choice.value) for choice in one.ask.choices)
        for choice in one.ask.choices:
            text = f"{choice.label}. {choice.description}"
            click.echo(f"    {choice.value:<{width}}  {text}")
    click.echo(f"  becomes: {one.becomes(defaults)}")
