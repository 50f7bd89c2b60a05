"""Traefik in front of the editors, beside the hub in its pod (hub.extraConfig of the Helm chart)."""
# ruff: noqa: F821 - c and get_secret_value are the chart's

c.JupyterHub.proxy_class = "traefik_file"
c.JupyterHub.bind_url = "http://:8000"
# Traefik is a container of its own: it outlives the hub, and nothing is torn down when the hub stops.
c.TraefikFileProviderProxy.should_start = False
c.TraefikFileProviderProxy.dynamic_config_file = "/srv/traefik/rules.toml"
c.TraefikProxy.traefik_api_url = "http://127.0.0.1:8099"
c.TraefikProxy.traefik_api_username = "jupyterhub"
c.TraefikProxy.traefik_api_password = get_secret_value("hub.config.ConfigurableHTTPProxy.auth_token")
c.TraefikProxy.traefik_entrypoint = "http"
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
# Traefik finds the hub in its own pod, users' servers find it through the Service.
user_facing_hub = c.JupyterHub.hub_connect_url
c.JupyterHub.hub_connect_url = "http://127.0.0.1:8081"
c.Spawner.hub_connect_url = user_facing_hub
