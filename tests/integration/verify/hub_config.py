# The rig's hub, whose default server is what RIG_SERVER says: its own guarded one, the stock proxy, or one that ends.
import json
import os
from typing import Any

load_subconfig(os.environ["RIG_CONFIG"])  # type: ignore[name-defined]  # noqa: F821  # JupyterHub gives it
c = get_config()  # type: ignore[name-defined]  # noqa: F821
rig = json.loads(os.environ["RIG"])
commands = {"stock": rig["stock"]["stock"], "ends": ["false"]}
prepare = c.Spawner.pre_spawn_hook


def choose(spawner: Any) -> None:
    """The command of RIG_SERVER."""
    prepare(spawner)
    spawner.cmd = commands.get(os.environ["RIG_SERVER"], spawner.cmd)


c.Spawner.pre_spawn_hook = choose
c.JupyterHub.load_roles[0]["scopes"] = json.loads(os.environ["RIG_SCOPES"])
