"""Setup and secrets become the text of every file of a setup folder; pure functions."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.render import compose
from wizard.render.buildargs import image_builds
from wizard.render.jupyterhub_config import SECRETS_VARIABLE, docker_config
from wizard.render.model import RenderedFile
from wizard.render.readme import readme
from wizard.render.scripts import build_script, deploy_script, docker_deploy_script, volume_script
from wizard.render.secrets import FILE as SECRETS
from wizard.render.secrets import Secrets
from wizard.render.values import values
from wizard.render.yaml_text import yaml_text
from wizard.setup.model import Setup

_VALUES_HEADER = """\
Values for the JupyterHub Helm chart, made by codehub from codehub.yaml.
Change the answers there, or add your own values to values.extra.yaml; secrets are in secrets.yaml.
"""

_EXTRA_VALUES = """\
# Your own values for the JupyterHub Helm chart. They are merged last and win; codehub never writes this file again.
# What there is to set: https://z2jh.jupyter.org/en/stable/resources/reference.html
#
# hub:
#   config:
#     JupyterHub:
#       admin_access: false
"""

_IGNORED = f"{SECRETS}\n.codehub/\n.*.tmp\n"
_IGNORED_ON_DOCKER = f"{compose.HUB_ENVIRONMENT}\n{compose.PROXY_ENVIRONMENT}\nbackup-*.tar.gz\n"


def render(setup: Setup, secrets: Secrets, local_files: Mapping[str, bytes] | None = None) -> dict[str, RenderedFile]:
    """Every file of the setup folder besides codehub.yaml, by its path there.

    `secrets` should be complete (`Secrets.complete`); `local_files` has the content of each of
    `wizard.render.local_files.local_paths`, KeyError where one is missing.
    """
    builds = image_builds(setup, local_files or {})
    ignored = _IGNORED + (_IGNORED_ON_DOCKER if setup.target.kind == "docker" else "")
    files: dict[str, RenderedFile] = {".gitignore": RenderedFile(ignored.encode(), lines=True)}
    if setup.target.kind == "kubernetes":
        files["config.yaml"] = _text(yaml_text(values(setup), comment=_VALUES_HEADER))
        files["values.extra.yaml"] = RenderedFile(_EXTRA_VALUES.encode(), once=True)
        files["deploy.sh"] = _text(deploy_script(setup, secrets), mode=0o755)
    if setup.target.kind == "docker":
        files |= _docker(setup, secrets)
    if secrets.text:
        files[SECRETS] = RenderedFile(secrets.text.encode(), mode=0o600, secret=True, merge=True)
    if builds:
        files["build.sh"] = _text(build_script(setup, builds), mode=0o755)
    for build in builds.values():
        files[build.dockerfile] = _text(build.text)
        for path, content in build.files.items():
            files[f"{build.context}/{path}"] = RenderedFile(content, mode=0o755 if content[:2] == b"#!" else 0o644)
    files["README.md"] = _text(readme(setup, builds, secrets))
    return files


def _docker(setup: Setup, secrets: Secrets) -> dict[str, RenderedFile]:
    """What one Docker host needs: the compose file, the hub's configuration, and their secrets beside them."""
    files = {
        compose.FILE: _text(compose.compose_text(compose.compose(setup))),
        compose.HUB_CONFIG: _text(docker_config(setup)),
        "deploy.sh": _text(docker_deploy_script(setup, secrets, SECRETS_VARIABLE), mode=0o755),
        "backup.sh": _text(volume_script(setup, "backup.sh"), mode=0o755),
        "restore.sh": _text(volume_script(setup, "restore.sh"), mode=0o755),
        compose.HUB_ENVIRONMENT: _secret(compose.hub_environment(secrets, SECRETS_VARIABLE)),
    }
    if setup.hub.proxy == "chp":
        files[compose.PROXY_ENVIRONMENT] = _secret(compose.proxy_environment(secrets))
    elif setup.target.docker.tls == "files":
        files[compose.TRAEFIK_TLS] = _text(yaml_text(compose.traefik_tls()))
    return files


def _secret(text: str) -> RenderedFile:
    return RenderedFile(text.encode(), mode=0o600, secret=True, merge=True)


def _text(text: str, *, mode: int = 0o644) -> RenderedFile:
    return RenderedFile(text.encode(), mode=mode)
