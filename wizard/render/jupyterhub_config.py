"""jupyterhub_config.py for a hub without Helm: the same settings as the chart gets, and where this hub's things are.

The file is Python that JupyterHub reads. What differs from target to target is data (`SETTINGS`), so that a test can
hold all targets against each other; secrets are not in it, they come from the environment of the hub's process.
"""

from __future__ import annotations

import pprint
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.assets import asset_text
from wizard.render import compose
from wizard.render.hub_settings import (
    HOME,
    SINGLEUSER_COMMAND,
    START_TIMEOUT,
    Settings,
    culling,
    hub_settings,
    singleuser_environment,
)
from wizard.render.secrets import VERIFY_SECRET
from wizard.setup.model import Setup
from wizard.tools.docker_host import PROJECT, USER
from wizard.tools.verify_hub import SCOPES, SERVICE

SECRETS_VARIABLE = "CODEHUB_HUB_SECRETS"
"""Environment variable with the secret settings as JSON, in the shape of SETTINGS; taken away once it is read."""

CULLER = "jupyterhub-idle-culler"
"""The name of the service that stops idle servers, and of its role."""

_HEAD = """\
# The configuration of JupyterHub, made by codehub from codehub.yaml: change the answers there.
import json
import os

from traitlets.config import Config

c = get_config()  # noqa: F821 - JupyterHub gives it
SETTINGS = {settings}
c.merge(Config(SETTINGS))
# Passwords and client secrets, which no file that is shown may hold.
c.merge(Config(json.loads(os.environ.pop("{variable}", "{{}}"))))
"""

_KEPT = (
    *("LANG", "LC_ALL", "TZ", "TERM", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
"""What editors get of the environment codehub is started in: language, clock, and the way to the network."""


@dataclass(frozen=True, kw_only=True)
class LocalPlace:
    """Where a hub of processes on this machine has its things.

    folder: its files, homes among them; port, hub_port, api_port: of the front door, the hub and the proxy's API, all
    on loopback; python, singleuser, proxy_command: programs, with absolute paths; environment: of every editor.
    """

    folder: str
    port: int
    hub_port: int
    api_port: int
    python: str
    singleuser: str
    proxy_command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


_ADDED = frozenset({"services", "load_roles"})


def merged(*parts: Settings) -> Settings:
    """Settings of several origins in one; a later trait wins, but services and roles are added."""
    result: Settings = {}
    for part in parts:
        for class_name, traits in part.items():
            known = result.setdefault(class_name, {})
            for trait, value in traits.items():
                # Services and roles of several origins stand beside each other.
                known[trait] = [*known.get(trait, []), *value] if trait in _ADDED else value
    return result


def common_settings(setup: Setup, python: str) -> Settings:
    """What holds for every hub that codehub configures itself. `python`: has the idle culler."""
    return merged(
        hub_settings(setup),
        {
            "Spawner": {
                "cmd": list(SINGLEUSER_COMMAND),
                "environment": singleuser_environment(setup),
                "start_timeout": START_TIMEOUT,
                "http_timeout": START_TIMEOUT,
            }
        },
        _services(setup, python),
    )


def local_settings(setup: Setup, place: LocalPlace) -> Settings:
    """The settings of a hub whose servers are processes of the person who started it."""
    folder = place.folder
    common = common_settings(setup, place.python)
    return merged(
        common,
        {
            "JupyterHub": {
                "bind_url": f"http://127.0.0.1:{place.port}",
                "hub_ip": "127.0.0.1",
                "hub_port": place.hub_port,
                "db_url": f"sqlite:///{folder}/jupyterhub.sqlite",
                "cookie_secret_file": f"{folder}/cookie_secret",
                "spawner_class": "simple",
                "cleanup_servers": True,
                "cleanup_proxy": True,
            },
            # A name is also the name of a home folder here: none may lead out of the folder of all homes.
            "Authenticator": {"username_pattern": r"[^./][^/]*"},
            "Spawner": {
                "cmd": [place.singleuser, *SINGLEUSER_COMMAND[1:]],
                "env_keep": list(_KEPT),
                # To ask after a process costs nothing, and who opens a server that ended is offered a new one sooner.
                "poll_interval": 5,
                "environment": {**common["Spawner"]["environment"], **place.environment},
            },
            "SimpleLocalProcessSpawner": {"home_dir_template": f"{_braces(folder)}/home/{{username}}"},
        },
        _local_proxy(setup, place),
    )


def local_config(setup: Setup, place: LocalPlace) -> str:
    """The text of jupyterhub_config.py for a hub of processes on this machine."""
    return _text(local_settings(setup, place), _proxy_class(setup), _login(setup), _verify_token(setup))


def docker_settings(setup: Setup) -> Settings:
    """The settings of a hub in a container, whose servers are containers of the same Docker engine."""
    called = compose.names(setup)
    resources = setup.hub.resources
    limits: dict[str, Any] = {}
    if resources.memory_limit:
        # Twice the limit would be had with swap, which is what Docker gives where nothing is said.
        limits |= {"memswap_limit": resources.memory_limit}
    if resources.memory_guarantee:
        limits |= {"mem_reservation": resources.memory_guarantee}
    spawner: dict[str, Any] = {
        "image": setup.notebook_reference,
        "pull_policy": "ifnotpresent" if setup.images.registry else "never",
        "prefix": called.editor_prefix,
        "remove": True,
        "use_internal_ip": True,
        "notebook_dir": "",
        "volumes": {f"{called.home_prefix}-{{username}}": HOME},
        "extra_create_kwargs": {"labels": {PROJECT: called.project, USER: "{raw_username}"}},
        "extra_host_config": {**limits, **_confined(setup), "pids_limit": _MOST_PROCESSES},
    }
    if resources.memory_limit:
        spawner["mem_limit"] = resources.memory_limit
    if resources.cpu_limit:
        spawner["cpu_limit"] = resources.cpu_limit
    return merged(
        common_settings(setup, "python3"),
        {
            "JupyterHub": {
                "bind_url": f"http://:{compose.FRONT_PORT}",
                "hub_bind_url": f"http://0.0.0.0:{compose.HUB_PORT}",
                "hub_connect_url": f"http://{compose.HUB}:{compose.HUB_PORT}",
                "db_url": f"sqlite:///{compose.HUB_DATA}/jupyterhub.sqlite",
                "cookie_secret_file": f"{compose.HUB_DATA}/cookie_secret",
                # People's containers and the proxy outlive the hub.
                "cleanup_servers": False,
                "cleanup_proxy": False,
                # How soon the hub tells a proxy that was started anew where everybody's editor is.
                "last_activity_interval": 15,
            },
            # People's containers know the hub by another name than the proxy does: on their network it has this one.
            "Spawner": {"hub_connect_url": f"http://{_HUB_FOR_EDITORS}:{compose.HUB_PORT}", "poll_interval": 15},
            "DockerSpawner": spawner,
            "SeparateDockerSpawner": {
                "project": called.project,
                "subnets": setup.target.docker.subnets,
                "peers": {called.hub: _HUB_FOR_EDITORS, called.proxy: ""},
            },
        },
        _docker_proxy(setup),
    )


def docker_config(setup: Setup) -> str:
    """The text of jupyterhub_config.py for a hub in a container."""
    pieces = (asset_text("hub/separate.py"), _proxy_class(setup), _login(setup), _verify_token(setup))
    return _text(docker_settings(setup), *pieces)


_HUB_FOR_EDITORS = "jupyterhub"
_MOST_PROCESSES = 4096
"""Of one editor and all that runs in it: a loop that forks does not take the machine down."""


def _confined(setup: Setup) -> dict[str, Any]:
    """What a container may not; one whose user may become root needs root's usual rights, but no raw packets."""
    if setup.code_server.sudo:
        return {"cap_drop": ["NET_RAW"]}
    return {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}


def _docker_proxy(setup: Setup) -> Settings:
    api = f"http://{compose.PROXY}:{compose.API_PORT}"
    if setup.hub.proxy == "chp":
        return {"ConfigurableHTTPProxy": {"should_start": False, "api_url": api}}
    return {
        "JupyterHub": {"proxy_class": "traefik_file"},
        "TraefikProxy": {
            "should_start": False,
            "traefik_api_url": api,
            "traefik_api_username": "jupyterhub",
            "traefik_entrypoint": "http",
        },
        "TraefikFileProviderProxy": {"dynamic_config_file": f"{compose.RULES_FOLDER}/rules.toml"},
    }


def _verify_token(setup: Setup) -> str:
    """The lines that give the service its token, which no file that is shown may hold."""
    if not setup.has_verify_service:
        return ""
    class_name, trait = VERIFY_SECRET
    return (
        f"for service in c.JupyterHub.services:\n"
        f'    if service["name"] == "{SERVICE}":\n'
        f'        service["api_token"] = c.{class_name}.{trait}\n'
    )


def _text(settings: Settings, *pieces: str) -> str:
    data = pprint.pformat(settings, width=118, sort_dicts=False)
    return "\n\n".join([_HEAD.format(settings=data, variable=SECRETS_VARIABLE), *filter(None, pieces)])


def _proxy_class(setup: Setup) -> str:
    return asset_text("hub/chp.py") if setup.hub.proxy == "chp" else ""


def _login(setup: Setup) -> str:
    return asset_text("hub/login.py") if setup.uses_oauth else ""


def _local_proxy(setup: Setup, place: LocalPlace) -> Settings:
    api, folder = f"http://127.0.0.1:{place.api_port}", place.folder
    if setup.hub.proxy == "chp":
        return {
            "ConfigurableHTTPProxy": {
                "command": list(place.proxy_command),
                "api_url": api,
                "pid_file": f"{folder}/proxy.pid",
            }
        }
    return {
        "JupyterHub": {"proxy_class": "traefik_file"},
        "TraefikProxy": {"traefik_api_url": api, "static_config_file": f"{folder}/traefik.toml"},
        "TraefikFileProviderProxy": {"dynamic_config_file": f"{folder}/rules.toml"},
    }


def _services(setup: Setup, python: str) -> Settings:
    """The hub's services with their roles: what stops idle servers, and what `codehub verify` uses."""
    services: list[dict[str, Any]] = []
    roles: list[dict[str, Any]] = []
    settings = culling(setup)
    if settings.enabled:
        times = [f"--timeout={settings.timeout}", f"--cull-every={settings.every}"]
        services.append({"name": CULLER, "command": [python, "-m", "jupyterhub_idle_culler", *times]})
        scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
        roles.append({"name": CULLER, "scopes": scopes, "services": [CULLER]})
    if setup.has_verify_service:
        services.append({"name": SERVICE})
        roles.append({"name": SERVICE, "scopes": list(SCOPES), "services": [SERVICE]})
    return {"JupyterHub": {"services": services, "load_roles": roles}} if services else {}


def _braces(path: str) -> str:
    """A path as `str.format` leaves it unchanged."""
    return path.replace("{", "{{").replace("}", "}}")
