"""Rendered files for the tests of a setup folder, and what becomes of them."""

from __future__ import annotations

from wizard.render.model import RenderedFile
from wizard.run.changes import FileChange
from wizard.run.folder import SetupFolder
from wizard.run.state import State


def file(text: str, **options: bool | int) -> RenderedFile:
    return RenderedFile(text.encode(), **options)  # type: ignore[arg-type]


def kinds(folder: SetupFolder, rendered: dict[str, RenderedFile], state: State) -> dict[str, str]:
    return {change.path: change.kind for change in folder.changes(rendered, state)}


def change_of(folder: SetupFolder, rendered: dict[str, RenderedFile], state: State, path: str) -> FileChange:
    return next(change for change in folder.changes(rendered, state) if change.path == path)


ONE = {"config.yaml": file("a: 1\n"), "image/notebook/x.sh": file("#!/bin/sh\n", mode=0o755)}
TWO = {**ONE, "config.yaml": file("a: 2\n")}
