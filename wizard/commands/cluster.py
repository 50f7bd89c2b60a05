"""`codehub cluster start`: a local cluster of minikube, kind or k3d, where none runs yet."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import ANSWERS, folder_argument, load_setup, quoted
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.tools.cluster_new import NewCluster
    from wizard.tools.cluster_start import StartedCluster


@click.group()
def cluster() -> None:
    """Local clusters, made with minikube, kind or k3d."""


@cluster.command("start")
@folder_argument
@click.option("--product", metavar="minikube|kind|k3d", default="", help="By default what is installed.")
@click.option("--name", default="", help="The cluster's name; by default the product's usual one.")
@click.option("--driver", help="minikube's driver; by default minikube chooses.")
@click.option("--cpus", type=int, help="CPUs for minikube; by default half of the machine's, 2 to 4.")
@click.option("--memory", type=int, metavar="MIB", help="Memory for minikube and k3d; by default half, 2 to 6 GiB.")
@click.option("--ingress/--no-ingress", default=None, help="Whether an ingress controller comes with it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def start(
    folder: Path,
    product: str,
    name: str,
    driver: str | None,
    cpus: int | None,
    memory: int | None,
    *,
    ingress: bool | None,
    yes: bool,
) -> int:
    """Start a local cluster, or start it again; shows the commands and asks first.

    Nothing is done by sudo: where /etc/hosts needs a line, it is shown. DIR is the setup folder that it is for, whose
    host name is used for that line.
    """
    from wizard.commands.reporter import LineReporter
    from wizard.commands.stopping import run_stoppable
    from wizard.shell import note
    from wizard.tools.cluster_new import available, proposal
    from wizard.tools.cluster_start import start_cluster

    ask = not yes
    if ask and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("cluster start asks before it does anything, and there is nobody to ask.", fix="Add --yes.")
    there = available()
    if ask and not product and len(there) > 1:
        product = click.prompt("Product", type=click.Choice(there), default=there[0], err=True)
    wanted = proposal(product)
    given = {"name": name, "driver": driver, "cpus": cpus, "memory": memory, "ingress": ingress}
    chosen = {field: value for field, value in given.items() if value not in (None, "")}
    wanted = dataclasses.replace(wanted, **chosen)  # type: ignore[arg-type]
    if ask:
        wanted = _asked(wanted, set(chosen))
        for line in wanted.commands():
            click.echo(f"$ {line}")
        if not click.confirm("Do this now?", err=True):
            note("Nothing was done.")
            return ExitCode.DONE
    started = run_stoppable(lambda _stop: start_cluster(wanted, LineReporter(sys.stdout)))
    for line in _said(started, folder):
        click.echo(line)
    return ExitCode.DONE


def _asked(wanted: NewCluster, given: set[str]) -> NewCluster:
    """The same, with what was not given asked for."""
    from wizard.tools.cluster_new import DRIVERS

    def ask(field: str, question: str, kind: click.Choice[str] | type) -> None:
        nonlocal wanted
        if field not in given:
            answer = click.prompt(question, type=kind, default=getattr(wanted, field), err=True)
            wanted = dataclasses.replace(wanted, **{field: answer})

    if wanted.product == "minikube":
        ask("driver", "Driver (empty: minikube's choice)", click.Choice(DRIVERS))
        ask("cpus", "CPUs", int)
    if wanted.product in {"minikube", "k3d"}:
        ask("memory", "Memory in MiB", int)
    ask("ingress", "With an ingress controller", bool)
    return wanted


def _said(started: StartedCluster, folder: Path) -> list[str]:
    """What a person does next."""
    from wizard.tools.hub_entries import hosts_command

    settings = [f"--set target.context={started.context}"]
    lines = [f"Kubernetes {started.version} runs; its context is {started.context}."]
    host = load_setup(folder).target.expose.host if (folder / ANSWERS).exists() else ""
    if started.ingress_class:
        settings.append(f"--set target.expose.kind=ingress --set target.expose.ingress_class={started.ingress_class}")
    if started.address and host:
        lines.append(f"This machine knows {host} after: {hosts_command(f'{started.address} {host}')}")
    elif started.address:
        lines.append(f"Its ingress controller is at {started.address}: host names have to lead there.")
    return [*lines, f"Use it: codehub init {quoted(folder)} {' '.join(settings)}"]
