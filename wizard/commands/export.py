"""`codehub export`: the setup as files to hand on, without its secrets unless asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

import click

from wizard.commands.common import folder_argument, require_setup
from wizard.errors import UsageError
from wizard.wording import counted

if TYPE_CHECKING:
    from wizard.render.export import ExportFile
    from wizard.render.gitops import Form
    from wizard.targets.session import Rendering
    from wizard.tools.encrypting import Tool

_SUFFIXES = {".tar": False, ".tar.gz": True, ".tgz": True}
"""Ends of an archive's name, and whether it is compressed."""


@click.command()
@folder_argument
@click.option("--output", metavar="PATH", type=click.Path(path_type=Path), help="Where the export goes.")
@click.option("--diagram", metavar="FILE.svg", type=click.Path(path_type=Path), help="A picture of the deployment.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["folder", "tar", "argocd", "flux", "helmfile", "ci"]),
    help="By default tar for a PATH that ends in .tar, .tar.gz or .tgz, else folder. The others are a folder (or, for "
    "such a PATH, a tar) with what that tool needs besides; ci: a workflow that runs codehub apply.",
)
@click.option("--with-secrets", is_flag=True, help="Passwords too; only the owner may then read the export.")
@click.option(
    "--encrypt",
    type=click.Choice(["age", "sops"]),
    help="With --with-secrets: encrypt them by this tool, in place of a file that only the owner may read.",
)
@click.option("--recipient", "recipients", multiple=True, metavar="KEY", help="Who may decrypt them: a public key.")
@click.option("--force", is_flag=True, help="Replace what is at PATH; other files in a folder stay.")
def export(
    folder: Path,
    output: Path | None,
    diagram: Path | None,
    form: str | None,
    encrypt: Tool | None,
    recipients: tuple[str, ...],
    *,
    with_secrets: bool,
    force: bool,
) -> None:
    """Save the setup in DIR as files that work without codehub: build.sh, deploy.sh and all they need.

    In place of the secrets there is a file that names each, with the command that creates it. The same setup
    gives the same bytes. --diagram draws what will be deployed, with --output or alone.
    """
    if output is None and diagram is None:
        raise UsageError("There is nothing to export to.", fix="Name a folder or an archive with --output PATH.")
    if (encrypt or recipients) and not with_secrets:
        raise UsageError("There is nothing to encrypt.", why="Secrets are not exported.", fix="Add --with-secrets.")
    if diagram is not None:
        _draw(folder, diagram, force=force)
    if output is not None:
        hidden = (encrypt or "age", recipients) if encrypt or recipients else None
        _export(folder, output, form, hidden, with_secrets=with_secrets, force=force)


def _draw(folder: Path, diagram: Path, *, force: bool) -> None:
    from wizard.commands.common import load_setup
    from wizard.files import make_folder, write_atomically
    from wizard.render.diagram import diagram_svg

    setup = load_setup(folder)
    if diagram.exists() and not force:
        raise UsageError(
            f"{diagram} exists already.",
            why="An export does not overwrite anything by itself.",
            fix="Name another file, or add --force.",
        )
    make_folder(diagram.parent)
    write_atomically(diagram, diagram_svg(setup))
    click.echo(f"{diagram} is written.")


def _export(
    folder: Path,
    output: Path,
    form: str | None,
    hidden: tuple[Tool, tuple[str, ...]] | None,
    *,
    with_secrets: bool,
    force: bool,
) -> None:
    """Hidden: the tool that encrypts the secrets, and for whom."""
    from wizard.render.export import export_files
    from wizard.run.folder import SetupFolder
    from wizard.shell import note, warn
    from wizard.targets.session import rendering

    require_setup(folder)
    suffix = next((end for end in _SUFFIXES if output.name.endswith(end)), "")
    archive = form == "tar" or (form != "folder" and bool(suffix))
    _require_room(output, archive=archive, force=force)
    made = rendering(SetupFolder(folder))
    for text in (*made.notices, *map(str, made.warnings)):
        warn(text)
    contents = _contents(folder, made, with_secrets=with_secrets and hidden is None)
    if form in {"argocd", "flux", "helmfile", "ci"}:
        contents |= _for_git(cast("Form", form), made, contents)
    files = export_files(contents, made.secrets, with_secrets=with_secrets and hidden is None)
    if hidden and made.secrets.text:
        files |= _encrypted(made.secrets.text, *hidden)
        with_secrets = False  # nobody but the recipients can read them
    if not with_secrets:
        _warn_of_own_secrets(files)
    if archive:
        _write_archive(output, files, suffix, with_secrets=with_secrets)
    else:
        _write_folder(output, files, with_secrets=with_secrets)
    click.echo(f"{output} is written: {counted(len(files), 'file')}.")
    if with_secrets:
        note("It holds passwords: keep it as you would keep them.")
    if hidden:
        from wizard.tools.encrypting import DECRYPT

        note(f"Its reader gets the passwords by: {DECRYPT[hidden[0]]}")


def _encrypted(text: str, tool: Tool, recipients: tuple[str, ...]) -> dict[str, ExportFile]:
    from wizard.commands.stopping import run_stoppable
    from wizard.render.export import ExportFile
    from wizard.tools.encrypting import ENDS, encrypt

    return {ENDS[tool]: ExportFile(run_stoppable(lambda _stop: encrypt(tool, text.encode(), recipients)))}


def _require_room(output: Path, *, archive: bool, force: bool) -> None:
    if archive and output.is_dir():
        raise UsageError(
            f"{output} is a folder.", why="An archive is a file.", fix="Name a file, such as codehub.tar.gz."
        )
    taken = output.exists() and (not output.is_dir() or any(output.iterdir()))
    if taken and not archive and not output.is_dir():
        raise UsageError(f"{output} is not a folder.", fix="Name a folder, or use --format tar.")
    if taken and not force:
        raise UsageError(
            f"{output} exists already.",
            why="An export does not overwrite anything by itself.",
            fix="Name another path, or add --force.",
        )


def _contents(folder: Path, made: Rendering, *, with_secrets: bool) -> dict[str, ExportFile]:
    """The files as they would be on the disk after `render`: what a person changed, as they have it."""
    from wizard.files import read_text
    from wizard.render.export import ExportFile
    from wizard.run.local_files import own_files
    from wizard.setup.store import FILE

    own = own_files(made.setup, folder, with_secrets=with_secrets)
    key = PurePosixPath(made.setup.target.docker.key)
    found = {path: ExportFile(content, 0o600 if path == str(key) else 0o644) for path, content in own.items()}
    found[FILE] = ExportFile(read_text(folder / FILE).encode())
    for change in made.changes:
        content = change.before if change.kind in {"edited", "kept"} else change.after
        if content is None or change.kind == "removed" or (change.secret and not with_secrets):
            continue
        mode = 0o600 if change.secret else 0o755 if change.mode & 0o100 else 0o644
        found[change.path] = ExportFile(content, mode)
    return found


def _for_git(form: Form, made: Rendering, contents: Mapping[str, ExportFile]) -> dict[str, ExportFile]:
    """What a tool that deploys from git needs besides; the person's own values are merged in where it takes data."""
    import yaml

    from wizard.foreign import load_yaml
    from wizard.render.export import ExportFile
    from wizard.render.gitops import gitops_files
    from wizard.render.merge import merged

    values: dict[str, Any] = {}
    for name in ("config.yaml", "values.extra.yaml"):
        if name not in contents:
            continue
        try:
            more = load_yaml(contents[name].content)
        except yaml.YAMLError as error:
            raise UsageError(
                f"{name} is not valid YAML.",
                why=str(error).partition("\n")[0],
                fix="Correct it.",
                address="yaml",
            ) from None
        values = merged(values, more) if isinstance(more, dict) else values
    made_files = gitops_files(form, made.setup, made.secrets, values)
    return {path: ExportFile(text.encode()) for path, text in made_files.items()}


def _warn_of_own_secrets(files: Mapping[str, ExportFile]) -> None:
    """values.extra.yaml is the person's own and goes along as it is; what looks secret in it is named."""
    import yaml

    from wizard.foreign import load_yaml
    from wizard.render.export import suspicious_names
    from wizard.shell import warn

    own = files.get("values.extra.yaml")
    if own is None:
        return
    try:
        values = load_yaml(own.content)
    except yaml.YAMLError:
        warn("values.extra.yaml is not valid YAML; it is exported as it is.")
        return
    names = suspicious_names(values) if isinstance(values, dict) else []
    if names:
        warn(
            f"values.extra.yaml is exported as it is, and this in it looks secret: {', '.join(names)}. "
            "Move it to secrets.yaml."
        )


def _write_archive(output: Path, files: Mapping[str, ExportFile], suffix: str, *, with_secrets: bool) -> None:
    from wizard.files import make_folder, write_atomically
    from wizard.render.export import tar_bytes

    make_folder(output.parent)
    top = output.name.removesuffix(suffix) if suffix else output.name
    data = tar_bytes(files, top, compress=_SUFFIXES.get(suffix, False))
    write_atomically(output, data, mode=0o600 if with_secrets else 0o644)


def _write_folder(output: Path, files: Mapping[str, ExportFile], *, with_secrets: bool) -> None:
    from wizard.files import make_folder, write_all_atomically

    make_folder(output)
    if with_secrets:
        output.chmod(0o700)
    for parent in sorted({(output / path).parent for path in files}):
        make_folder(parent)
        if not parent.resolve().is_relative_to(output.resolve()):
            raise UsageError(
                f"{parent} leads out of {output}.",
                why="A folder on the way is a symbolic link, and codehub does not write through links.",
                fix="Remove the link, or name another folder.",
                address="symbolic-link",
            )
    write_all_atomically({output / path: (file.content, file.mode) for path, file in files.items()})
