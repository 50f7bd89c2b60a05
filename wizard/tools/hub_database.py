"""The hub's sqlite database: a copy of it on this machine, made by sqlite itself while the hub goes on running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sqlite3
from functools import partial
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

RESTORE = f"""\
import os, sqlite3, sys
now, new, left = {DATABASE!r}, {DATABASE!r} + ".restored", int(sys.argv[1])
with open(new, "wb") as file:
    while left:
        piece = sys.stdin.buffer.read(min(left, 65536))
        left -= len(piece)
        file.write(piece) if piece else sys.exit("the copy did not come whole")
def layout(path):
    try:
        opened = sqlite3.connect("file:" + path + "?mode=ro", uri=True)
        return sorted(str(row) for row in opened.execute("SELECT sql FROM sqlite_master"))
    except sqlite3.Error:
        return None
if layout(now) == layout(new):
    os.unlink(new)
else:
    os.replace(new, now)
    print("restored")
"""  # noqa: S608 - no SQL but one constant statement
"""What puts a copy back where a newer hub has changed the layout; else what is there is newer, and stays."""

_PIECE = 64 * 1024
_PATIENCE = 120.0
"""Seconds for the restoring pod to come up."""


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


async def restore_database(cluster: Cluster, namespace: str, pod: Obj, copy: Path) -> bool:
    """Put a copy back through a pod of its own with the hub's volume; False where the layout is still the copy's.

    pod: its spec, with one container. The hub may be running, or crashing over a database that is too new for it.
    Raises CodehubError when the pod does not come up or the copy cannot be put there.
    """
    name, container = f"codehub-restore-{secrets.token_hex(3)}", str(pod["containers"][0]["name"])
    where = path("v1", "pods", namespace, name)
    item = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod}
    await cluster.create(path("v1", "pods", namespace), item)
    try:
        try:
            async with asyncio.timeout(_PATIENCE):
                while not _runs(await cluster.get(where), container):
                    await asyncio.sleep(0.5)
        except TimeoutError as error:
            raise StepFailed(
                f"The pod {name} did not come up.",
                why=f"It was waited for {_PATIENCE:g} seconds: it needs the hub's volume, on the hub's node.",
                fix=f"Put {copy} back by hand, as docs/upgrading.md says.",
            ) from error
        said = bytearray()
        with copy.open("rb") as file:
            pieces = iter(partial(file.read, _PIECE), b"")
            command = ["python3", "-c", RESTORE, str(copy.stat().st_size)]
            await run_in_pod(cluster, namespace, name, container, command, said.extend, stdin=pieces)
        return b"restored" in said
    finally:
        await cluster.delete(where)


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


def _runs(pod: Obj, container: str = CONTAINER) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return False
    states = (pod.get("status") or {}).get("containerStatuses") or []
    return any(one.get("name") == container and "running" in (one.get("state") or {}) for one in states)
