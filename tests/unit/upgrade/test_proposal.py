"""What an upgrade would do: answers, tags, advice that concerns this setup, and what happens to people."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml

from tests.unit.render.setups import setup
from wizard.setup.model import Setup
from wizard.upgrade.choose import Choice
from wizard.upgrade.proposal import Proposal, propose


def old(**fields: Any) -> Setup:
    base = {
        "code_server__version": "v4.9.1",
        "target__chart__version": "3.3.8",
        "target__context": "my cluster",
        "hub__auth__kind": "native",
    }
    return setup(**(base | fields))


def texts(proposal: Proposal) -> str:
    return "\n".join(map(str, proposal.advice))


def test_only_versions_and_tags_change() -> None:
    before = old(hub__proxy="traefik", images__registry="ghcr.io/acme")
    found = propose(before, Choice("v4.100.3", "4.4.0"), taken={"notebook": {"1.0.1"}})
    assert {change.path: (change.before, change.after) for change in found.changes} == {
        "code_server.version": ("v4.9.1", "v4.100.3"),
        "target.chart.version": ("3.3.8", "4.4.0"),
        "images.notebook.tag": ("1.0.0", "1.0.2"),
        "images.hub.tag": ("1.0.0", "1.0.1"),
    }
    assert found.rebuilt == {"notebook", "hub"}


def test_an_image_that_stays_the_same_keeps_its_tag() -> None:
    only_code_server = propose(old(hub__proxy="traefik"), Choice("v4.100.3", "3.3.8"))
    assert only_code_server.rebuilt == {"notebook"}
    same_hub = propose(old(target__chart__version="4.3.4"), Choice("v4.9.1", "4.3.5"))
    assert same_hub.rebuilt == frozenset()
    assert [change.path for change in same_hub.changes] == ["target.chart.version"]
    other_major = propose(old(), Choice("v4.9.1", "4.4.0"))
    assert other_major.rebuilt == {"notebook"}, "it is built with JupyterHub of the hub's major"


def test_nothing_to_do() -> None:
    same = propose(old(), Choice("v4.9.1", "3.3.8"), extra="# mine\n")
    assert same.nothing
    assert (same.changes, same.advice, same.effects, same.extra_diff, same.backup) == ((), (), (), "", None)


def test_advice_is_only_what_concerns_this_setup() -> None:
    plain = propose(old(), Choice("v4.9.1", "4.4.0"))
    assert "slug" not in texts(plain)
    assert "KubeSpawner" in texts(plain)
    for absent in ("Kubernetes 1.32", "lower-case", "hub.db.upgrade", "map of named snippets", "quay.io"):
        assert absent not in texts(plain)
    own = "hub:\n  db: {type: postgres}\n  config:\n    jupyterHub: {admin_access: false}\n"
    more = propose(old(), Choice("v4.9.1", "4.4.0"), extra=own)
    assert "lower-case" in texts(more)
    assert "hub.db.upgrade" in texts(more)
    assert yaml.safe_load(more.extra_after)["hub"]["config"]["JupyterHub"] == {"admin_access": False}
    assert "+++ values.extra.yaml (after)" in more.extra_diff
    patch = propose(old(target__chart__version="4.3.4"), Choice("v4.9.1", "4.3.5"), extra=own)
    assert texts(patch) == ""
    assert patch.extra_after == own


@pytest.mark.parametrize(("kubernetes", "said"), [("", True), ("v1.31.4", True), ("v1.32.0+k3s1", False)])
def test_the_cluster_decides_what_is_said_of_it(kubernetes: str, said: bool) -> None:
    found = propose(old(target__chart__version="4.4.0"), Choice("v4.9.1", "5.0.0"), kubernetes=kubernetes)
    assert ("Kubernetes 1.32" in texts(found)) is said


def test_users_volumes_keep_their_names_across_chart_4() -> None:
    found = propose(old(), Choice("v4.9.1", "4.0.0"), extra="singleuser: {events: false} # mine\n")
    assert yaml.safe_load(found.extra_after)["hub"]["config"]["KubeSpawner"] == {"slug_scheme": "escape"}
    assert "# mine" in found.extra_after
    later = propose(old(target__chart__version="4.0.0"), Choice("v4.9.1", "4.4.0"))
    assert later.extra_after == ""


def test_the_way_from_the_old_guide_s_chart() -> None:
    own = """\
auth: {type: google, google: {clientId: me}}
hub: {extraConfig: "c.x = 1", db: {type: sqlite-pvc}}
proxy: {secretToken: abc}
singleuser: {extraEnv: {GRANT_SUDO: "yes"}}
"""
    found = propose(old(target__chart__version="0.9.0"), Choice("v4.9.1", "4.4.0"), extra=own)
    values = yaml.safe_load(found.extra_after)
    assert "auth" not in values
    assert values["hub"]["config"]["GoogleOAuthenticator"] == {"client_id": "me"}
    assert values["hub"]["extraConfig"] == {"00-own": "c.x = 1\n"}
    assert values["singleuser"]["allowPrivilegeEscalation"] is True
    versions = [one.version for one in found.advice]
    assert versions == sorted(versions, key=lambda text: [int(part) for part in text.split(".")])
    assert {"0.10.0", "0.11.0", "1.0.0", "2.0.0", "4.0.0"} <= set(versions)
    assert "proxy.secretToken" in texts(found)


def test_what_happens_to_people() -> None:
    major = "\n".join(propose(old(), Choice("v4.100.3", "4.4.0")).effects)
    for said in ("restart", "stay logged in", "volumes stay", "4.1.6 to 5.5.0", "keep their version until"):
        assert said in major
    small = "\n".join(propose(old(), Choice("v4.100.3", "3.3.8")).effects)
    assert "open editors stay connected" in small
    assert "database" not in small


def test_a_backup_before_a_new_jupyterhub_only_and_quoted() -> None:
    found = propose(old(), Choice("v4.9.1", "4.4.0")).backup
    assert found is not None
    assert found.file == ".codehub/backups/codehub-jhub-3.3.8.sqlite"
    restore = shlex.split(found.restore[0])
    assert restore[:6] == ["kubectl", "--context", "my cluster", "--namespace", "codehub", "run"]
    overrides = next(word for word in restore if word.startswith("--overrides="))
    pod = yaml.safe_load(overrides.partition("=")[2])["spec"]
    assert pod["volumes"][0]["persistentVolumeClaim"] == {"claimName": "hub-db-dir"}
    assert "--image=quay.io/jupyterhub/k8s-hub:3.3.8" in restore
    assert propose(old(target__chart__version="4.0.0"), Choice("v4.9.1", "4.4.0")).backup is None
    elsewhere = "hub: {db: {type: postgres}}\n"
    assert propose(old(), Choice("v4.9.1", "4.4.0"), extra=elsewhere).backup is None


def test_what_belonged_to_the_old_version_is_not_kept() -> None:
    before = old(code_server__checksum="a" * 64, images__hub__base="quay.io/jupyterhub/k8s-hub:3.3.8")
    found = propose(before, Choice("v4.100.3", "4.4.0"))
    assert found.after.code_server.checksum == ""
    assert found.after.images.hub.base == "quay.io/jupyterhub/k8s-hub:4.4.0"
    assert any("checksum" in note for note in found.notes)
    own_base = propose(old(images__hub__base="ghcr.io/acme/hub:7"), Choice("v4.9.1", "4.4.0"))
    assert own_base.after.images.hub.base == "ghcr.io/acme/hub:7"
    assert any("ghcr.io/acme/hub:7" in note for note in own_base.notes)
