"""README.md of a setup folder: what is here, and what to do with it, with or without codehub."""

from __future__ import annotations

import shlex

from wizard.render import compose
from wizard.render.model import ImageBuild
from wizard.render.scripts import makes_pull_secret
from wizard.render.secrets import FILE as SECRETS
from wizard.render.secrets import Secrets
from wizard.setup.model import Setup

LOGINS = {
    "shared-password": "Users log in with their name and the shared password; admins with the admins' password.",
    "native": "People sign up at `/hub/signup`; an admin lets them in at `/hub/authorize`. The admins sign up first: "
    "whoever signs up under an admin's name gets that name.",
    "github": "People log in at GitHub.",
    "google": "People log in at Google.",
    "oidc": "People log in at your OpenID Connect provider.",
    "dummy": "Anybody who knows the one password gets in under any name: for trying only.",
}
"""How people log in, by the kind of login, in Markdown."""

_TARGETS = {
    "kubernetes": "JupyterHub on Kubernetes, by its Helm chart",
    "docker": "JupyterHub on one Docker host",
    "local": "JupyterHub as processes on this machine",
}


def readme(setup: Setup, builds: dict[str, ImageBuild], secrets: Secrets) -> str:
    """The text of README.md; no secrets in it."""
    parts = [_head(setup), _files(setup, builds, secrets), _use(setup, builds), _login(setup, secrets)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(setup: Setup) -> str:
    return (
        "# VS Code in the browser for a team\n\n"
        f"{_TARGETS[setup.target.kind]}; everybody who logs in gets an editor of their own "
        f"(code-server {setup.code_server.version}).\n"
        "Written by codehub from `codehub.yaml`."
    )


def _files(setup: Setup, builds: dict[str, ImageBuild], secrets: Secrets) -> str:
    on_kubernetes, on_docker = setup.target.kind == "kubernetes", setup.target.kind == "docker"
    rows = [
        ("codehub.yaml", "the answers that everything else is made from; change them here or with `codehub`", True),
        ("config.yaml", "values for the JupyterHub chart", on_kubernetes),
        (
            SECRETS,
            "what is secret: passwords and the like. Not to be committed; keep a copy in a safe place",
            bool(secrets.text),
        ),
        (
            "values.extra.yaml",
            "your own values for the chart; they win, and codehub never writes this file",
            on_kubernetes,
        ),
        (compose.FILE, "the hub's and the proxy's containers, for `docker compose` and for codehub", on_docker),
        (compose.HUB_CONFIG, "JupyterHub's settings", on_docker),
        (
            compose.HUB_ENVIRONMENT,
            f"the secrets of the hub's container, from {SECRETS}; not to be committed",
            on_docker,
        ),
        (
            compose.PROXY_ENVIRONMENT,
            f"the proxy's, from {SECRETS}; not to be committed",
            on_docker and setup.hub.proxy == "chp",
        ),
        (
            compose.TRAEFIK_TLS,
            "tells Traefik of your certificate",
            on_docker and setup.hub.proxy == "traefik" and setup.target.docker.tls == "files",
        ),
        *((build.dockerfile, f"how `{build.reference}` is built", True) for build in builds.values()),
        ("image/", "what the Dockerfiles copy into the images", bool(builds)),
        ("images.yaml", "which very images were delivered last; made by a run", on_kubernetes),
        ("build.sh", "builds the images and brings them to where they run", bool(builds)),
        ("deploy.sh", "installs or upgrades JupyterHub with helm", on_kubernetes),
        ("deploy.sh", "makes the secrets where there are none yet, and runs `docker compose up`", on_docker),
        ("backup.sh", "saves the hub's database and everybody's files; `./backup.sh --help`", on_docker),
        ("restore.sh", "brings them back", on_docker),
        (".codehub/", "what codehub remembers, and its logs; not needed by the scripts, not to be committed", True),
    ]
    table = "\n".join(f"| `{name}` | {meaning} |" for name, meaning, there in rows if there)
    return (
        "## What is here\n\n| file | what it is |\n|---|---|\n"
        f"{table}\n\n"
        "A file that you change is not overwritten: codehub shows the difference and asks."
    )


def _use(setup: Setup, builds: dict[str, ImageBuild]) -> str:
    lines = ["codehub plan     # what would be done, and why", "codehub apply    # do it"]
    text = "## Deploy\n\nWith codehub, in this folder:\n\n" + _block(lines)
    scripts = ["./build.sh"] if builds else []
    needs = "docker with buildx"
    if setup.target.kind == "kubernetes":
        scripts.append("./deploy.sh")
        needs += ", helm and kubectl" if makes_pull_secret(setup) else " and helm"
    if setup.target.kind == "docker":
        scripts.append("./deploy.sh     # makes the secrets where there are none; then docker compose up --detach")
        needs += " and compose"
    if scripts:
        text += f"\n\nWithout codehub ({needs}):\n\n" + _block(scripts)
    if makes_pull_secret(setup):
        text += (
            "\n\n`deploy.sh` gives the cluster the login at the registry, as the secret "
            f"`{setup.target.pull_secret_name}`: docker's own on the machine where it runs, or "
            "`CODEHUB_REGISTRY_USERNAME` and `CODEHUB_REGISTRY_PASSWORD` of its environment."
        )
    if setup.target.kind == "kubernetes":
        where = ["--namespace", setup.target.namespace]
        context = ["--kube-context", setup.target.context] if setup.target.context else []
        uninstall = shlex.join(["helm", "uninstall", setup.target.release, *where, *context])
        text += (
            "\n\n## Remove\n\n" + _block(["codehub destroy", f"{uninstall}   # without codehub"]) + "\n\n"
            "The volumes with people's homes and the hub's database stay. Helm alone leaves running editors running."
        )
    if setup.target.kind == "docker":
        text += "\n\n## Back up and remove\n\n" + _block(
            [
                "./backup.sh                 # the hub's database and everybody's files, into a file",
                "./restore.sh FILE           # brings them back",
                "codehub destroy             # everything but the volumes; with --volumes those too",
                "docker compose down         # without codehub: hub and proxy; running editors go on running",
            ]
        )
    return text


def _login(setup: Setup, secrets: Secrets) -> str:
    auth = setup.hub.auth
    lines = ["## Who gets in", "", LOGINS[auth.kind]]
    if secrets.logins(setup):
        lines.append(f"The passwords are in `{SECRETS}`.")
    if auth.kind != "native" and not auth.allow_all:
        lines.append(
            "Who is let in is named in `codehub.yaml` (`hub.auth.users`, `hub.auth.admins`"
            + (", `hub.auth.organizations`" if setup.uses_oauth else "")
            + "); adding somebody on the hub's admin page alone lets nobody in."
        )
    if setup.uses_oauth:
        lines.append(f"The client secret belongs into `{SECRETS}`.")
        if setup.callback_url:
            lines += ["", "The address to enter at the provider as callback:", "", _block([setup.callback_url], "text")]
    return "\n".join(lines)


def _block(lines: list[str], language: str = "sh") -> str:
    return "\n".join([f"```{language}", *lines, "```"])
