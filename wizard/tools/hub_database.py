"""The hub's sqlite database: a copy of it on this machine, made by sqlite itself while the hub goes on running."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from wizard.errors import CodehubError, StepFailed
from wizard.tools.kube import Cluster, Obj, path
from wizard.tools.kube_exec import run_in_pod

CONTAINER = "hub"
FOLDER = "/srv/jupyterhub"
DATABASE = f"{FOLDER}/jupyterhub.sqlite"

COPY = f"""\
import shutil, sqlite3, sys, tempfile
with tempfile.TemporaryDirectory(dir={FOLDER!r}) as folder:
    copy = sqlite3.connect(folder + "/copy")
    sqlite3.connect("file:{DATABASE}?mode=rw", uri=True).backup(copy)
    copy.close()
    with open(folder + "/copy", "rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
"""
"""What the hub's own Python runs: a whole copy, whatever is being written, that leaves nothing behind."""


async def save_database(cluster: Cluster, namespace: str, release: str, target: Path) -> int:
    """Copy the database of a release's hub to `target`, which only the owner may read; returns its size in bytes.

    Raises CodehubError when there is no hub that runs, it cannot be reached by exec, or the copy is not whole;
    nothing is at `target` then.
    """
    pod = await _hub(cluster, namespace, release)
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            await run_in_pod(cluster, namespace, pod, CONTAINER, ["python3", "-c", COPY], file.write)
            file.flush()
            os.fsync(file.fileno())
        require_whole(part)
        part.rename(target)
        return target.stat().st_size
    except OSError as error:
        raise CodehubError(
            f"{target} could not be written.", why=error.strerror or str(error), fix="Make room for it."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def require_whole(copy: Path) -> None:
    """Raises StepFailed for a file that is no whole database of a JupyterHub."""
    with contextlib.closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as opened:
        try:
            found = opened.execute("PRAGMA integrity_check").fetchone()[0]
            tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.DatabaseError as error:
            found, tables = str(error), set()
    if found != "ok" or "users" not in tables:
        raise StepFailed(
            "The copy of the hub's database is not whole.",
            why=str(found) if found != "ok" else "It has no table of users.",
            fix="Run the same command again; if it goes on, copy the database by hand.",
        )


async def _hub(cluster: Cluster, namespace: str, release: str) -> str:
    """The name of the hub's pod that runs."""
    pods = await cluster.list(path("v1", "pods", namespace), labels=f"component=hub,release={release}")
    running = [pod for pod in pods if _runs(pod)]
    if not running:
        raise StepFailed(
            "The hub is not running, so its database cannot be copied.",
            why=f"The release {release} has no hub pod in the namespace {namespace} whose container runs.",
            fix="See why: codehub status",
        )
    return str(running[0]["metadata"]["name"])


def _runs(pod: Obj) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return False
    states = (pod.get("status") or {}).get("containerStatuses") or []
    return any(one.get("name") == CONTAINER and "running" in (one.get("state") or {}) for one in states)
