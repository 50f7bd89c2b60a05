"""The commands of `codehub`, one thin file each; what they do is done by the engine's layers.

A command's module imports only click and what is cheap; the engine is imported where a command runs, so that
`codehub --help` stays quick.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path

import click

from wizard import __version__
from wizard.commands.apply import apply
from wizard.commands.cluster import cluster
from wizard.commands.common import quoted
from wizard.commands.destroy import destroy
from wizard.commands.doctor import doctor
from wizard.commands.explain import explain
from wizard.commands.export import export
from wizard.commands.fields import fields
from wizard.commands.import_ import import_
from wizard.commands.init import init
from wizard.commands.logs import logs
from wizard.commands.pin import pin
from wizard.commands.plan import plan
from wizard.commands.port_forward import port_forward
from wizard.commands.render import render
from wizard.commands.rollback import rollback
from wizard.commands.sbom import sbom
from wizard.commands.start import someone_answers, start
from wizard.commands.status import status
from wizard.commands.try_ import try_
from wizard.commands.upgrade import upgrade
from wizard.commands.verify import verify
from wizard.commands.versions import versions

HELP = """\
VS Code in the browser for a team, one private copy per person, behind a JupyterHub login.

\b
  codehub DIR                   the wizard: questions, plan, run
  codehub init DIR --yes        answers, all at their defaults, in DIR/codehub.yaml
  codehub doctor DIR            what is missing on this machine, and how to mend it
  codehub plan DIR              what would be done, and why
  codehub apply DIR             build the images, deliver them, deploy JupyterHub

DIR is a setup folder; without it the current folder is meant. Every answer has a default: `codehub fields`
lists them. What goes wrong is said on stderr; the exit code is 0 done, 1 a step failed, 2 wrong usage or
answers, 3 a needed tool or service is missing, 130 interrupted.
"""


_CLOSE = 0.75
"""How much a word has to look like a command to be taken for a slip of the fingers (difflib's ratio)."""


class CommandGroup(click.Group):
    """Commands in the order in which they are used, and a first word that is a folder instead of a command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word in self.commands:
            return super().resolve_command(ctx, args)
        if "/" in word or word in {".", ".."} or Path(word).is_dir():
            return start.name, start, args
        near = get_close_matches(word, self.commands, n=1, cutoff=_CLOSE)
        alone = args == [word]
        if alone and not near and someone_answers():
            return start.name, start, args  # a new folder; the wizard makes it once there is something to save
        hint = f" Did you mean {near[0]}?" if near else ""
        if alone:
            hint += f" A new folder of that name: codehub init {quoted(Path(word))} --yes"
        raise click.UsageError(f"There is neither a command nor a folder {word!r}.{hint}", ctx)


@click.group(
    cls=CommandGroup,
    help=HELP,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="codehub")
@click.pass_context
def codehub(context: click.Context) -> int | None:
    """Open the wizard in the current folder when no command is given."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False  # https://no-color.org, which click leaves to its users
    if context.invoked_subcommand is not None:
        return None
    result: int | None = context.invoke(start, folder=Path())
    return result


for _command in (
    init,
    fields,
    render,
    plan,
    apply,
    upgrade,
    rollback,
    verify,
    port_forward,
    status,
    logs,
    destroy,
    import_,
    export,
    pin,
    sbom,
    try_,
    cluster,
    doctor,
    explain,
    versions,
):
    codehub.add_command(_command)
