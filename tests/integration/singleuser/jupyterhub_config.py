# The hub of these tests, told by RIG what it should be. A server named "stock" runs the stock standalone proxy, one
# named "upstream" Jupyter Server with jupyter-server-proxy: what the tests demand of ours must be seen to fail there.
import json
import os
import sys
from pathlib import Path
from typing import Any

from jupyterhub.utils import random_port

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # JupyterHub gives it
rig = json.loads(os.environ["RIG"])
folder = Path(rig["folder"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{rig['port']}"
c.JupyterHub.hub_port = rig["hub_port"]
c.JupyterHub.db_url = f"sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {"alice", "bob"}
c.Authenticator.admin_users = {"admin"}
c.JupyterHub.allow_named_servers = True
c.JupyterHub.cleanup_servers = False
c.JupyterHub.activity_resolution = 1
c.JupyterHub.last_activity_interval = 2
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")

if rig["proxy"] == "traefik":
    c.JupyterHub.proxy_class = "traefik_file"
    c.JupyterHub.cleanup_proxy = False
    c.TraefikFileProviderProxy.should_start = False
    c.TraefikFileProviderProxy.dynamic_config_file = str(folder / "rules.toml")
    c.TraefikProxy.traefik_api_url = f"http://127.0.0.1:{rig['api_port']}"
    c.TraefikProxy.traefik_api_username = "jupyterhub"
    c.TraefikProxy.traefik_api_password = rig["secret"]
    c.TraefikProxy.traefik_entrypoint = "http"
else:
    exec(Path(rig["chp_config"]).read_text())  # what the chart gets as hub.extraConfig
    c.ConfigurableHTTPProxy.command = rig["chp"]
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{rig['api_port']}"

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "home" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "codehub_singleuser"]
c.Spawner.environment = rig["environment"]
c.Spawner.env_keep = ["PATH", "LANG"]
c.Spawner.http_timeout = 60
c.Spawner.poll_interval = 2


def prepare(spawner: Any) -> None:
    """A port that the test can know, and another command for the servers that are there to compare."""
    spawner.port = random_port()
    (folder / f"{spawner.user.name}-{spawner.name}.port").write_text(str(spawner.port))
    spawner.cmd = rig["stock"].get(spawner.name, spawner.cmd)


c.Spawner.pre_spawn_hook = prepare

c.JupyterHub.services = [{"name": "tests", "api_token": rig["token"]}]
c.JupyterHub.load_roles = [
    {
        "name": "tests",
        "scopes": ["admin:users", "admin:servers", "tokens", "access:servers", "list:users"],
        "services": ["tests"],
    }
]
if rig["cull_after"]:
    c.JupyterHub.services.append(
        {
            "name": "culler",
            "command": [
                sys.executable, "-m", "jupyterhub_idle_culler", "--cull-every=2", f"--timeout={rig['cull_after']}",
            ],
        }
    )  # fmt: skip
    c.JupyterHub.load_roles.append(
        {
            "name": "culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["culler"],
        }
    )
