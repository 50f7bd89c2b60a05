"""The catalogue against the real parts: the npm client and its registry, a git daemon, an image registry."""

import base64
import hashlib
import json
import os
import shutil
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import free_port, port_answers, running, wait_until
from tests.support.registry import serve_registry
from tests.unit.catalog import loopback
from wizard.catalog.live import Catalog
from wizard.catalog.sources import Sources


@pytest.mark.tier("network")
def test_the_real_npm_lists_code_server(tmp_path: Path) -> None:
    """Whatever registry, proxy and CA the user's npm is set up with is what the catalogue uses."""
    if shutil.which("npm") is None:
        pytest.skip("missing: npm on the PATH (install Node)")
    listing = Catalog(Sources(), tmp_path).listing("npm", wait=60)
    assert listing.source == "live", listing.note
    by_version = {tag.version: tag for tag in listing.items}
    assert by_version["4.133.0"].tag == "v4.133.0"
    assert by_version["4.133.0"].node == "24.18.0"
    assert by_version["4.139.1"].node_major == 24
    assert not any("-" in version and "-rc." not in version for version in by_version)
    orders = [tag.order for tag in listing.items]
    assert orders == sorted(orders, reverse=True)
    again = Catalog(Sources(), tmp_path)
    started = time.monotonic()
    assert again.listing("npm").items == listing.items
    assert time.monotonic() - started < 1


@pytest.mark.tier("git")
def test_tags_over_the_git_protocol(tmp_path: Path) -> None:
    folder = loopback.make_repository(tmp_path / "code-server", {"v4.133.0": {}, "v4.998.0": {}})
    port = free_port()
    daemon = ["git", "daemon", "--reuseaddr", "--export-all", f"--base-path={tmp_path}", "--listen=127.0.0.1"]
    with running([*daemon, f"--port={port}", str(folder)], log=tmp_path / "daemon.log"):
        wait_until(lambda: port_answers(port), "the git daemon")
        sources = Sources(code_server_git=f"git://127.0.0.1:{port}/code-server", npm_registry="http://127.0.0.1:9/")
        listing = Catalog(sources, tmp_path / "cache").listing("code-server", wait=30)
    assert [tag.tag for tag in listing.items] == ["v4.998.0", "v4.133.0"], listing.note
    assert (listing.source, listing.note) == ("live", "")


def _push(address: str, name: str, tag: str, login: str = "") -> None:
    """Put an empty artifact with this tag into a registry, by its HTTP interface alone."""

    def ask(method: str, path: str, data: bytes, kind: str) -> str:
        url = path if "://" in path else f"http://{address}{path}"
        headers = {"Content-Type": kind} | ({"Authorization": login} if login else {})
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.headers.get("Location", ""))

    blob = b"{}"
    digest = "sha256:" + hashlib.sha256(blob).hexdigest()
    where = ask("POST", f"/v2/{name}/blobs/uploads/", b"", "application/octet-stream")
    ask("PUT", f"{where}{'&' if '?' in where else '?'}digest={digest}", blob, "application/octet-stream")
    config = {"mediaType": "application/vnd.cncf.helm.config.v1+json", "size": len(blob), "digest": digest}
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    ask("PUT", f"/v2/{name}/manifests/{tag}", json.dumps(manifest).encode(), kind)


@pytest.mark.tier("registry")
def test_tags_of_a_real_registry(tmp_path: Path) -> None:
    with serve_registry(tmp_path / "registry") as registry:
        for tag in ("4.4.0", "4.91.0", "latest"):
            _push(registry.address, "acme/jupyterhub", tag)
        catalog = Catalog(Sources(), tmp_path / "cache")
        charts = catalog.listing("chart", wait=30, address=f"oci://{registry.address}/acme/jupyterhub")
        images = catalog.listing("image", wait=30, address=f"{registry.address}/acme/jupyterhub")
        nothing = catalog.listing("image", wait=30, address=f"{registry.address}/acme/none")
    assert [release.version for release in charts.items] == ["4.91.0", "4.4.0"], charts.note
    assert set(images.items) == {"4.4.0", "4.91.0", "latest"}
    assert (nothing.items, nothing.source) == ((), "bundled")
    assert "has no repository acme/none" in nothing.note


@pytest.mark.tier("registry")
def test_a_real_registry_that_asks_for_a_login(tmp_path: Path) -> None:
    htpasswd = tmp_path / "htpasswd"
    htpasswd.write_text("me:$2b$05$fQgu2BP3lQABRtlkibHmi.XNkMwU5ACecaTgF.PiaPt5NoCroYnr6\n", encoding="utf-8")
    login = base64.b64encode(b"me:secret").decode()
    with serve_registry(tmp_path / "registry", htpasswd=htpasswd) as registry:
        _push(registry.address, "acme/editor", "4.133.0", f"Basic {login}")
        address = f"{registry.address}/acme/editor"
        refused = Catalog(Sources(), tmp_path / "cache").listing("image", wait=30, address=address)
        assert f"docker login {registry.address}" in refused.note
        config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
        config.write_text(json.dumps({"auths": {registry.address: {"auth": login}}}), encoding="utf-8")
        listing = Catalog(Sources(), tmp_path / "cache").listing("image", wait=30, address=address)
    assert listing.items == ("4.133.0",), listing.note
    cached = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "cache").iterdir())
    assert "secret" not in cached
    assert login not in cached
