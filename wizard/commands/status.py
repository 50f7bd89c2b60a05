"""`codehub status`: what codehub remembers of a setup folder; asks nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wizard.commands.common import folder_argument, json_option, load_setup, print_json, quoted


@click.command()
@folder_argument
@json_option
def status(folder: Path, *, as_json: bool) -> None:
    """Show the answers in short, how each step ended the last time, and where its log is.

    From the folder alone, so it works offline; `codehub plan` asks Docker, the registry and the cluster.
    """
    show_status(folder, as_json=as_json)


def show_status(folder: Path, *, as_json: bool) -> None:
    """Print where a setup folder stands; raises UsageError or InvalidAnswers when it cannot be read."""
    from wizard.plan.images import build_id
    from wizard.run.folder import SetupFolder
    from wizard.shell import warn
    from wizard.tools.image_contents import describe

    setup = load_setup(folder)
    loaded = SetupFolder(folder).load_state()
    if loaded.notice:
        warn(loaded.notice)
    document: dict[str, Any] = {
        "folder": str(folder),
        "target": setup.target.kind,
        "code_server": setup.code_server.version,
        "images": {"notebook": setup.notebook_reference} | ({"hub": setup.hub_reference} if setup.builds_hub else {}),
        "steps": {
            name: {"outcome": record.outcome, "finished": record.finished, "result": dict(record.result)}
            for name, record in loaded.state.steps.items()
        },
        "deployed": dict(loaded.state.deployed),
    }
    if setup.target.kind == "local":
        document["running"] = _running(folder)
    if as_json:
        print_json(document)
        return
    click.echo(f"{folder}: code-server {document['code_server']} for the target {document['target']}")
    for name, reference in document["images"].items():
        built = document["steps"].get(build_id(name), {}).get("result", {})
        inside = describe(built.get("contents", {})) if built.get("reference") == reference else ""
        click.echo(f"  {name} image: {reference}" + (f" ({inside})" if inside else ""))
    if "running" in document:
        click.echo(f"  running at {document['running']}" if document["running"] else "  not running")
    if not document["steps"]:
        click.echo(f"Nothing was run yet. Next: codehub plan {quoted(folder)}")
        return
    width = max(map(len, document["steps"]))
    for name, step in document["steps"].items():
        click.echo(f"  {name:<{width}}  {step['outcome']:<9}  {step['finished']}")
    click.echo(f"Logs: codehub logs {quoted(folder)}. What would be done now: codehub plan {quoted(folder)}")


def _running(folder: Path) -> str:
    """Where the hub of processes of this folder answers; empty when it does not."""
    from wizard.run.folder import SetupFolder
    from wizard.targets.local import run_folder
    from wizard.tools.local_hub import answers, running

    now = running(run_folder(SetupFolder(folder)))
    return now.url if now and answers(now.url) else ""
