"""The three columns on stdout: deployed, files, newest; and what was changed without codehub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wizard.targets.comparing import Comparison

_HEAD = ("", "deployed", "files", "newest")


def compared_document(compared: Comparison) -> dict[str, Any]:
    """The comparison as JSON-ready data."""
    return {
        "columns": [vars(row) | {"pending": row.pending, "outdated": row.outdated} for row in compared.rows],
        "drift": list(compared.drift),
    }


def show_comparison(compared: Comparison) -> None:
    """Print the table; `*` marks what is not deployed yet, `+` what has something newer."""
    from wizard.text import clean

    cells = [
        (row.name, row.deployed or "-", row.files + ("*" if row.pending else ""), row.newest or "-")
        for row in compared.rows
    ]
    widths = [max(len(line[column]) for line in (_HEAD, *cells)) for column in range(len(_HEAD))]
    click.echo(_line(_HEAD, widths))
    for row, line in zip(compared.rows, cells, strict=True):
        click.echo(clean(_line(line, widths)) + (" +" if row.outdated else ""))
    for text in compared.drift:
        click.echo(click.style(f"changed without codehub: {clean(text)}", fg="yellow"))
    click.echo()


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
