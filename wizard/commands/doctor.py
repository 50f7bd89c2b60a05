"""`codehub doctor`: what is installed, reachable and new enough, and how to mend it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import ANSWERS, folder_argument, json_option, load_setup, print_json
from wizard.commands.findings import show_findings
from wizard.errors import ExitCode

if TYPE_CHECKING:
    from wizard.tools.doctor_model import Finding, Scope


@click.command()
@folder_argument
@click.option(
    "--target",
    type=click.Choice(["kubernetes", "docker", "local"]),
    help="What to check for; by default the target of the setup in DIR, or kubernetes.",
)
@json_option
def doctor(folder: Path, target: str | None, *, as_json: bool) -> int:
    """Check what is installed, reachable and new enough, and say how to mend it.

    The exit code is 3 when something is missing that the target cannot do without; warnings do not count.
    """
    import asyncio

    from wizard.tools.doctor import examine

    scope = _scope(folder, target)
    findings = asyncio.run(examine(scope))
    blocked = any(finding.blocks for finding in findings)
    if as_json:
        print_json(
            {
                "target": scope.target,
                "ready": not blocked,
                "checks": [dataclasses.asdict(finding) for finding in findings],
            }
        )
    else:
        _show(findings, scope.target)
    return ExitCode.MISSING if blocked else ExitCode.DONE


def _scope(folder: Path, target: str | None) -> Scope:
    from wizard.tools.doctor_model import Scope

    if not (folder / ANSWERS).exists():
        return Scope(target=target or "kubernetes", folder=folder)
    from wizard.catalog.charts import chart_release

    setup = load_setup(folder)
    release = chart_release(setup.target.chart.version)
    return Scope(
        target=target or setup.target.kind,
        context=setup.target.context,
        folder=folder,
        method=setup.code_server.method,
        min_helm=release.min_helm or "",
        min_kubernetes=release.min_kubernetes or "",
        ca_bundle=setup.build.ca_bundle,
    )


def _show(findings: list[Finding], target: str) -> None:
    show_findings(findings)
    blocking = [finding.title for finding in findings if finding.blocks]
    click.echo()
    if blocking:
        click.echo(f"Not ready for {target}: {', '.join(blocking)}.")
    else:
        click.echo(f"Ready for {target}.")
