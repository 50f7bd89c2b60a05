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
        "target.pull_secret_from_login": "true",
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

    # The secrets that they refer to, by the commands that a comment names, from the files that the owner keeps.
    text = next((out / form).glob("*application.yaml" if form == "argocd" else "*release.yaml")).read_text()
    login = folder / "registry-login" / "config.json"  # as `docker --config registry-login login` leaves it
    login.parent.mkdir()
    login.write_text('{"auths": {"ghcr.io": {"auth": "YTpi"}}}')
    for kind in ("generic", "docker-registry"):
        line = next(line for line in text.splitlines() if f"create secret {kind}" in line).lstrip("# ")
        words = shlex.split(line)
        assert words[0] == "kubectl"
        run(*words[1:], cwd=folder)
    stored = {
        one["metadata"]["name"]: {key: base64.b64decode(value) for key, value in one["data"].items()}
        for one in cluster.items("secrets", "team-a")
        if one["metadata"]["name"] in text
    }
    assert stored == {
        "jhub-codehub-secrets": {"values.yaml": (folder / "secrets.yaml").read_bytes()},
        "codehub-registry": {".dockerconfigjson": login.read_bytes()},
    }
