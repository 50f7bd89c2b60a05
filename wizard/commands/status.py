"""`codehub status`: what codehub remembers of a setup folder, and what its cluster says now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.commands.common import folder_argument, json_option, load_setup, print_json, quoted, say
from wizard.errors import CodehubError

if TYPE_CHECKING:
    from wizard.setup.model import Setup


@click.command()
@folder_argument
@click.option("--offline", is_flag=True, help="From the folder alone: do not ask the cluster, nor Docker.")
@json_option
def status(folder: Path, *, offline: bool, as_json: bool) -> None:
    """Show the answers in short, how each step ended the last time, and what runs now.

    A cluster that was deployed to is asked for the release, its pods, its address and whose editors run, Docker for
    the containers; where they cannot be asked, that is said, and the rest is shown all the same.
    """
    show_status(folder, as_json=as_json, offline=offline)


def show_status(folder: Path, *, as_json: bool, offline: bool = True) -> None:
    """Print where a setup folder stands; raises UsageError or InvalidAnswers when it cannot be read."""
    from wizard.plan.images import build_id
    from wizard.plan.kubernetes import DEPLOY
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
        "images": setup.image_references,
        "steps": {
            name: {"outcome": record.outcome, "finished": record.finished, "result": dict(record.result)}
            for name, record in loaded.state.steps.items()
        },
    }
    if setup.target.kind == "local":
        document["running"], document["said"] = _running(folder)
    if setup.target.kind == "kubernetes" and DEPLOY in document["steps"] and not offline:
        document["live"] = _live(setup)
    if setup.target.kind == "docker" and not offline:
        document["live"] = _on_docker(setup)
    if as_json:
        print_json(document)
        return
    say(f"{folder}: code-server {document['code_server']} for the target {document['target']}")
    for name, reference in document["images"].items():
        built = document["steps"].get(build_id(name), {}).get("result", {})
        inside = describe(built.get("contents", {})) if built.get("reference") == reference else ""
        say(f"  {name} image: {reference}" + (f" ({inside})" if inside else ""))
    if "running" in document:
        say(f"  {document['said']}")
    if setup.target.kind == "docker":
        _show_docker(document.get("live", {}))
    else:
        _show_live(document.get("live", {}))
    if not document["steps"]:
        say(f"Nothing was run yet. Next: codehub plan {quoted(folder)}")
        return
    width = max(map(len, document["steps"]))
    for name, step in document["steps"].items():
        say(f"  {name:<{width}}  {step['outcome']:<9}  {step['finished']}")
    say(f"Logs: codehub logs {quoted(folder)}. What would be done now: codehub plan {quoted(folder)}")


def _running(folder: Path) -> tuple[str, str]:
    """Where the hub of processes of this folder answers, empty when it does not; and the same in words."""
    from wizard.run.folder import SetupFolder
    from wizard.targets.local import standing

    now = standing(SetupFolder(folder))
    return now.url, now.said


def _on_docker(setup: Setup) -> dict[str, Any]:
    """What Docker says now, or why it cannot be asked."""
    import asyncio

    from wizard.targets.docker_standing import on_docker

    try:
        found = asyncio.run(on_docker(setup))
    except CodehubError as error:
        return {"unseen": f"{error.what} {error.why}".strip()}
    return {
        "answers": found.answers,
        "address": setup.docker_url,
        "containers": [
            {"name": one.name, "status": one.status, "said": one.said, "since": one.since} for one in found.services
        ],
        "missing": list(found.missing),
        "servers": len(found.users),
        "users": list(found.users),
        "stopped": list(found.stopped),
        "homes": found.homes,
    }


def _show_docker(found: dict[str, Any]) -> None:
    if found.get("unseen"):
        say(f"  Docker could not be asked: {found['unseen']}")
    if "containers" not in found:
        return
    for one in found["containers"]:
        say(f"  container {one['name']}: {one['said']}")
    for name in found["missing"]:
        say(f"  container {name}: there is none")
    say(f"  {found['address']}: {'JupyterHub answers' if found['answers'] else 'JupyterHub does not answer'}")
    say(f"  editors running: {found['servers']}" + (f" ({', '.join(found['users'])})" if found["users"] else ""))
    if found["stopped"]:
        say(f"  editors that ended by themselves: {', '.join(found['stopped'])}")
    say(f"  homes: {found['homes']}")


def _live(setup: Setup) -> dict[str, Any]:
    """What the cluster says now, or why it cannot be asked."""
    import asyncio

    from wizard.targets.standing import live

    try:
        found = asyncio.run(live(setup))
    except CodehubError as error:
        return {"unseen": f"{error.what} {error.why}".strip()}
    if found.revision is None:
        return {"release": None}
    revision = found.revision
    return {
        "release": {
            "name": setup.target.release,
            "revision": revision.number,
            "status": revision.status,
            "chart": revision.chart,
            "updated": revision.updated,
        },
        "addresses": list(found.addresses),
        "pods": [{"name": pod.name, "status": pod.status, "ready": pod.ready} for pod in found.pods],
        "servers": found.servers,
        "users": list(found.users),
        "unseen": found.unseen,
    }


def _show_live(found: dict[str, Any]) -> None:
    if found.get("unseen"):
        say(f"  the cluster could not be asked: {found['unseen']}")
    if "release" not in found:
        return
    release = found["release"]
    if release is None:
        say("  there is no release")
        return
    say(f"  release {release['name']}: revision {release['revision']}, {release['status']}, {release['chart']}")
    for pod in found["pods"]:
        say(f"  pod {pod['name']}: {pod['status']}")
    if found["addresses"]:
        say(f"  address: {' or '.join(found['addresses'])}")
    say(f"  editors running: {found['servers']}" + (f" ({', '.join(found['users'])})" if found["users"] else ""))
