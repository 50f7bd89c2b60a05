"""`codehub import`: a setup folder from a JupyterHub release that is running, or from the old guide's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import ANSWERS, folder_argument, quoted
from wizard.errors import ExitCode, UsageError
from wizard.wording import counted

if TYPE_CHECKING:
    from wizard.importing.guide import Guide
    from wizard.run.folder import SetupFolder
    from wizard.targets.importing import Found
    from wizard.tools.helm_diff import ObjectDiff

_GUIDE_LIMIT = 1024 * 1024


@click.command("import")
@folder_argument
@click.option("--context", default="", metavar="CONTEXT", help="The kube context; by default the current one.")
@click.option("--namespace", default="", metavar="NAMESPACE", help="Where the release is.")
@click.option("--release", default="", metavar="RELEASE", help="The name of the Helm release.")
@click.option("--chart", default="", metavar="SOURCE", help="Where its chart comes from; by default the official one.")
@click.option(
    "--from-guide",
    "guide",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Take the config.sh and config.yaml of the old guide instead of a release.",
)
@click.option(
    "--from-export",
    "archive",
    metavar="ARCHIVE",
    type=click.Path(path_type=Path),
    help="Open the .tar or .tar.gz that somebody made with codehub export.",
)
def import_(
    folder: Path, context: str, namespace: str, release: str, chart: str, guide: Path | None, archive: Path | None
) -> int:
    """Make the setup folder DIR from a JupyterHub release that somebody deployed by hand or elsewhere.

    What codehub has no question for stays in values.extra.yaml, secrets go to secrets.yaml. The server then says in a
    dry run whether deploying these files would change the release; nothing is changed by the import itself.
    """
    from wizard.run.folder import SetupFolder

    if (folder / ANSWERS).exists():
        raise UsageError(
            f"{folder / ANSWERS} exists already.",
            why="An import does not overwrite a setup.",
            fix="Name another folder.",
        )
    place = SetupFolder(folder)
    sources = [bool(context or namespace or release), guide is not None, archive is not None]
    if sum(sources) > 1:
        raise UsageError(
            "A setup is made from one thing: a release, --from-guide or --from-export.", fix="Leave out the others."
        )
    if archive is not None:
        return _from_export(place, archive)
    if guide is not None:
        return _from_guide(place, guide)
    if not (namespace and release):
        raise UsageError(
            "Which release is meant?",
            why="--namespace and --release are needed.",
            fix="See what there is: helm list --all-namespaces",
        )
    return _from_release(place, context, namespace, release, chart)


def _from_release(place: SetupFolder, context: str, namespace: str, release: str, chart: str) -> int:
    from wizard.commands.stopping import run_stoppable
    from wizard.shell import warn
    from wizard.targets.importing import inspect, prove, save

    found = run_stoppable(lambda _stop: inspect(context, namespace, release, chart))
    obstacles = save(place, found)
    click.echo(f"{place.path} is written, from revision {found.revision} (chart {found.origin.chart}).")
    for text in _remarks(found):
        warn(text)
    _say_obstacles(obstacles)
    diffs = run_stoppable(lambda _stop: prove(place, found))
    if diffs:
        _show(diffs)
        return ExitCode.STEP_FAILED
    click.echo("The server says: deploying these files would change nothing in the release.")
    click.echo(f"The images are not codehub's yet. Next, with tags of their own: codehub upgrade {_word(place)}")
    return ExitCode.DONE


def _from_export(place: SetupFolder, archive: Path) -> int:
    from wizard.importing.archive import read_archive
    from wizard.targets.importing import save_export

    files = read_archive(archive)
    save_export(place, files)
    click.echo(f"{place.path} is written: {counted(len(files), 'file')}. Look at them before you run anything of it.")
    click.echo(f"Next: codehub plan {_word(place)}")
    return ExitCode.DONE


def _from_guide(place: SetupFolder, guide: Path) -> int:
    from wizard.files import read_text
    from wizard.importing.guide import read_guide
    from wizard.setup.defaults import default_chart_version
    from wizard.shell import note, warn
    from wizard.targets.importing import save_guide

    script, config = guide / "config.sh", guide / "config.yaml"
    if not script.is_file() and not config.is_file():
        raise UsageError(
            f"{guide} is not a folder of the old guide.",
            why="It has neither config.sh nor config.yaml.",
            fix="Name the folder that has them.",
        )
    texts = [read_text(path, limit=_GUIDE_LIMIT) if path.is_file() else "" for path in (script, config)]
    found = read_guide(texts[0], texts[1], default_chart_version())
    obstacles = save_guide(place, found)
    click.echo(f"{place.path} is written, for chart {found.setup.target.chart.version}.")
    for one in found.advice:
        note(f"  - {one}")
    for text in _guide_remarks(found):
        warn(text)
    _say_obstacles(obstacles)
    click.echo(f"Next: codehub plan {_word(place)}")
    return ExitCode.DONE


def _remarks(found: Found) -> list[str]:
    from wizard.render.merge import at, leaves

    said = []
    auth = found.setup.hub.auth.kind
    if auth == "dummy" and not at(found.parts.secrets, "hub.config.DummyAuthenticator.password"):
        said.append(
            "The release's login lets in anybody under any name. Take the line `codehub makes none` out of "
            "secrets.yaml, and codehub makes a password; or choose another login."
        )
    if "codehub-singleuser" not in str(at(found.parts.config, "singleuser.cmd", "")):
        said.append(
            "The release does not start codehub's guarded single-user server: people may reach each other's editors. "
            "See: codehub plan --overwrite config.yaml"
        )
    rest = sorted({".".join(path[:2]) for path, _ in leaves(found.parts.extra)})
    if rest:
        said.append(f"Kept in values.extra.yaml, where they win: {', '.join(rest)}.")
    return said


def _guide_remarks(found: Guide) -> list[str]:
    from wizard.render.merge import leaves

    said = []
    if found.unknown:
        said.append(f"codehub has no question for these of config.sh: {', '.join(found.unknown)}.")
    if found.left_out:
        names = ", ".join(sorted({".".join(path[:2]) for path, _ in leaves(found.left_out)}))
        said.append(f"Left out, as comments in values.extra.yaml: {names}.")
    return said


def _say_obstacles(obstacles: list[str]) -> None:
    from wizard.shell import warn

    if obstacles:
        warn("\n".join([*obstacles, "Correct it in codehub.yaml; the other files are then written by codehub render."]))


def _show(diffs: tuple[ObjectDiff, ...]) -> None:
    from wizard.shell import warn

    warn(f"Deploying these files would change {len(diffs)} of the release's objects:")
    for diff in diffs:
        click.echo(f"{diff.change} {diff.title}")
        for line in diff.lines:
            click.echo(f"    {line}")


def _word(place: SetupFolder) -> str:
    return quoted(place.path)
