"""Exit 0 if the single-user server answers on its /healthz, 1 if not: the image's HEALTHCHECK."""

from __future__ import annotations

import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit


def health_url(service_url: str) -> str:
    """The address of /healthz for the hub's JUPYTERHUB_SERVICE_URL (http://0.0.0.0:8888/user/alice/)."""
    parts = urlsplit(service_url or "http://127.0.0.1:8888/")
    return f"{parts.scheme}://127.0.0.1:{parts.port or 8888}{parts.path.rstrip('/')}/healthz"


def tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    """For a hub with internal_ssl: the server wants the certificate that the hub gave it, and has no name to check."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if environ.get("JUPYTERHUB_SSL_CERTFILE"):
        context.load_cert_chain(environ["JUPYTERHUB_SSL_CERTFILE"], environ.get("JUPYTERHUB_SSL_KEYFILE"))
    return context


def main() -> int:
    """Ask once; 0 for an answer of 200 within four seconds."""
    # No proxy of the environment may stand between the container and itself.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls(os.environ))
    )
    try:
        with opener.open(health_url(os.environ.get("JUPYTERHUB_SERVICE_URL", "")), timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
