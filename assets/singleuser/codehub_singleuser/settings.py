"""All settings, from flags and the environment; the hub's own JUPYTERHUB_* variables say the rest."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union
from urllib.parse import urlsplit

from codehub_singleuser import __version__
from codehub_singleuser.errors import BadSetting, Refused

# What a hub sets for each server it starts (jupyterhub/spawner.py, get_env); without any one of them the
# login could not be checked.
HUB_VARIABLES = (
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_CLIENT_ID",
    "JUPYTERHUB_SERVICE_PREFIX",
    "JUPYTERHUB_SERVICE_URL",
    "JUPYTERHUB_USER",
)
SCOPES = "JUPYTERHUB_OAUTH_ACCESS_SCOPES"
NO_HUB_PORT = 8888

Value = Union[str, float, int, bool]
Kind = Callable[[str], Value]


@dataclass(frozen=True)
class Hub:
    """What the hub told this server. address: of the interface to listen on, "" for all; prefix: no last slash."""

    user: str
    server_name: str
    prefix: str
    address: str
    port: int
    activity_url: str
    token: str = field(repr=False)
    tls_key: str = ""
    tls_certificate: str = ""
    tls_ca: str = ""


@dataclass(frozen=True)
class Settings:
    """How this server runs. Times are in seconds, sizes in bytes; hub is None only with --no-hub."""

    hub: Hub | None
    code_server: str
    folder: str
    extensions_dir: str
    user_data_dir: str
    ready_timeout: float
    stop_timeout: float
    activity_interval: float
    terminal_counts: bool
    login_cache: int
    hub_grace: float
    max_message_size: int
    keep_hub_environment: bool
    debug: bool
    no_hub_port: int = NO_HUB_PORT
    extra: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """The public path of this server without its last slash: "/user/alice", or "" without a hub."""
        return self.hub.prefix if self.hub else ""


def truth(text: str) -> bool:
    """A yes or no of the environment; raises ValueError for anything else."""
    word = text.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("is neither yes nor no")


def _whole(text: str) -> int:
    # HubOAuth takes 0 to mean that its answers never expire.
    number = int(text)
    if number < 1:
        raise ValueError("is not 1 or more")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError("is not above 0")
    return number


_OPTIONS: tuple[tuple[str, str, str, Kind, str], ...] = (
    # flag, variable, default, kind, help
    ("--code-server", "CODEHUB_CODE_SERVER", "code-server", str, "the program to run"),
    ("--folder", "CODEHUB_FOLDER", "", str, "the folder that the editor opens (default: the hub's notebook_dir, or ~)"),
    ("--extensions-dir", "CODEHUB_EXTENSIONS_DIR", "", str, "code-server's --extensions-dir"),
    ("--user-data-dir", "CODEHUB_USER_DATA_DIR", "", str, "code-server's --user-data-dir"),
    ("--ready-timeout", "CODEHUB_READY_TIMEOUT", "120", _positive, "seconds that code-server may take to answer"),
    ("--stop-timeout", "CODEHUB_STOP_TIMEOUT", "3", _positive, "seconds between asking code-server to end and killing"),
    ("--activity-interval", "CODEHUB_ACTIVITY_INTERVAL", "60", _positive, "seconds between two reports to the hub"),
    ("--login-cache", "CODEHUB_LOGIN_CACHE", "60", _whole,
     "seconds for which the hub's answer on a login is believed; a revoked token ends after that"),
    ("--hub-grace", "CODEHUB_HUB_GRACE", "300", _positive,
     "seconds for which a login stays good while the hub itself cannot be asked (it restarts)"),
    ("--max-message-size", "CODEHUB_MAX_MESSAGE_SIZE", "256", _positive, "largest websocket message, in MiB"),
    ("--port", "CODEHUB_PORT", str(NO_HUB_PORT), int, "port on loopback for --no-hub; a hub names its own"),
)  # fmt: skip
_SWITCHES = (
    ("--no-hub", "CODEHUB_NO_HUB",
     "serve without any login, on loopback only: for looking at an image, never for people"),
    ("--terminal-counts", "CODEHUB_TERMINAL_COUNTS", "a running terminal job or task counts as activity"),
    ("--keep-hub-environment", "CODEHUB_KEEP_HUB_ENVIRONMENT",
     "leave JUPYTERHUB_API_TOKEN and the like in the environment of the user's terminals"),
    ("--debug", "CODEHUB_DEBUG", "log more"),
)  # fmt: skip
_EPILOGUE = """\
Every flag has the variable in brackets; a flag wins. What stands after `--` goes to code-server.
In a hub it is the whole of c.Spawner.cmd = ["codehub-singleuser"] (chart: singleuser.cmd).
"""


def parser() -> argparse.ArgumentParser:
    """The command line; the defaults are filled in later, from the environment."""
    made = argparse.ArgumentParser(
        prog="codehub-singleuser",
        description="code-server behind a JupyterHub login: what the hub starts for each person.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for flag, variable, default, _, text in _OPTIONS:
        shown = f" (default: {default})" if default else ""
        made.add_argument(flag, metavar="VALUE", help=f"{text}{shown} [{variable}]")
    for flag, variable, text in _SWITCHES:
        made.add_argument(flag, action="store_const", const="1", help=f"{text} [{variable}=1]")
    # A hub with Spawner.disable_user_config adds this; there is no Jupyter configuration here to leave out.
    made.add_argument("--disable-user-config", action="store_true", help=argparse.SUPPRESS)
    made.add_argument("--version", action="version", version=f"codehub-singleuser {__version__}")
    return made


def _value(flag: str, variable: str, given: str | None, environ: Mapping[str, str], default: str, kind: Kind) -> Value:
    text = given if given is not None else environ.get(variable) or default
    try:
        return kind(text)
    except ValueError as problem:
        source = flag if given is not None else variable
        detail = str(problem) if str(problem).startswith("is ") else "is not a number"
        raise BadSetting(f"{source} is {text!r}, which {detail}.", fix=f"Correct {source}.") from None


def read_hub(environ: Mapping[str, str]) -> Hub:
    """What the hub said by its variables; raises Refused where one is missing, and names it."""
    missing = [name for name in HUB_VARIABLES if not environ.get(name)]
    scopes = environ.get(SCOPES) or environ.get("JUPYTERHUB_OAUTH_SCOPES") or ""
    try:
        named = json.loads(scopes or "[]")
    except ValueError:
        named = []
    if not (isinstance(named, list) and named):
        # HubOAuth takes no scopes at all to mean that every user of the hub may come in.
        missing.append(SCOPES)
    if missing:
        raise Refused(
            "No JupyterHub started this server, so nobody's login could be checked.",
            why=f"These are not set: {', '.join(missing)}.",
            fix='Let a hub start it (c.Spawner.cmd = ["codehub-singleuser"]); to look at the image alone, --no-hub.',
        )
    address = urlsplit(environ["JUPYTERHUB_SERVICE_URL"])
    try:
        port = address.port or {"http": 80, "https": 443}[address.scheme]
    except (KeyError, ValueError):
        raise BadSetting("JUPYTERHUB_SERVICE_URL is no address of a server.", fix="Ask the hub's admin.") from None
    return Hub(
        user=environ["JUPYTERHUB_USER"],
        server_name=environ.get("JUPYTERHUB_SERVER_NAME", ""),
        prefix=environ["JUPYTERHUB_SERVICE_PREFIX"].rstrip("/"),
        address=address.hostname or "",
        port=port,
        activity_url=environ.get("JUPYTERHUB_ACTIVITY_URL", ""),
        token=environ["JUPYTERHUB_API_TOKEN"],
        tls_key=environ.get("JUPYTERHUB_SSL_KEYFILE", ""),
        tls_certificate=environ.get("JUPYTERHUB_SSL_CERTFILE", ""),
        tls_ca=environ.get("JUPYTERHUB_SSL_CLIENT_CA", ""),
    )


def _folder(asked: str, environ: Mapping[str, str]) -> str:
    chosen = Path(asked or environ.get("JUPYTERHUB_ROOT_DIR") or "~").expanduser()
    return str(chosen if chosen.is_dir() else Path.home())


def read_settings(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> Settings:
    """All settings. Raises Refused (BadSetting among them) with the variable or flag and what to do.

    Leaves by SystemExit for --help, --version and unknown flags, as argparse does.
    """
    words = list(arguments)
    extra: tuple[str, ...] = ()
    if "--" in words:
        cut = words.index("--")
        words, extra = words[:cut], tuple(words[cut + 1 :])
    given = vars(parser().parse_args(words))
    values: dict[str, Any] = {}
    for flag, variable, default, kind, _ in _OPTIONS:
        key = flag[2:].replace("-", "_")
        values[key] = _value(flag, variable, given[key], environ, default, kind)
    for flag, variable, _ in _SWITCHES:
        key = flag[2:].replace("-", "_")
        values[key] = _value(flag, variable, given[key], environ, "", truth)
    no_hub = values.pop("no_hub")
    if no_hub and environ.get("JUPYTERHUB_API_TOKEN"):
        raise BadSetting(
            "--no-hub would open this person's editor to everyone.",
            why="A hub started this server: JUPYTERHUB_API_TOKEN is set.",
            fix="Remove --no-hub (or CODEHUB_NO_HUB) from the image, the spawner and the values.",
        )
    return Settings(
        hub=None if no_hub else read_hub(environ),
        folder=_folder(values.pop("folder"), environ),
        max_message_size=int(values.pop("max_message_size") * 2**20),
        keep_hub_environment=values.pop("keep_hub_environment"),
        no_hub_port=values.pop("port"),
        extra=extra,
        **values,
    )
