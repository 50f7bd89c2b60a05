"""Trying a setup on this machine: where that is kept, and the answers it is done with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wizard.errors import UsageError
from wizard.run.folder import SetupFolder
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.tools.ports import first_free

USERS = ["alice", "bob"]
"""Who may log in where the answers name nobody: two, so that one can be seen to be kept out of the other's editor."""


def try_folder(asked: Path | None) -> tuple[SetupFolder, bool]:
    """The setup folder of a try, and whether it is thrown away at the end.

    The answers of a folder for another target are left alone: the try gets a folder of its own in there.
    """
    from platformdirs import user_data_path

    if asked is None:
        return SetupFolder(user_data_path("codehub") / "try"), True
    if asked.exists() and not asked.is_dir():
        raise UsageError(f"{asked} is not a folder.", fix="Name a folder, or none.")
    answers = SetupFolder(asked).answers
    if answers.exists() and store.load(answers).target.kind != "local":
        return SetupFolder(asked / ".codehub" / "try"), False
    return SetupFolder(asked), False


def try_answers(place: SetupFolder, asked: Path | None, settings: Sequence[str] = (), *, passing: bool) -> Setup:
    """The answers of a try: the folder's own, or the defaults, so that somebody can log in on this machine.

    settings: what somebody asked for, as `--set` takes it; a port that is taken is then refused, not exchanged.
    """
    own = place.answers.exists() and not passing
    given = SetupFolder(asked).answers if asked else None
    setup = store.load(place.answers) if own else store.load(given) if given and given.exists() else Setup()
    if not own:
        auth = setup.hub.auth
        forced = {
            "target.kind": "local",
            # A provider sends people back to another address than this one.
            "hub.auth.kind": "shared-password" if setup.uses_oauth else auth.kind,
            "hub.auth.users": ",".join(auth.users or USERS),
        }
        if setup.code_server.method not in {"release", "npm"}:
            forced["code_server.method"] = "release"
        forced["target.expose.port"] = str(first_free(setup.target.expose.port))
        setup = store.with_settings(setup, [f"{name}={value}" for name, value in forced.items()])
    return store.with_settings(setup, settings) if settings else setup
