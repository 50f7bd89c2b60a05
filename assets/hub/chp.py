"""The chart's own proxy without its count of traffic (hub.extraConfig of the Helm chart, jupyterhub_config.py).

The hub takes the time of a route's last traffic for a sign of use. An open editor sends more than a frame a second
whether or not anybody is there, so its server would never be idle. The single-user server tells the hub itself when
a person last used it.
"""

from typing import Any

from jupyterhub.proxy import ConfigurableHTTPProxy


class QuietConfigurableHTTPProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """Configured as ConfigurableHTTPProxy is; only what the hub hears of traffic is left out."""

    async def get_all_routes(self, *args: object) -> dict[str, dict[str, Any]]:
        routes: dict[str, dict[str, Any]] = await super().get_all_routes(*args)  # JupyterHub 5 gives its client along
        for route in routes.values():
            route["data"].pop("last_activity", None)
        return routes


c.JupyterHub.proxy_class = QuietConfigurableHTTPProxy  # noqa: F821 - c is JupyterHub's
