"""`codehub versions`: which code-server and which chart there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from wizard.commands.common import json_option, print_json

if TYPE_CHECKING:
    from typing import Literal


@click.command()
@click.argument("kind", metavar="code-server|chart", type=click.Choice(["code-server", "chart"]))
@click.argument("words", metavar="[WORD ...]", nargs=-1)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Rows at most.")
@click.option("--all", "everything", is_flag=True, help="Every row.")
@click.option("--pre-releases", "prereleases", is_flag=True, help="Release candidates and betas too.")
@click.option("--base", default="", metavar="IMAGE", help="Name the newest code-server that this base image can run.")
@click.option("--kubernetes", default="", metavar="VERSION", help="Name the newest chart for this Kubernetes.")
@click.option("--helm", default="", metavar="VERSION", help="Name the newest chart for this Helm.")
@json_option
def versions(  # noqa: PLR0913 - one parameter for each option
    kind: str,
    words: tuple[str, ...],
    limit: int,
    base: str,
    kubernetes: str,
    helm: str,
    *,
    everything: bool,
    prereleases: bool,
    as_json: bool,
) -> None:
    """List versions, newest first: live where they can be reached, else bundled; it says which.

    WORDs choose the rows that have all of them, such as `4.13` or `node 22`.
    """
    from wizard.catalog.report import Query, versions_report

    query = Query(
        prereleases=prereleases,
        filter_text=" ".join(words),
        limit=None if everything else limit,
        base=base,
        kubernetes=kubernetes,
        helm=helm,
    )
    report = versions_report(cast("Literal['code-server', 'chart']", kind), query)
    if as_json:
        print_json(report.document)
    else:
        click.echo(report.text)
