"""What is written for Argo CD, Flux, Helmfile and a workflow: its structure, and that it holds no secret."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.render.setups import every_deployment, line, setup
from wizard.errors import UsageError
from wizard.render.gitops import WORKFLOW, Form, gitops_files
from wizard.render.secrets import Secrets
from wizard.render.values import values
from wizard.setup.model import Setup

FORMS: tuple[Form, ...] = get_args(Form)
OCI = "oci://registry.example.org/charts/jupyterhub"


def files(form: Form, made: Setup) -> tuple[dict[str, str], Secrets]:
    secrets = Secrets().complete(made)
    return gitops_files(form, made, secrets, values(made)), secrets


def only(text: str) -> Any:
    documents = list(yaml.safe_load_all(text))
    assert len(documents) == 1
    return documents[0]


@pytest.mark.parametrize("form", FORMS)
def test_no_secret_and_the_same_bytes_each_time(form: Form) -> None:
    for made in every_deployment(images__registry="ghcr.io/acme"):
        first, secrets = files(form, made)
        assert gitops_files(form, made, secrets, values(made)) == first
        everything = "\n".join(first.values())
        assert not [secret for secret in secrets.values() if secret in everything]
        for text in first.values():
            only(text)


def test_an_argo_cd_application() -> None:
    made = setup(images__registry="ghcr.io/acme", target__namespace="team", target__release="hub")
    text = files("argocd", made)[0]["argocd/application.yaml"]
    found = only(text)
    assert (found["apiVersion"], found["kind"]) == ("argoproj.io/v1alpha1", "Application")
    assert set(found["spec"]) == {"project", "source", "destination", "syncPolicy"}
    source = found["spec"]["source"]
    assert source["repoURL"] == "https://hub.jupyter.org/helm-chart/"
    assert (source["chart"], source["targetRevision"]) == ("jupyterhub", made.target.chart.version)
    assert source["helm"]["releaseName"] == "hub"
    assert source["helm"]["valuesObject"]["hub"]["existingSecret"] == "hub-codehub-secrets"
    assert found["spec"]["destination"]["namespace"] == "team"
    placeholders = set(re.findall(r"PUT-THE-[A-Z-]+-HERE", yaml.safe_dump(found)))
    assert len(placeholders) == 3
    assert "openssl rand -hex 32" in text
    assert "--namespace team create secret generic hub-codehub-secrets --from-file=values.yaml=secrets.yaml" in text
    oci = only(files("argocd", setup(images__registry="ghcr.io/acme", target__chart__source=OCI))[0]
               ["argocd/application.yaml"])["spec"]["source"]  # fmt: skip
    assert (oci["repoURL"], oci["chart"]) == ("registry.example.org/charts", "jupyterhub")


def test_flux_objects_refer_to_each_other() -> None:
    made = setup(images__registry="ghcr.io/acme", target__release="hub")
    found = {path: only(text) for path, text in files("flux", made)[0].items() if path.startswith("flux/")}
    repository, release = found["flux/helmrepository.yaml"], found["flux/helmrelease.yaml"]
    assert repository["apiVersion"] == "source.toolkit.fluxcd.io/v1"
    assert release["apiVersion"] == "helm.toolkit.fluxcd.io/v2"
    chart = release["spec"]["chart"]["spec"]
    assert chart["sourceRef"] == {"kind": repository["kind"], "name": repository["metadata"]["name"]}
    assert release["metadata"]["namespace"] == repository["metadata"]["namespace"] == made.target.namespace
    assert release["spec"]["valuesFrom"] == [
        {"kind": "Secret", "name": "hub-codehub-secrets", "valuesKey": "values.yaml"}
    ]
    assert release["spec"]["values"] == values(made)
    for duration in (repository["spec"]["interval"], release["spec"]["interval"], release["spec"]["timeout"]):
        assert re.fullmatch(r"([0-9]+(\.[0-9]+)?(ms|s|m|h))+", duration)
    oci = only(files("flux", setup(images__registry="ghcr.io/acme", target__chart__source=OCI))[0]
               ["flux/helmrepository.yaml"])  # fmt: skip
    assert oci["spec"] == {"type": "oci", "interval": "1h", "url": "oci://registry.example.org/charts"}


def test_a_helmfile() -> None:
    made = setup(images__registry="ghcr.io/acme", target__context="prod")
    found = only(files("helmfile", made)[0]["helmfile.yaml"])
    (release,) = found["releases"]
    assert release["chart"].partition("/")[0] == found["repositories"][0]["name"]
    assert release["values"] == ["config.yaml", "secrets.yaml", "values.extra.yaml"]
    assert release["kubeContext"] == "prod"
    native = setup(images__registry="ghcr.io/acme", hub__auth__kind="native", target__chart__source=OCI)
    without = only(files("helmfile", native)[0]["helmfile.yaml"])
    assert "repositories" not in without
    assert without["releases"][0]["values"] == ["config.yaml", "values.extra.yaml"]


def test_a_workflow_runs_apply_and_takes_secrets_by_the_environment() -> None:
    found = only(files("ci", setup(images__registry="ghcr.io/acme", target__context="prod"))[0][WORKFLOW])
    assert set(found) >= {"name", "on", "jobs"}, "`on` has to be quoted, else it is true"
    steps = found["jobs"]["apply"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert "codehub apply . --yes --progress plain" in commands
    assert not [command for command in commands if "${{" in command]
    assert all(("run" in step) != ("uses" in step) for step in steps)
    for command in commands:
        subprocess.run(["sh", "-n", "-c", command], check=True)
    bare = only(files("ci", setup(target__kind="docker"))[0][WORKFLOW])["jobs"]["apply"]["steps"]
    assert not [step for step in bare if "helm" in str(step)]


@pytest.mark.parametrize("form", ["argocd", "flux", "helmfile"])
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"target__kind": "docker"}, "target docker"),
        ({}, "no registry"),
        ({"images__registry": "ghcr.io/acme", "target__chart__source": "./chart"}, "comes from ./chart"),
    ],
)
def test_what_cannot_be_deployed_from_git(form: Form, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        files(form, setup(**fields))
    assert caught.value.fix


@given(line.filter(str.strip), st.sampled_from(FORMS))
def test_no_name_breaks_out(context: str, form: Form) -> None:
    made = setup(images__registry="ghcr.io/acme", target__context=context)
    for text in files(form, made)[0].values():
        only(text)
        for comment in [row for row in text.splitlines() if "create secret" in row]:
            words = shlex.split(comment.removeprefix("# "), comments=False)
            assert words[words.index("--context") + 1] == context
