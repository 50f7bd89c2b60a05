"""The real kubectl reads what is exported for Argo CD and Flux, and the commands that its comments name."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.kubeapi import FakeCluster
from tests.support.program import codehub

pytestmark = [pytest.mark.tier("kubectl"), pytest.mark.timeout(200)]
KINDS = {"argocd": {"Application"}, "flux": {"Namespace", "HelmRepository", "HelmRelease"}}


@pytest.mark.parametrize("form", KINDS)
def test_kubectl_accepts_what_is_in_it(form: str, tmp_path: Path, cluster: FakeCluster, kubectl: Path) -> None:
    folder, out = tmp_path / "hub", tmp_path / "out"
    fields = {
        "hub.auth.users": "alice",
        "images.registry": "ghcr.io/acme",
        "target.context": cluster.context,
        "target.namespace": "team-a",
    }
    assert codehub("init", folder, *(word for item in fields.items() for word in ("--set", "=".join(item)))).code == 0
    assert codehub("render", folder).code == 0
    assert codehub("export", folder, "--format", form, "--output", out).code == 0

    def run(*words: str, cwd: Path = out) -> str:
        argv = [str(kubectl), *words]
        done = subprocess.run(
            argv, cwd=cwd, env=os.environ | cluster.env(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    for namespace in ("argocd", "team-a") if form == "argocd" else ():  # Flux' own is among the files
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    read = run("apply", "--dry-run=client", "--validate=false", "--output=yaml", "--filename", form)
    found = yaml.safe_load(read)
    objects = found["items"] if found["kind"] == "List" else [found]
    assert {one["kind"] for one in objects} == KINDS[form]
    run("apply", "--server-side", "--validate=false", "--filename", form)
    plural = {"argocd": "applications", "flux": "helmreleases"}[form]
    assert cluster.names(plural, "argocd" if form == "argocd" else "team-a") == ["jhub"]

    # The secret that they refer to, by the command that a comment names, from the file that the owner keeps.
    text = next((out / form).glob("*application.yaml" if form == "argocd" else "*release.yaml")).read_text()
    line = next(line for line in text.splitlines() if "create secret generic" in line).lstrip("# ")
    words = shlex.split(line)
    assert words[0] == "kubectl"
    run(*words[1:], cwd=folder)
    (secret,) = [one for one in cluster.items("secrets", "team-a") if one["metadata"]["name"] in text]
    stored = {key: base64.b64decode(value) for key, value in secret["data"].items()}
    assert stored == {"values.yaml": (folder / "secrets.yaml").read_bytes()}
