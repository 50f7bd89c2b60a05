"""The environment of code-server, and with it of the user's terminals, extensions and programs."""

from __future__ import annotations

from collections.abc import Mapping

# What a person's programs may want to know, none of it secret: a web app behind /proxy needs the prefix.
PUBLIC = frozenset(
    [
        "JUPYTERHUB_BASE_URL",
        "JUPYTERHUB_HOST",
        "JUPYTERHUB_PUBLIC_HUB_URL",
        "JUPYTERHUB_PUBLIC_URL",
        "JUPYTERHUB_SERVER_NAME",
        "JUPYTERHUB_SERVICE_PREFIX",
        "JUPYTERHUB_USER",
    ]
)
# Of other parts of the hub, should they ever be in a user's environment, and of code-server: PASSWORD is read
# by it even with --auth none in some versions, and a VSCODE_IPC_HOOK_CLI makes it talk to another editor.
_DROPPED = frozenset(
    [
        "CONFIGPROXY_AUTH_TOKEN",
        "HASHED_PASSWORD",
        "JPY_API_TOKEN",
        "PASSWORD",
        "PORT",
        "VSCODE_IPC_HOOK_CLI",
        "CODE_SERVER_CONFIG",
        "CODE_SERVER_HOST",
        "CODE_SERVER_SESSION_SOCKET",
        "CODE_SERVER_IDLE_TIMEOUT_SECONDS",
        "CODE_SERVER_SOCKET_FD",
    ]
)
ACTIVITY_FOLDER = "CODEHUB_ACTIVITY_FOLDER"


def for_editor(environ: Mapping[str, str], *, activity_folder: str, keep_hub: bool = False) -> dict[str, str]:
    """The environment that code-server is started with.

    Of JUPYTERHUB_* only what is public stays. The token, the OAuth client and the certificates do not: whatever
    prints its environment (a shell, a crash report, an extension) would carry them out. `keep_hub` keeps them
    for people whose notebooks or scripts talk to the hub's API as themselves. This is hygiene, no wall: a
    process of the same user can read the token from the environment of this server or of the container's init.
    The token can do no more than act for this one server.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _DROPPED and (keep_hub or not name.startswith("JUPYTERHUB_") or name in PUBLIC)
    }
    kept[ACTIVITY_FOLDER] = activity_folder
    return kept
