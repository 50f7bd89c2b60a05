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
from wizard.render.hub_settings import (
    SINGLEUSER_COMMAND,
    START_TIMEOUT,
    Settings,
    culling,
    hub_settings,
    singleuser_environment,
)
from wizard.setup.model import Setup

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


def merged(*parts: Settings) -> Settings:
    """Settings of several origins in one; a later trait wins."""
    result: Settings = {}
    for part in parts:
        for class_name, traits in part.items():
            result[class_name] = {**result.get(class_name, {}), **traits}
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
        _culler(setup, python),
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
                "environment": {**common["Spawner"]["environment"], **place.environment},
            },
            "SimpleLocalProcessSpawner": {"home_dir_template": f"{_braces(folder)}/home/{{username}}"},
        },
        _local_proxy(setup, place),
    )


def local_config(setup: Setup, place: LocalPlace) -> str:
    """The text of jupyterhub_config.py for a hub of processes on this machine."""
    return _text(local_settings(setup, place), _proxy_class(setup))


def _text(settings: Settings, *pieces: str) -> str:
    data = pprint.pformat(settings, width=118, sort_dicts=False)
    return "\n\n".join([_HEAD.format(settings=data, variable=SECRETS_VARIABLE), *filter(None, pieces)])


def _proxy_class(setup: Setup) -> str:
    return asset_text("hub/chp.py") if setup.hub.proxy == "chp" else ""


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


def _culler(setup: Setup, python: str) -> Settings:
    settings = culling(setup)
    if not settings.enabled:
        return {}
    times = [f"--timeout={settings.timeout}", f"--cull-every={settings.every}"]
    command = [python, "-m", "jupyterhub_idle_culler", *times]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    hub: dict[str, Any] = {
        "services": [{"name": CULLER, "command": command}],
        "load_roles": [{"name": CULLER, "scopes": scopes, "services": [CULLER]}],
    }
    return {"JupyterHub": hub}


def _braces(path: str) -> str:
    """A path as `str.format` leaves it unchanged."""
    return path.replace("{", "{{").replace("}", "}}")
