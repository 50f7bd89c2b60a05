"""`codehub explain`: what an error means and what helps, from the docs that come along."""

from __future__ import annotations

import click

from wizard.errors import UsageError


@click.command()
@click.argument("address", metavar="[ADDRESS]", required=False)
def explain(address: str | None) -> None:
    """Tell more about an error, by the address after its `see`; without one, list all addresses.

    The same text, with more around it, is docs/troubleshooting.md.
    """
    known = entries()
    if address is None:
        click.echo("\n".join(known))
        return
    if address not in known:
        from difflib import get_close_matches

        near = get_close_matches(address, known, n=1)
        raise UsageError(
            f"There is no entry {address!r}.",
            fix=f"Did you mean {near[0]}?" if near else "List them with: codehub explain",
        )
    click.echo(known[address])


def entries() -> dict[str, str]:
    """The text of each entry by its address, in the order of the page."""
    from wizard.assets import troubleshooting

    found: dict[str, str] = {}
    for part in troubleshooting().split("\n### ")[1:]:
        address, _, text = part.partition("\n")
        found[address.strip()] = text.partition("\n## ")[0].strip()
    return found
