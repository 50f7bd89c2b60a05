"""A Helm repository on loopback with the test chart under several versions."""

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import parts

CHART = parts.ROOT / "tests" / "charts" / "jupyterhub"
VERSIONS = {"3.3.8": ("4.1.6", "1.23"), "4.0.0": ("5.2.1", "1.28"), "4.4.0": ("5.5.0", "1.28")}
"""Chart version -> JupyterHub, oldest Kubernetes: as the real ones have them."""


def make_chart(folder: Path, version: str) -> Path:
    """A copy of the test chart that says it is another version."""
    jupyterhub, kubernetes = VERSIONS[version]
    shutil.copytree(CHART, folder / version / "jupyterhub")
    about = folder / version / "jupyterhub" / "Chart.yaml"
    text = about.read_text()
    for key, value in (("version", version), ("appVersion", jupyterhub), ("kubeVersion", f">={kubernetes}.0-0")):
        text, count = re.subn(rf"(?m)^{key}: .*$", f'{key}: "{value}"', text)
        assert count == 1
    about.write_text(text)
    values = about.with_name("values.yaml")
    values.write_text(values.read_text().replace('k8s-hub, tag: "4.4.0"', f'k8s-hub, tag: "{version}"'))
    if version < "4.3":
        _allow_any_section(about.parent / "values.schema.json")
    return about.parent


def _allow_any_section(path: Path) -> None:
    """Before 4.3 sections of hub.config could have any name."""
    schema = json.loads(path.read_text())
    schema["properties"]["hub"]["properties"]["config"]["additionalProperties"] = True
    path.write_text(json.dumps(schema))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass


@contextmanager
def chart_repository(folder: Path, helm: Path) -> Iterator[str]:
    """Serve the charts of VERSIONS; gives the repository's address."""
    packages = folder / "packages"
    packages.mkdir(parents=True)
    for version in VERSIONS:
        chart = make_chart(folder, version)
        subprocess.run([helm, "package", chart, "--destination", packages], check=True, capture_output=True)
    subprocess.run([helm, "repo", "index", packages], check=True, capture_output=True)
    handler = functools.partial(_Quiet, directory=str(packages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
