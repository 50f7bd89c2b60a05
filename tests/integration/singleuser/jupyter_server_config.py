# Upstream's way: Jupyter Server as the single-user server, code-server behind jupyter-server-proxy.
c = get_config()  # type: ignore[name-defined]  # noqa: F821  # Jupyter Server gives it
c.ServerProxy.servers = {
    "code": {
        "command": ["code-server", "--auth", "none", "--socket", "{unix_socket}"],
        "unix_socket": True,
        "absolute_url": False,
        "timeout": 60,
    }
}
c.ServerApp.tornado_settings = {"websocket_max_message_size": 2**28}
c.ServerApp.allow_root = True
