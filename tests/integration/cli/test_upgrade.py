"""`codehub upgrade` and `codehub rollback` with the real Docker, Helm 3 and 4, a chart repository and a cluster in
memory: what is changed, what goes back, and that nothing else does."""

from __future__ import annotations

import shlex
import signal
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.integration.cli.deployed import OWN, Deployed, tags
from tests.support import parts
from tests.support.processes import wait_until
from tests.support.program import command, environment

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image"), pytest.mark.timeout(400)]


def test_across_majors_and_back_again(deployed: Deployed) -> None:
    before, secrets = deployed.files(), (deployed.folder / "secrets.yaml").read_bytes()
    old_values = deployed.values()
    dry = deployed.good("upgrade", "--code-server", "v4.100.3", "--chart", "4.4.0", "--dry-run", "--progress", "json")
    found = dry.document
    assert {change["path"] for change in found["changes"]} == {
        "code_server.version", "images.notebook.tag", "target.chart.version"
    }  # fmt: skip
    assert [one["version"] for one in found["advice"]] == ["4.0.0", "4.3.0"]
    saved = Path(found["backup"]["file"])
    assert saved.parent == deployed.folder / ".codehub" / "backups"
    rows = {row["name"]: row for row in found["columns"]}
    assert (rows["chart"]["deployed"], rows["chart"]["files"], rows["chart"]["newest"]) == ("3.3.8", "3.3.8", "4.4.0")
    assert rows["code-server"]["deployed"] == "v4.9.1"
    assert rows["JupyterHub"]["deployed"] == "4.1.6"
    assert found["drift"] == ["Dockerfile.notebook was changed by hand."]
    assert deployed.files() == before

    deployed.run("upgrade").refused(2, "there is nobody to ask", "--yes")
    shown = deployed.good("upgrade", "--code-server", "v4.100.3", "--chart", "4.4.0", "--yes")
    assert "v4.9.1 -> v4.100.3" in shown.out
    assert str(saved) in found["backup"]["restore"][0]
    with closing(sqlite3.connect(saved)) as copy:
        assert copy.execute("SELECT name FROM users").fetchall() == [("alice",)]
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert f"is saved first to {saved}" in shown.out
    assert "Save the hub's database" in shown.out
    text = (deployed.folder / "codehub.yaml").read_text()
    assert "# by the team\n" in text
    assert "4.4.0" in text
    extra = (deployed.folder / "values.extra.yaml").read_text()
    assert extra.startswith("# what the lecturers asked for\n")
    assert "admin_access: false  # not even for admins" in extra
    assert yaml.safe_load(extra)["hub"]["config"] == {
        "JupyterHub": {"admin_access": False}, "KubeSpawner": {"slug_scheme": "escape"}
    }  # fmt: skip
    assert (deployed.folder / "secrets.yaml").read_bytes() == secrets
    new_values = deployed.values()
    assert new_values["hub"]["config"]["DummyAuthenticator"] == old_values["hub"]["config"]["DummyAuthenticator"]
    assert new_values["singleuser"]["image"]["tag"].startswith("1.0.1")
    again = deployed.good("upgrade", "--code-server", "v4.100.3", "--yes")
    assert "Everything is as new as it can be here." in again.out
    assert deployed.good("plan", "--json").document["to_run"] == 0

    listed = deployed.good("rollback", "--list", "--json").document
    assert [past["revision"] for past in listed] == [1, 2]
    assert "code_server.version: v4.9.1 -> v4.100.3" in listed[1]["changes"]
    assert any("values.extra.yaml: +" in line for line in listed[1]["changes"])
    deployed.run("rollback", "--to", "7", "--yes").refused(2, "There is no revision 7")
    back = deployed.good("rollback", "--yes")
    assert "database does not go back: JupyterHub 5.5.0" in back.err
    assert deployed.files() == before
    assert deployed.values() == old_values
    assert deployed.good("plan", "--json").document["to_run"] == 0
    assert [past["known"] for past in deployed.good("rollback", "--list", "--json").document] == [True] * 3

    forward = deployed.good("rollback", "--to", "2", "--yes")
    assert "Going back to revision 2" in forward.out
    assert (deployed.folder / "values.extra.yaml").read_text() == extra
    assert deployed.values() == new_values


def test_one_that_is_stopped_in_the_middle_is_taken_back_wholly(deployed: Deployed) -> None:
    before, old_values = deployed.files(), deployed.values()
    deployed.cluster.scenario.crashing["hub"] = ("database is newer than me",)
    argv = command("upgrade", deployed.folder, "--code-server", "v4.100.3", "--chart", "4.0.0", "--yes")
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(deployed.env))
    # Helm says pending-upgrade before it touches the hub: only a hub that has crashed holds it up for certain.
    wait_until(lambda: deployed.waits_for("CrashLoopBackOff"), "the new hub to crash", seconds=120)
    deployed.cluster.scenario.crashing.clear()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=200)
    assert running.returncode == 130, out + err
    assert b"The answers and files are as they were before." in err
    # Helm goes back by itself where it gets the time to, else codehub has it do so.
    newest = deployed.history()[-1]
    assert (newest["status"], newest["description"].lower()) == ("deployed", "rollback to 1"), out
    assert deployed.files() == before
    assert deployed.values() == old_values
    planned = deployed.good("plan", "--json").document
    assert planned["to_run"] == 0, planned


def impatient(helm: str, folder: Path) -> Path:
    """The real Helm, which waits for fifteen seconds in place of ten minutes."""
    script = folder / "impatient-helm"
    script.write_text(f'#!/bin/bash\nexec {shlex.quote(helm)} "${{@/#600s/15s}}"\n')
    script.chmod(0o755)
    return script


def test_a_hub_that_does_not_come_up_is_taken_back_with_its_database(deployed: Deployed) -> None:
    before, old_values, old_history = deployed.files(), deployed.values(), len(deployed.history())
    helm = impatient(deployed.env["CODEHUB_HELM"], deployed.folder.parent)
    deployed.cluster.scenario.bad_images.add("k8s-hub:4.4.0")
    argv = command("upgrade", deployed.folder, "--chart", "4.4.0", "--yes")
    env = environment(deployed.env | {"CODEHUB_HELM": str(helm)})
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    wait_until(lambda: deployed.waits_for("ImagePullBackOff"), "the new hub's image", seconds=120)
    with closing(sqlite3.connect(deployed.database)) as hub, hub:  # as a newer hub does when it starts
        hub.execute("ALTER TABLE users ADD COLUMN of_a_newer_hub TEXT")
    out, err = running.communicate(timeout=200)
    assert running.returncode == 1, out + err
    assert b"k8s-hub:4.4.0" in err
    assert b"Give the hub its database back" in out
    assert b"The answers and files are as they were before." in err
    assert deployed.files() == before
    assert deployed.values() == old_values
    newest = deployed.history()[-1]
    assert len(deployed.history()) >= old_history + 2
    assert (newest["status"], newest["description"].lower()) == ("deployed", "rollback to 1")
    with closing(sqlite3.connect(deployed.database)) as hub:
        assert hub.execute("SELECT * FROM users").fetchall() == [("alice",)]
    planned = deployed.good("plan", "--json").document
    assert planned["to_run"] == 0, planned


def test_what_fails_is_taken_back_wholly(deployed: Deployed) -> None:
    old_values = deployed.values()
    (deployed.folder / "Dockerfile.notebook").write_text(f"FROM {parts.BASE_IMAGE}\nRUN exit 9\n")
    before = deployed.files()
    deployed.run("upgrade", "--code-server", "v4.100.3", "--yes").refused(1, "notebook image")
    assert deployed.files() == before
    assert deployed.values() == old_values

    (deployed.folder / "values.extra.yaml").write_text(OWN + "noSuchKey: 1\n")
    before = deployed.files()
    deployed.run("upgrade", "--chart", "4.4.0", "--yes").refused(3, "noSuchKey")
    assert deployed.files() == before


def test_images_that_are_gone_are_built_again(deployed: Deployed) -> None:
    deployed.good("upgrade", "--code-server", "v4.100.3", "--yes")
    old = [reference for reference in tags(deployed.image.partition(":")[0]) if ":1.0.0" in reference]
    assert old
    subprocess.run(["docker", "image", "rm", "--force", *old], check=True, capture_output=True)
    back = deployed.good("rollback", "--to", "1", "--yes")
    assert "Build the notebook image" in back.out
    assert "4.9.1" in (deployed.folder / "codehub.yaml").read_text()
    version = subprocess.run(
        ["docker", "run", "--rm", "--network=none", deployed.image, "cat", "/version"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert version.strip().removeprefix("v") == "4.9.1"
    assert deployed.good("plan", "--json").document["to_run"] == 0


def test_what_was_changed_behind_codehub_is_seen(deployed: Deployed) -> None:
    repository = yaml.safe_load((deployed.folder / "codehub.yaml").read_text())["target"]["chart"]["source"]
    chart = ["jupyterhub", "--repo", repository, "--version", "3.3.8"]
    where = ["--namespace", deployed.image.partition(":")[0], "--reuse-values", "--set", "debug.enabled=true"]
    argv = [deployed.env["CODEHUB_HELM"], "upgrade", "jhub", *chart, *where]
    subprocess.run(argv, env=deployed.cluster.env(), check=True, capture_output=True, cwd=deployed.folder.parent)
    subprocess.run(["docker", "image", "rm", "--force", deployed.image], check=True, capture_output=True)
    shown = deployed.good("upgrade", "--dry-run")
    assert "Somebody changed the release: it is at revision 2, codehub left it at 1." in shown.out
    assert f"The image {deployed.image} is no longer there." in shown.out
    assert "Dockerfile.notebook was changed by hand." in shown.out


def test_a_tag_that_the_registry_of_images_here_has_is_not_taken(deployed: Deployed) -> None:
    subprocess.run(["docker", "tag", parts.BASE_IMAGE, deployed.image.replace("1.0.0", "1.0.1")], check=True)
    dry = deployed.good("upgrade", "--code-server", "v4.100.3", "--dry-run", "--progress", "json").document
    assert {change["path"]: change["after"] for change in dry["changes"]}["images.notebook.tag"] == "1.0.2"
