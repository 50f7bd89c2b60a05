"""Which of a person's own files the images are made from; `wizard.run.local_files` reads them."""

from __future__ import annotations

from wizard.setup.model import Setup


def local_paths(setup: Setup) -> list[tuple[str, str]]:
    """(field, path as answered) of each file that rendering needs, the company CA not being one of them."""
    if not setup.builds_images:
        return []
    answers = setup.code_server
    files = [("code_server.extensions", path) for path in answers.extensions if path.endswith(".vsix")]
    files += [("code_server.settings", answers.settings), ("images.notebook.extra", setup.images.notebook.extra)]
    return [(field, path) for field, path in files if path]
