"""`codehub sbom`: what is in the images, and under which licences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import folder_argument, json_option, load_setup, print_json
from wizard.errors import UsageError

if TYPE_CHECKING:
    from wizard.targets.bills import Bill

_KINDS = {"deb": "Debian", "pypi": "Python", "npm": "npm"}


@click.command()
@folder_argument
@click.option("--output", metavar="FOLDER", type=click.Path(path_type=Path), help="Write NAME.cdx.json for each image.")
@json_option
def sbom(folder: Path, output: Path | None, *, as_json: bool) -> None:
    """Say what the built images have inside: packages, versions and licences; with --output as CycloneDX files.

    By syft where it is installed, else from the records of Debian, Python and npm in the image. Nothing is started.
    """
    from wizard.commands.stopping import run_stoppable
    from wizard.targets.bills import bills

    setup = load_setup(folder)
    if not setup.builds_images:
        raise UsageError(
            f"The target {setup.target.kind} builds no images.", fix="Choose another target: target.kind=kubernetes"
        )
    found = run_stoppable(lambda _stop: bills(setup))
    if output is not None:
        _write(output, found)
    if as_json:
        print_json({one.image: one.document for one in found})
        return
    for one in found:
        counts = ", ".join(f"{number} {_KINDS[kind]}" for kind, number in one.counts.items())
        click.echo(f"{one.reference}: {counts or 'no'} packages")
        for licence, number in one.licences:
            click.echo(f"  {number:>5}  {licence}")


def _write(output: Path, found: Sequence[Bill]) -> None:
    from wizard.files import make_folder, write_all_atomically
    from wizard.shell import note

    make_folder(output)
    texts = {f"{one.image}.cdx.json": json.dumps(one.document, indent=2, ensure_ascii=False) + "\n" for one in found}
    write_all_atomically({output / name: (text, 0o644) for name, text in texts.items()})
    for one in found:
        note(f"{output / one.image}.cdx.json is written, made by {one.by}.")
