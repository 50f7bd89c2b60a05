"""Proving that a hub on this machine works, at its front door."""

from __future__ import annotations

import shutil

from wizard.errors import StepFailed
from wizard.reporting import Reporter
from wizard.run.folder import SetupFolder
from wizard.targets.local import run_folder
from wizard.tools import local_hub
from wizard.tools.verify_hub import CHECK_USER, Access, Verified, verify_hub, verify_user


async def verify(folder: SetupFolder, reporter: Reporter, *, user: bool, patience: float = 60.0) -> Verified:
    """Check that the folder's hub answers, and with `user` that a user gets an editor which nobody else can reach.

    Raises StepFailed that says what does not work, also when no hub runs.
    """
    place = run_folder(folder)
    running = local_hub.running(place)
    if running is None:
        raise StepFailed(
            "JupyterHub is not running.",
            why=f"Nothing that was started from {folder.path} runs on this machine.",
            fix=f"Start it: codehub apply {folder.path}",
        )
    access = Access(url=running.url.rstrip("/"), token=folder.load_secrets().verify_token)
    if not user:
        return await verify_hub([access], reporter, patience=patience)
    try:
        return await verify_user(access, reporter, patience=patience)
    finally:
        for home in (place / "home").glob(f"{CHECK_USER}*"):
            shutil.rmtree(home, ignore_errors=True)
