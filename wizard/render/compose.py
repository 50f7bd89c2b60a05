"""compose.yaml: JupyterHub on one Docker host as data, which `docker compose up` takes and codehub applies itself.

Two containers of the hub image, and a network for the two alone: the proxy is not the hub's child, so that people
stay connected while the hub restarts. The Docker socket is mounted into the hub and nowhere else. Neither may pass
packets on, for both are on the network of every running editor (assets/hub/separate.py makes those networks).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from wizard.errors import UsageError
from wizard.foreign import load_yaml
from wizard.render import traefik
from wizard.render.secrets import PROXY_SECRETS, Secrets
from wizard.render.yaml_text import yaml_text
from wizard.setup.model import Setup
from wizard.tools.docker_host import PROJECT

FILE = "compose.yaml"
HUB_CONFIG = "jupyterhub_config.py"
HUB_ENVIRONMENT = "hub.env"
PROXY_ENVIRONMENT = "proxy.env"
TRAEFIK_TLS = "traefik-tls.yaml"

HUB, PROXY = "hub", "proxy"
"""The services, and their names on the network that the two share."""

SOCKET = "/var/run/docker.sock"
HUB_PORT, API_PORT, FRONT_PORT, REDIRECT_PORT = 8081, 8001, 8000, 8080
"""Ports inside the containers: the hub's, the proxy's API, the front door, and the way from http to https."""

HUB_DATA = "/srv/jupyterhub/data"
RULES_FOLDER = traefik.FOLDER
_ACME_FOLDER = "/srv/acme"
_TLS_FOLDER = "/srv/tls"

_HEADER = """\
JupyterHub on one Docker host, made by codehub from codehub.yaml: change the answers there.
It works without codehub: ./build.sh builds the images, ./deploy.sh makes the secrets and starts the hub.
"""


@dataclass(frozen=True)
class Names:
    """What belongs to a project is called by these names."""

    project: str

    @property
    def hub(self) -> str:
        """The hub's container."""
        return f"{self.project}-hub"

    @property
    def proxy(self) -> str:
        """The proxy's container."""
        return f"{self.project}-proxy"

    @property
    def hub_data(self) -> str:
        """The volume with the hub's database."""
        return f"{self.project}-hub-data"

    @property
    def proxy_data(self) -> str:
        """The volume with Traefik's rules."""
        return f"{self.project}-proxy-data"

    @property
    def certificates(self) -> str:
        """The volume with the certificates that Traefik got."""
        return f"{self.project}-certificates"

    @property
    def editor_prefix(self) -> str:
        """What the containers and networks of editors begin with; the user's name follows."""
        return f"{self.project}-user"

    @property
    def home_prefix(self) -> str:
        """What the volumes of homes begin with; the user's name follows."""
        return f"{self.project}-home"


def names(setup: Setup) -> Names:
    """The names of a setup's project."""
    return Names(setup.target.docker.name)


def front_address(setup: Setup) -> str:
    """The address of this machine that the port is opened on."""
    return setup.target.docker.address or ("0.0.0.0" if setup.target.expose.host else "127.0.0.1")  # noqa: S104


def compose(setup: Setup) -> dict[str, Any]:
    """The document, without secrets, for a Setup whose target is Docker."""
    called = names(setup)
    labels = {PROJECT: called.project}
    volumes = {"hub-data": called.hub_data}
    if setup.hub.proxy == "traefik":
        volumes["proxy-data"] = called.proxy_data
    if setup.target.docker.tls == "letsencrypt":
        volumes["certificates"] = called.certificates
    return {
        "name": called.project,
        "services": {PROXY: _proxy(setup), HUB: _hub(setup)},
        "networks": {"default": {"name": called.project, "labels": labels}},
        "volumes": {key: {"name": name, "labels": labels} for key, name in volumes.items()},
    }


def compose_text(document: Mapping[str, Any]) -> str:
    """The text of compose.yaml; compose reads a dollar sign as two."""
    return yaml_text(_replaced(document, "$", "$$"), comment=_HEADER)


def parse(text: str) -> dict[str, Any]:
    """The document in the text of a compose.yaml; raises UsageError when it is none."""
    try:
        document = load_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = f"It is not YAML at line {mark.line + 1}." if mark else "It is not YAML."
        raise UsageError(f"{FILE} cannot be read.", why=why, fix="Mend it, or remove it and apply again.") from error
    if not isinstance(document, dict) or not isinstance(document.get("services"), dict):
        raise UsageError(f"{FILE} cannot be read.", why="It has no services.", fix="Remove it and apply again.")
    result: dict[str, Any] = _replaced(document, "$$", "$")
    return result


def _replaced(value: Any, old: str, new: str) -> Any:  # noqa: ANN401 - whatever YAML holds
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, Mapping):
        return {key: _replaced(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    return value


def _common(setup: Setup, container: str) -> dict[str, Any]:
    return {
        "image": setup.hub_reference,
        "container_name": container,
        "init": True,
        # Not unless-stopped: a daemon that crashed stops, as it starts again, what went on meanwhile, and takes that
        # for a person's wish (https://github.com/moby/moby/issues/41302).
        "restart": "always",
        # Root of the container without any of root's rights: it may open the files and sockets that root owns.
        "user": "0:0",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        # On the network of every editor, and no way from one to another.
        "sysctls": {"net.ipv4.ip_forward": "0"},
        "labels": {PROJECT: setup.target.docker.name},
    }


def _hub(setup: Setup) -> dict[str, Any]:
    mounts = [
        f"./{HUB_CONFIG}:/srv/jupyterhub/{HUB_CONFIG}:ro",
        f"hub-data:{HUB_DATA}",
        f"{SOCKET}:{SOCKET}",
    ]
    if setup.hub.proxy == "traefik":
        mounts.append(f"proxy-data:{RULES_FOLDER}")
    return {
        **_common(setup, names(setup).hub),
        "command": ["jupyterhub", "--config", f"/srv/jupyterhub/{HUB_CONFIG}"],
        "env_file": [HUB_ENVIRONMENT],
        "volumes": mounts,
        "networks": {"default": {"aliases": [HUB]}},
        "depends_on": [PROXY],
    }


def _proxy(setup: Setup) -> dict[str, Any]:
    docker = setup.target.docker
    service: dict[str, Any] = {
        **_common(setup, names(setup).proxy),
        "command": _traefik(setup) if setup.hub.proxy == "traefik" else _chp(setup),
        "ports": _ports(setup),
        "networks": {"default": {"aliases": [PROXY]}},
    }
    mounts = [f"proxy-data:{RULES_FOLDER}"] if setup.hub.proxy == "traefik" else []
    if docker.tls == "letsencrypt":
        mounts.append(f"certificates:{_ACME_FOLDER}")
    if docker.tls == "files":
        # A key that only its owner may read is not root's, perhaps.
        service["cap_add"] = ["DAC_OVERRIDE"]
        mounts.append(f"{_bind(docker.certificate)}:{_TLS_FOLDER}/certificate.pem:ro")
        mounts.append(f"{_bind(docker.key)}:{_TLS_FOLDER}/key.pem:ro")
        if setup.hub.proxy == "traefik":
            mounts.append(f"./{TRAEFIK_TLS}:{RULES_FOLDER}/tls.yaml:ro")
    if setup.hub.proxy == "chp":
        service["env_file"] = [PROXY_ENVIRONMENT]
    return {**service, "volumes": mounts} if mounts else service


def _bind(path: str) -> str:
    """A path as compose reads it: one that does not begin with / . or ~ would be taken for a volume's name."""
    return path if path.startswith(("/", ".", "~")) else f"./{path}"


def _ports(setup: Setup) -> list[str]:
    docker, address = setup.target.docker, front_address(setup)
    shown = f"[{address}]" if ":" in address else address
    ports = [f"{shown}:{setup.target.expose.port}:{FRONT_PORT}"]
    if docker.tls != "none" and docker.redirect_port:
        ports.append(f"{shown}:{docker.redirect_port}:{REDIRECT_PORT}")
    return ports


def _chp(setup: Setup) -> list[str]:
    docker = setup.target.docker
    command = ["configurable-http-proxy", "--ip=0.0.0.0", f"--port={FRONT_PORT}"]
    # On the network that it shares with the hub alone: editors do not reach it.
    command += [f"--api-ip={PROXY}", f"--api-port={API_PORT}", f"--error-target=http://{HUB}:{HUB_PORT}/hub/error"]
    if docker.tls != "none":
        command += [f"--ssl-cert={_TLS_FOLDER}/certificate.pem", f"--ssl-key={_TLS_FOLDER}/key.pem"]
        if docker.redirect_port:
            command += [f"--redirect-port={REDIRECT_PORT}", f"--redirect-to={setup.target.expose.port}"]
    return command


def _traefik(setup: Setup) -> list[str]:
    docker, host = setup.target.docker, setup.target.expose.host
    more: list[str] = []
    if docker.tls != "none":
        more.append("--entrypoints.http.http.tls=true")
    if docker.tls == "letsencrypt":
        acme = "--certificatesresolvers.acme.acme"
        more += [f"{acme}.tlschallenge=true", f"{acme}.storage={_ACME_FOLDER}/acme.json"]
        more += [f"{acme}.email={docker.email}"] if docker.email else []
        more += [f"{acme}.caserver={docker.acme_server}"] if docker.acme_server else []
        more += ["--entrypoints.http.http.tls.certresolver=acme", f"--entrypoints.http.http.tls.domains[0].main={host}"]
    if docker.tls != "none" and docker.redirect_port:
        to = "--entrypoints.redirect.http.redirections.entrypoint"
        more += [f"--entrypoints.redirect.address=:{REDIRECT_PORT}", f"{to}.to=:{setup.target.expose.port}"]
        more.append(f"{to}.scheme=https")
    return traefik.command(f"{PROXY}:{API_PORT}", more, folder=True)


def traefik_tls() -> dict[str, Any]:
    """traefik-tls.yaml: where Traefik finds the person's own certificate."""
    files = {"certFile": f"{_TLS_FOLDER}/certificate.pem", "keyFile": f"{_TLS_FOLDER}/key.pem"}
    return {"tls": {"certificates": [files], "stores": {"default": {"defaultCertificate": files}}}}


ENVIRONMENT_HEAD = "# Made by codehub from secrets.yaml: change them there. Do not commit this file.\n"
_ACTED_ON = re.compile(r'[^A-Za-z0-9{}\[\]":,._/+\\-]')


def hub_environment(secrets: Secrets, variable: str) -> str:
    """hub.env: the secret settings in one variable, as JSON without anything that a reader of such files acts on."""
    text = json.dumps(secrets.config, separators=(",", ":"), ensure_ascii=True)
    escaped = _ACTED_ON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return f"{ENVIRONMENT_HEAD}{variable}={escaped}\n"


def proxy_environment(secrets: Secrets) -> str:
    """proxy.env: what the proxy's API is guarded by."""
    class_name, trait = PROXY_SECRETS["chp"]
    return f"{ENVIRONMENT_HEAD}CONFIGPROXY_AUTH_TOKEN={secrets.config.get(class_name, {}).get(trait, '')}\n"
