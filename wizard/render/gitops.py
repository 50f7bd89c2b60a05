"""A setup for tools that deploy from git: Argo CD, Flux, Helmfile, and a workflow that runs codehub itself.

Layouts: argoproj.io/v1alpha1 Application, Flux' source.toolkit.fluxcd.io/v1 and helm.toolkit.fluxcd.io/v2, Helmfile's
helmfile.yaml, GitHub's workflow syntax; each as its own documentation has it. Nothing secret is in any of them.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Literal

from wizard import __version__
from wizard.errors import UsageError
from wizard.render.merge import merged
from wizard.render.secrets import Secrets
from wizard.render.yaml_text import yaml_text
from wizard.setup.delivery import has_versions
from wizard.setup.model import Setup

Form = Literal["argocd", "flux", "helmfile", "ci"]
CHART = "jupyterhub"
WORKFLOW = ".github/workflows/codehub.yaml"

_PLACEHOLDERS = {
    "proxy": {"secretToken": "PUT-THE-PROXY-SECRET-TOKEN-HERE"},
    "hub": {
        "cookieSecret": "PUT-THE-HUB-COOKIE-SECRET-HERE",
        "config": {"CryptKeeper": {"keys": ["PUT-THE-CRYPT-KEEPER-KEY-HERE"]}},
    },
}
"""What the chart makes by itself and keeps in the cluster; Argo CD only renders, and would get others each time."""


def gitops_files(form: Form, setup: Setup, secrets: Secrets, values: Mapping[str, Any]) -> dict[str, str]:
    """The files of a form by path; values: what Helm is to be given, merged, without secrets.

    Raises UsageError for a setup that cannot be deployed from git.
    """
    if form == "ci":
        return {WORKFLOW: workflow(setup, secrets)}
    _require_deployable(setup, form)
    made = {"argocd": _argocd, "flux": _flux, "helmfile": _helmfile}[form](setup, secrets, values)
    return {**made, WORKFLOW: workflow(setup, secrets)}


def secret_name(setup: Setup) -> str:
    """The Kubernetes secret that holds secrets.yaml."""
    return f"{setup.target.release}-codehub-secrets"


def secret_command(setup: Setup, key: str) -> str:
    """The command that puts secrets.yaml into the cluster under a key of `secret_name`."""
    return _create_secret(setup, "generic", secret_name(setup), f"{key}=secrets.yaml")


def _create_secret(setup: Setup, kind: str, name: str, file: str) -> str:
    target = setup.target
    context = ["--context", target.context] if target.context else []
    words = ["kubectl", *context, "--namespace", target.namespace, "create", "secret", kind, name]
    return shlex.join([*words, f"--from-file={file}"])


def _pull_secret(setup: Setup) -> str:
    """How the secret is made that the cluster pulls the images with, as a part of a comment; empty without one."""
    name, file = setup.target.pull_secret_name, ".dockerconfigjson=registry-login/config.json"
    if not name:
        return ""
    return (
        "The cluster's login at the registry is in a secret of the namespace; in a folder of its own no other login "
        f"gets into it:\ndocker --config registry-login login {shlex.quote(setup.images.registry.partition('/')[0])}\n"
        f"{_create_secret(setup, 'docker-registry', name, file)}\n"
    )


def _require_deployable(setup: Setup, form: str) -> None:
    if setup.target.kind != "kubernetes":
        raise UsageError(
            f"The target {setup.target.kind} cannot be exported for {form}.",
            why="It deploys Helm charts to Kubernetes.",
            fix="Use --format folder or tar.",
        )
    if not setup.images.registry:
        raise UsageError(
            "There is no registry for the images.",
            why=f"With {form} the cluster gets its images from a registry only.",
            fix="Set images.registry, like ghcr.io/acme.",
        )
    if not has_versions(setup):
        raise UsageError(
            f"The chart comes from {setup.target.chart.source}.",
            why=f"{form} gets charts from a repository or an OCI registry only.",
            fix="Set target.chart.source to one, such as https://hub.jupyter.org/helm-chart/.",
        )


def _argocd(setup: Setup, secrets: Secrets, values: Mapping[str, Any]) -> dict[str, str]:
    target = setup.target
    comment = """\
An Argo CD Application: kubectl apply --filename application.yaml
The images are built and pushed by build.sh, or by the workflow beside it.

Argo CD renders the chart anew each time, so what the chart would make by itself has to be given. Create each with
openssl rand -hex 32
and put it in place of its PUT-THE-…-HERE; keep this file where only you read it, or let your secrets' tool fill it in.
"""
    given = merged(values, _PLACEHOLDERS)
    if secrets.document:
        comment += f"The passwords are in a secret of the namespace:\n{secret_command(setup, 'values.yaml')}\n"
        given = merged(given, {"hub": {"existingSecret": secret_name(setup)}})
    comment += _pull_secret(setup)
    place, name = _chart(setup)
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": target.release, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {
                "repoURL": place.removeprefix("oci://"),
                "chart": name,
                "targetRevision": target.chart.version,
                "helm": {"releaseName": target.release, "valuesObject": given},
            },
            "destination": {"server": "https://kubernetes.default.svc", "namespace": target.namespace},
            "syncPolicy": {"syncOptions": ["CreateNamespace=true", "ServerSideApply=true"]},
        },
    }
    return {"argocd/application.yaml": yaml_text(application, comment=comment)}


def _chart(setup: Setup) -> tuple[str, str]:
    """Repository and name of the chart; an OCI reference has the name at its end."""
    source = setup.target.chart.source
    if not source.startswith("oci://"):
        return source, CHART
    place, _, name = source.rpartition("/")
    return place, name


def _flux(setup: Setup, secrets: Secrets, values: Mapping[str, Any]) -> dict[str, str]:
    target = setup.target
    place, name = _chart(setup)
    about = {"name": target.release, "namespace": target.namespace}
    repository = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "HelmRepository",
        "metadata": about,
        "spec": {**({"type": "oci"} if place.startswith("oci://") else {}), "interval": "1h", "url": place},
    }
    chart = {
        "chart": name,
        "version": target.chart.version,
        "sourceRef": {"kind": "HelmRepository", "name": target.release},
    }
    spec: dict[str, Any] = {
        "interval": "10m",
        "timeout": "10m",
        "releaseName": target.release,
        "chart": {"spec": chart},
        "install": {"remediation": {"retries": 1}},
        "upgrade": {"remediation": {"retries": 1, "strategy": "rollback"}},
    }
    comment = "The release, for Flux. The images are built and pushed by build.sh, or by the workflow beside it.\n"
    if secrets.document:
        comment += f"The passwords are in a secret of the namespace:\n{secret_command(setup, 'values.yaml')}\n"
        spec["valuesFrom"] = [{"kind": "Secret", "name": secret_name(setup), "valuesKey": "values.yaml"}]
    comment += _pull_secret(setup)
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": about,
        "spec": {**spec, "values": dict(values)},
    }
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": target.namespace}}
    return {
        "flux/00-namespace.yaml": yaml_text(namespace),  # kubectl applies a folder by its names: it comes first
        "flux/helmrepository.yaml": yaml_text(repository, comment="Where the chart comes from, for Flux.\n"),
        "flux/helmrelease.yaml": yaml_text(release, comment=comment),
    }


def _helmfile(setup: Setup, secrets: Secrets, _: Mapping[str, Any]) -> dict[str, str]:
    target = setup.target
    oci = target.chart.source.startswith("oci://")
    named = ["config.yaml", *(["secrets.yaml"] if secrets.document else []), "values.extra.yaml"]
    release: dict[str, Any] = {
        "name": target.release,
        "namespace": target.namespace,
        "createNamespace": True,
        "chart": target.chart.source if oci else f"jupyterhub/{CHART}",
        "version": target.chart.version,
        "wait": True,
        "atomic": True,
        "timeout": 600,
        "values": named,
        "missingFileHandler": "Error",
    }
    if target.context:
        release["kubeContext"] = target.context
    repositories = [] if oci else [{"name": "jupyterhub", "url": target.chart.source}]
    document = {**({"repositories": repositories} if repositories else {}), "releases": [release]}
    comment = "helmfile apply   (after build.sh has pushed the images"
    comment += ", and secrets.yaml is made from secrets.example.yaml)" if secrets.document else ")"
    comment += f"\n{_pull_secret(setup)}"
    return {"helmfile.yaml": yaml_text(document, comment=comment)}


def workflow(setup: Setup, secrets: Secrets) -> str:
    """A GitHub workflow that runs codehub without questions on each push to main."""
    comment = """\
Builds, pushes and deploys on each push to main.
It needs these secrets of the repository (gh secret set NAME < FILE):
"""
    steps: list[dict[str, Any]] = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": "3.12"}},
        {"uses": "docker/setup-buildx-action@v3"},
    ]
    if setup.target.kind == "kubernetes":
        comment += "KUBECONFIG_FILE: a kubeconfig"
        comment += f" with the context {setup.target.context}\n" if setup.target.context else "\n"
        steps += [
            {"uses": "azure/setup-helm@v4"},
            _secret_file("kubeconfig", "KUBECONFIG_FILE", "$RUNNER_TEMP/kubeconfig"),
        ]
    if setup.images.registry:
        comment += "REGISTRY_USER, REGISTRY_PASSWORD: for docker login\n"
        login = {
            "registry": setup.images.registry.partition("/")[0],
            "username": "${{ secrets.REGISTRY_USER }}",
            "password": "${{ secrets.REGISTRY_PASSWORD }}",
        }
        steps.append({"uses": "docker/login-action@v3", "with": login})
    if secrets.document:
        comment += "CODEHUB_SECRETS: the content of secrets.yaml\n"
        steps.append(_secret_file("secrets.yaml", "CODEHUB_SECRETS", "secrets.yaml"))
    steps.append({"name": "codehub", "run": f"pip install codehub-wizard=={__version__}"})
    apply: dict[str, Any] = {"name": "apply", "run": "codehub apply . --yes --progress plain"}
    if setup.target.kind == "kubernetes":
        apply["env"] = {"KUBECONFIG": "${{ runner.temp }}/kubeconfig"}
    keep = {
        "name": "logs",
        "if": "failure()",
        "uses": "actions/upload-artifact@v4",
        "with": {"name": "codehub-logs", "path": ".codehub/logs", "include-hidden-files": True},
    }
    job = {"runs-on": "ubuntu-latest", "steps": [*steps, apply, keep]}
    document = {
        "name": "codehub",
        "on": {"push": {"branches": ["main"]}, "workflow_dispatch": {}},
        "permissions": {"contents": "read"},
        "concurrency": {"group": "codehub", "cancel-in-progress": False},
        "jobs": {"apply": job},
    }
    return yaml_text(document, comment=comment)


def _secret_file(name: str, secret: str, path: str) -> dict[str, Any]:
    """A step that writes a secret into a file; the secret comes by the environment, never into the command."""
    return {
        "name": name,
        "env": {"CONTENT": f"${{{{ secrets.{secret} }}}}"},
        "run": f'umask 077 && printf "%s" "$CONTENT" > "{path}"',
    }
