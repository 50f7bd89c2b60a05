"""A copy of the hub's database out of its pod, by the API alone, and the way back."""

from __future__ import annotations

import shlex
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.integration.kube.conftest import NAMESPACE
from tests.kubeapi import FakeCluster
from tests.support.processes import wait_until
from tests.unit.upgrade.test_proposal import old
from wizard.errors import CodehubError
from wizard.tools import hub_database
from wizard.tools.hub_database import DATABASE, FOLDER, restore_database, save_database
from wizard.tools.kube import connect
from wizard.upgrade.effects import backup, restoring_pod


def hub_pod(cluster: FakeCluster, *, crashing: bool = False) -> None:
    """A hub's pod that runs, or that has crashed."""
    if crashing:
        cluster.scenario.crashing["hub"] = ("gone",)
    pod = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "hub-1", "labels": {"component": "hub", "release": "jhub"}},
        "spec": {"containers": [{"name": "hub", "image": "hub:1"}]},
    }  # fmt: skip
    cluster.create(pod, NAMESPACE)
    wanted = "CrashLoopBackOff" if crashing else "startedAt"
    wait_until(lambda: wanted in str(cluster.items("pods", NAMESPACE)), f"the hub's pod to say {wanted}")


@pytest.fixture
def disk(tmp_path: Path, cluster: FakeCluster) -> Path:
    """The hub's volume, with a database of more than one frame of the protocol."""
    folder = tmp_path / "volume of the hub"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "jupyterhub.sqlite")) as made, made:
        made.execute("CREATE TABLE users (name TEXT, about TEXT)")
        made.executemany("INSERT INTO users VALUES (?, ?)", [(f"user-{n}", "x" * 900) for n in range(500)])
    cluster.scenario.mounts[FOLDER] = folder
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    return folder


def users(database: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(database)) as opened:
        return opened.execute("SELECT name FROM users").fetchall()


async def save(cluster: FakeCluster, target: Path) -> int:
    async with connect(cluster.context) as connected:
        return await save_database(connected, NAMESPACE, "jhub", target)


def put_back(copy: Path, disk: Path) -> None:
    """Do what the pod of the shown command does."""
    command = shlex.split(backup(old(), str(copy)).restore[0])
    assert command[-2:] == ["<", str(copy)]
    overrides = next(word for word in command if word.startswith("--overrides=")).partition("=")[2]
    (container,) = yaml.safe_load(overrides)["spec"]["containers"]
    argv = [word.replace(FOLDER, shlex.quote(str(disk))) for word in container["command"]]
    with copy.open("rb") as stdin:
        subprocess.run(argv, stdin=stdin, check=True)


async def test_a_whole_copy_while_somebody_writes_and_back_again(
    cluster: FakeCluster, disk: Path, tmp_path: Path
) -> None:
    hub_pod(cluster)
    database, copy = disk / "jupyterhub.sqlite", tmp_path / "here" / "copy.sqlite"
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("INSERT INTO users VALUES ('not yet committed', '')")
        size = await save(cluster, copy)
        writer.rollback()
    assert size == copy.stat().st_size > 400_000
    assert users(copy) == users(database)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in disk.iterdir()] == ["jupyterhub.sqlite"]
    assert [path.name for path in copy.parent.iterdir()] == ["copy.sqlite"]

    before = users(database)
    database.write_bytes(b"a newer hub's")
    put_back(copy, disk)
    assert users(database) == before


@pytest.mark.parametrize("trouble", ["no hub", "crashing", "no database", "not a database", "no right", "cut"])
async def test_what_is_no_copy_leaves_nothing(cluster: FakeCluster, disk: Path, tmp_path: Path, trouble: str) -> None:
    said = {
        "no hub": "not running", "crashing": "not running", "no database": "unable to open database file",
        "not a database": "file is not a database", "no right": "HTTP 403", "cut": "was cut",
    }[trouble]  # fmt: skip
    if trouble != "no hub":
        hub_pod(cluster, crashing=trouble == "crashing")
    if trouble == "no database":
        (disk / "jupyterhub.sqlite").unlink()
    if trouble == "not a database":
        (disk / "jupyterhub.sqlite").write_bytes(b"something else" * 500)
    if trouble == "no right":
        cluster.scenario.forbidden.add(("create", "pods/exec"))
    if trouble == "cut":
        cluster.scenario.cut_watches_after = 0
    target = tmp_path / "here" / "copy.sqlite"
    with pytest.raises(CodehubError) as caught:
        await save(cluster, target)
    assert said in str(caught.value)
    assert not list(target.parent.glob("*")) or not target.parent.exists()
    assert DATABASE.startswith(FOLDER)
    assert not (disk / "jupyterhub.sqlite").exists() or trouble != "no database"


async def restore(cluster: FakeCluster, copy: Path) -> bool:
    async with connect(cluster.context) as connected:
        return await restore_database(connected, NAMESPACE, restoring_pod(old(), waiting=True), copy)


async def test_a_copy_is_put_back_where_the_layout_has_changed(
    cluster: FakeCluster, disk: Path, tmp_path: Path
) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    about = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": "hub-db-dir"}}
    cluster.create(about | {"spec": spec}, NAMESPACE)
    hub_pod(cluster)
    database, copy = disk / "jupyterhub.sqlite", tmp_path / "copy.sqlite"
    await save(cluster, copy)
    with closing(sqlite3.connect(database)) as hub, hub:
        hub.execute("INSERT INTO users VALUES ('came later', '')")
    assert await restore(cluster, copy) is False
    assert ("came later",) in users(database)
    with closing(sqlite3.connect(database)) as hub, hub:
        hub.execute("ALTER TABLE users ADD COLUMN of_a_newer_hub TEXT")
    assert await restore(cluster, copy) is True
    assert users(database) == users(copy)
    database.write_bytes(b"half written")
    assert await restore(cluster, copy) is True
    assert users(database) == users(copy)
    assert [path.name for path in disk.iterdir()] == ["jupyterhub.sqlite"]
    assert cluster.names("pods", NAMESPACE) == ["hub-1"]


async def test_a_pod_that_does_not_come_up_is_said_and_removed(
    cluster: FakeCluster, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_database, "_PATIENCE", 1.0)
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes((disk / "jupyterhub.sqlite").read_bytes())
    with pytest.raises(CodehubError, match="did not come up"):  # it has no volume to wait for
        await restore(cluster, copy)
    assert cluster.names("pods", NAMESPACE) == []
