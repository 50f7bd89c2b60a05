"""The docker CLI's own configuration: ~/.docker/config.json, or the one in DOCKER_CONFIG."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wizard.errors import MissingError
from wizard.foreign import load_json

if TYPE_CHECKING:
    from docker.api import APIClient
    from docker.auth import AuthConfig


def load() -> AuthConfig:
    """The credentials and helpers that the docker CLI knows; empty without a file, MissingError for a broken one.

    The docker SDK takes a file that is no JSON for an empty one, and falls over others.
    """
    from docker import auth
    from docker.errors import DockerException
    from docker.utils.config import find_config_file

    found = find_config_file()
    if found is None:
        return auth.AuthConfig({})
    path = Path(cast("str", found))
    # A missing credential helper is told as an error; the SDK's warning on top would tear a screen.
    warnings.filterwarnings("ignore", message="docker-credential-", category=UserWarning)
    try:
        data = load_json(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise TypeError("it is not a JSON object")
        config: AuthConfig = auth.load_config(config_dict=data)
        # Only asking shows whether the parts are of the right kind.
        config.get_credential_store("")
        config.auths.items()
    except (DockerException, OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise MissingError(
            f"The docker CLI's configuration {path} cannot be read.",
            why=_reason(error),
            fix="Mend the file, or move it away and run `docker login` again.",
            address="docker-config",
        ) from error
    return config


def client_parameters(environment: Mapping[str, str], timeout: float) -> dict[str, Any]:
    """What a DockerClient is made with, to reach the daemon that the docker CLI would reach with these variables.

    timeout: seconds without a byte after which a call fails.
    """
    from docker.context import ContextAPI
    from docker.tls import TLSConfig
    from docker.utils import kwargs_from_env
    from requests.utils import get_environ_proxies

    found: dict[str, Any] = {**kwargs_from_env(environment=dict(environment))}
    if "base_url" not in found:
        found = {**ContextAPI.kwargs_from_context(environment=environment), **found}
    given = found.get("tls")
    if isinstance(given, TLSConfig):
        proxies = get_environ_proxies(found["base_url"].replace("tcp://", "https://", 1))

        class OwnAuthority(TLSConfig):
            """Requests would let REQUESTS_CA_BUNDLE, which companies set, take the place of the daemon's own CA."""

            def configure_client(self, client: APIClient) -> None:
                super().configure_client(client)
                client.trust_env = False
                client.proxies = proxies

        found["tls"] = OwnAuthority(client_cert=given.cert, ca_cert=given.ca_cert, verify=given.verify)
    return {**found, "timeout": timeout}


def _reason(error: Exception) -> str:
    """What is wrong, never with the file's content, in which passwords may stand."""
    if isinstance(error, json.JSONDecodeError):
        return f"It is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}."
    if isinstance(error, OSError):
        return error.strerror or "It could not be opened."
    return "Its entries for registries (auths, credsStore, credHelpers) are not as the docker CLI writes them."
