"""`codehub pin` on a real registry and a real server of releases, and `codehub sbom` on a real image."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
import uuid
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import parts
from tests.support.program import Ended, codehub
from tests.support.registry import Registry, serve_registry
from wizard.render.buildargs import image_builds
from wizard.setup.store import load

pytestmark = [pytest.mark.tier("docker", "registry"), pytest.mark.timeout(300)]

_VERSION = "4.112.0"
_ARCHIVE = f"code-server-{_VERSION}-linux-amd64.tar.gz"


def docker(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.strip()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with serve_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a folder of releases, and the archive of one in it."""
    folder = tmp_path / "releases" / f"v{_VERSION}"
    folder.mkdir(parents=True)
    archive = folder / _ARCHIVE
    archive.write_bytes(b"the release")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "releases")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", archive
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def base(registry: Registry) -> Iterator[str]:
    """A base image's reference in the registry; `_push` changes what it means."""
    reference = f"{registry.address}/supply-{uuid.uuid4().hex[:8]}/base:1"
    _push(reference, "one")
    yield reference
    subprocess.run(["docker", "image", "rm", "--force", reference], capture_output=True, check=False, timeout=60)


def _push(reference: str, content: str) -> None:
    docker("build", "--tag", reference, "-", stdin=f"FROM {parts.BASE_IMAGE}\nLABEL content={content}\n")
    docker("push", "--quiet", reference)


def _setup(folder: Path, base: str, release_url: str) -> Path:
    settings = {
        "code_server.version": f"v{_VERSION}",
        "code_server.method": "release",
        "code_server.release_url": release_url,
        "images.notebook.base": base,
        "hub.auth.users": "alice",
    }
    flags = [word for field, value in settings.items() for word in ("--set", f"{field}={value}")]
    assert codehub("init", folder, *flags).code == 0
    return folder


def test_builds_use_just_what_was_pinned(tmp_path: Path, base: str, releases: tuple[str, Path]) -> None:
    address, archive = releases
    folder = _setup(tmp_path / "hub", base, address)

    def pin(*options: str) -> Ended:
        return codehub("pin", folder, *options, seconds=120)

    assert pin("--check").code == 1
    assert load(folder / "codehub.yaml").build.pins == {}
    first = pin()
    assert first.code == 0, first.err
    setup = load(folder / "codehub.yaml")
    digest = setup.build.pins[base]
    checksum = hashlib.sha256(b"the release").hexdigest()
    assert digest in docker("image", "inspect", "--format", "{{.RepoDigests}}", base)
    assert setup.code_server.checksum == checksum
    args = image_builds(setup, {})["notebook"].args
    assert (args["BASE_IMAGE"], args["RELEASE_SHA256"]) == (f"{base}@{digest}", checksum)
    assert docker("build", "--quiet", "-", stdin=f"FROM {args['BASE_IMAGE']}\n").startswith("sha256:")
    assert "codehub sbom" in first.out
    assert pin("--check").code == 0

    _push(base, "two")
    assert pin("--check").code == 1
    moved = pin()
    assert f"was {digest}" in moved.out
    assert load(folder / "codehub.yaml").build.pins[base] != digest

    archive.write_bytes(b"something else")
    pin().refused(1, f"The checksum of {_ARCHIVE} does not match.", checksum)
    assert load(folder / "codehub.yaml").code_server.checksum == checksum
    assert pin("--remove").code == 0
    package = b"Debian's package of it"
    (archive.parent / f"code-server_{_VERSION}_amd64.deb").write_bytes(package)
    assert codehub("init", folder, "--set", "build.args={RELEASE_FORMAT: deb}").code == 0
    assert pin().code == 0
    assert load(folder / "codehub.yaml").code_server.checksum == hashlib.sha256(package).hexdigest()
    assert pin("--remove").code == 0
    assert load(folder / "codehub.yaml").build.pins == {}
    assert load(folder / "codehub.yaml").code_server.checksum == ""


def test_what_is_not_there_is_said_and_nothing_is_written(
    tmp_path: Path, registry: Registry, releases: tuple[str, Path]
) -> None:
    folder = _setup(tmp_path / "hub", f"{registry.address}/nobody/base:1", releases[0])
    before = (folder / "codehub.yaml").read_bytes()
    codehub("pin", folder, seconds=120).refused(1, "nobody/base:1, the base of the notebook image")
    assert (folder / "codehub.yaml").read_bytes() == before


def test_a_bill_lists_what_an_image_has(tmp_path: Path, registry: Registry) -> None:
    name = f"supply-{uuid.uuid4().hex[:8]}"
    files = {
        "/a/node_modules/left/package.json": '{"name":"left","version":"1.3.0","license":"WTFPL"}',
        "/v/x-1.dist-info/METADATA": "Name: x\\nVersion: 1\\nLicense: MIT\\n",
        "/var/lib/dpkg/status": "Package: d\\nStatus: install ok installed\\nVersion: 2\\n\\n",
    }
    writes = [f"mkdir -p {Path(path).parent} && printf '{text}' >{path}" for path, text in files.items()]
    lines = (f"FROM {parts.BASE_IMAGE}", f"RUN {' && '.join(writes)}")
    docker("build", "--tag", f"{name}:1.0.0", "-", stdin="\n".join(lines))
    try:
        assert codehub("init", tmp_path / "hub", "--set", f"images.notebook.name={name}", "--yes").code == 0
        done = codehub("sbom", tmp_path / "hub", "--output", tmp_path / "bills", seconds=120)
        assert done.code == 0, done.err
        assert "WTFPL" in done.out
        document = json.loads((tmp_path / "bills" / "notebook.cdx.json").read_text("utf-8"))
        assert document["bomFormat"] == "CycloneDX"
        found = {one["name"]: one["version"] for one in document["components"]}
        assert {"left": "1.3.0", "x": "1", "d": "2"}.items() <= found.items()
        assert docker("ps", "--all", "--quiet", "--filter", f"ancestor={name}:1.0.0") == ""
    finally:
        docker("image", "rm", "--force", f"{name}:1.0.0")
    codehub("sbom", tmp_path / "hub", seconds=60).refused(1, f"The Docker daemon does not have {name}:1.0.0.")
