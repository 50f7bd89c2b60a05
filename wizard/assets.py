"""The files that codehub ships: Dockerfiles, the hub's and the single-user server's files, bundled catalogues.

In a checkout they are the folder `assets/` beside the package; in an installed wheel they are `wizard/_assets/`.
"""

from functools import cache
from pathlib import Path

from wizard.errors import CodehubError

_PACKAGE = Path(__file__).resolve().parent


@cache
def assets_folder() -> Path:
    """The folder that holds the shipped files; raises CodehubError where the installation has none."""
    candidates = (_PACKAGE / "_assets", _PACKAGE.parent / "assets")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise CodehubError(
        "codehub's own files are missing.",
        why="Neither " + " nor ".join(str(folder) for folder in candidates) + " exists.",
        fix="Install codehub again.",
    )


def asset_path(name: str) -> Path:
    """Where a shipped file or folder is, by its path below `assets/`, such as `dockerfiles/Dockerfile.hub`.

    Raises CodehubError where the installation lacks it.
    """
    path = assets_folder() / name
    if not path.exists():
        raise CodehubError(
            f"codehub's own file {name} is missing.",
            why=f"{path} does not exist: this installation is not complete.",
            fix="Install codehub again.",
        )
    return path


def asset_text(name: str) -> str:
    """The text of a shipped file, by its path below `assets/`; raises CodehubError as `asset_path` does."""
    return asset_path(name).read_text(encoding="utf-8")


def troubleshooting() -> str:
    """docs/troubleshooting.md, which a wheel has among its assets; raises CodehubError as `asset_path` does."""
    page = _PACKAGE.parent / "docs" / "troubleshooting.md"
    return page.read_text(encoding="utf-8") if page.is_file() else asset_text("troubleshooting.md")
