"""Logging in to a cluster as kubectl does: by whatever the kubeconfig says.

kubernetes_asyncio takes a third of a second to import, which is done in a thread at the first connection.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

from wizard.errors import MissingError
from wizard.tools.kube_errors import credentials_refused

_LOGIN_TIMEOUT = 60.0
"""Seconds for a credential plug-in, which may open a browser."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


async def logged_in(context: str, kubeconfig: str, folder: str) -> Any:  # noqa: ANN401 - kubernetes_asyncio has no types
    """An ApiClient for a context (empty: the current one) of the kubeconfig files (joined by the path separator).

    folder: where keys that a plug-in hands out are written. Raises MissingError when there is no such context,
    CredentialsRefused when the credentials cannot be got.
    """
    client, config = await load_client()
    configuration = client.Configuration()
    # Like kubectl: CAs of home-made clusters seldom have all the extensions that Python 3.13 asks for.
    configuration.disable_strict_ssl_verification = True
    try:
        async with asyncio.timeout(_LOGIN_TIMEOUT):
            await config.load_kube_config(kubeconfig, context or None, configuration, temp_file_path=folder)
    except config.ConfigException as error:
        if "exec:" in str(error) or "oidc" in str(error):
            raise credentials_refused(str(error)) from error
        raise MissingError(
            f"The kube context {context or '(the current one)'} cannot be used.",
            why=str(error),
            fix="Choose one of those that `kubectl config get-contexts` lists.",
            address="cluster-context",
        ) from error
    except Exception as error:  # credential plug-ins raise anything
        raise credentials_refused(str(error) or type(error).__name__) from error
    api = client.ApiClient(configuration)
    if urlsplit(configuration.host).hostname in _LOOPBACK and not configuration.proxy:
        _without_proxy(api)
    return api


def _without_proxy(api: Any) -> None:  # noqa: ANN401
    """Kubectl never asks HTTPS_PROXY for a cluster on this machine; aiohttp would."""
    import aiohttp

    session = api.rest_client.pool_manager
    connector = session.connector
    session.detach()
    api.rest_client.pool_manager = aiohttp.ClientSession(connector=connector, trust_env=False, read_bufsize=2**21)


async def load_client() -> tuple[Any, Any]:
    """The client library's modules `client` and `config`, imported in a thread the first time."""
    return await asyncio.to_thread(_modules)


def _modules() -> tuple[Any, Any]:
    from kubernetes_asyncio import client, config

    # It logs failures that we raise and explain; without a handler they would go to the terminal.
    logging.getLogger("kubernetes_asyncio").addHandler(logging.NullHandler())
    return client, config
