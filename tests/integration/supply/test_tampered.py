"""A download of which one byte was changed on its way ends the build, and the message says that."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import uuid
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.integration.images.building import answers, build
from tests.integration.images.serving import serve_files
from tests.support.registry import Registry
from wizard.errors import StepFailed
from wizard.tools.build_causes import explain

_TYPE = "application/vnd.docker."


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def package(name: str, text: bytes) -> bytes:
    """A .tar.gz with one file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return gzip.compress(packed.getvalue(), mtime=0)


def one_byte_changed(data: bytes) -> bytes:
    """Still a .tar.gz, of another content: only who compares hashes sees it."""
    content = bytearray(gzip.decompress(data))
    content[content.index(b"1.0.0")] ^= 2
    return gzip.compress(bytes(content), mtime=0)


def upload(registry: Registry, name: str) -> tuple[str, str]:
    """An image of one layer that no daemon has seen before; the digests of its manifest and its configuration."""

    def blob(data: bytes) -> dict[str, object]:
        begun = urlopen(Request(f"http://{registry.address}/v2/{name}/blobs/uploads/", method="POST", data=b""))
        with begun:
            place = begun.headers["Location"]
        address = f"{place}{'&' if '?' in place else '?'}digest={digest(data)}"
        urlopen(Request(address, method="PUT", data=data, headers={"Content-Type": "application/octet-stream"})).close()
        return {"digest": digest(data), "size": len(data)}

    layer = package("file", uuid.uuid4().hex.encode())
    layers = {"type": "layers", "diff_ids": [digest(gzip.decompress(layer))]}
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": layers}).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}distribution.manifest.v2+json",
        "config": {"mediaType": f"{_TYPE}container.image.v1+json", **blob(config)},
        "layers": [{"mediaType": f"{_TYPE}image.rootfs.diff.tar.gzip", **blob(layer)}],
    }
    text = json.dumps(manifest).encode()
    kind = {"Content-Type": str(manifest["mediaType"])}
    urlopen(Request(f"http://{registry.address}/v2/{name}/manifests/1", method="PUT", data=text, headers=kind)).close()
    return digest(text), digest(config)


def ended_by_checksum(done: subprocess.CompletedProcess[str]) -> None:
    """What a program said as it failed is explained as a changed download."""
    assert done.returncode != 0
    cause = explain("exit code: 1", done.stderr.splitlines())
    assert cause is not None, done.stderr
    assert cause.address == "checksum", done.stderr


@pytest.mark.tier("docker", "buildx", "registry")
@pytest.mark.parametrize("part", ["manifest", "configuration"])
def test_a_base_image_that_is_pinned(registry: Registry, tmp_path: Path, part: str) -> None:
    name = f"supply-tampered-{uuid.uuid4().hex[:8]}"
    reference = f"{registry.address}/{name}:1"
    manifest, configuration = upload(registry, name)
    changed = manifest if part == "manifest" else configuration
    blob = registry.log.parent / "data/docker/registry/v2/blobs/sha256" / changed[7:9] / changed[7:] / "data"
    blob.write_bytes(re.sub(rb'": ', rb'":\t', blob.read_bytes(), count=1))
    setup = answers(tmp_path, reference, build={"pins": {reference: manifest}, "ca_bundle": ""})
    with pytest.raises(StepFailed, match="notebook image") as failed:
        build(tmp_path, setup, target="base")
    assert "not what its digest or checksum promises" in failed.value.why
    assert "Do not use it." in failed.value.fix
    assert failed.value.address == "checksum"


@pytest.mark.tier("docker", "base_image", "node")
@pytest.mark.parametrize("words", [["install", "--prefix", "installed", "left@1.0.0"], ["pack", "left@1.0.0"]])
def test_what_npm_fetches(node24: Path, tmp_path: Path, words: list[str]) -> None:
    """Npm compares by itself, with what the registry's own list says; both ways that the build takes."""
    good = package("package/package.json", b'{"name": "left", "version": "1.0.0"}')
    files: dict[str, bytes | Path] = {"left/-/left-1.0.0.tgz": one_byte_changed(good)}
    with serve_files(files) as site:
        integrity = f"sha512-{base64.b64encode(hashlib.sha512(good).digest()).decode()}"
        release = {
            "name": "left",
            "version": "1.0.0",
            "dist": {"tarball": f"{site.url}/left/-/left-1.0.0.tgz", "integrity": integrity},
        }
        listed = {"name": "left", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": release}}
        files["left"] = json.dumps(listed).encode()
        done = subprocess.run(
            [
                "npm",
                *words,
                "--registry",
                site.url,
                "--cache",
                tmp_path / "cache",
                "--fetch-retries",
                "0",
                "--no-audit",
            ],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{node24 / 'bin'}:{os.environ['PATH']}", "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
    ended_by_checksum(done)


def test_what_pip_fetches(tmp_path: Path) -> None:
    """Pip compares by itself, with the hash in the index."""
    good = package("left-1.0.0/PKG-INFO", b"Metadata-Version: 2.1\nName: left\nVersion: 1.0.0\n")
    (tmp_path / "left-1.0.0.tar.gz").write_bytes(one_byte_changed(good))
    link = f"left-1.0.0.tar.gz#sha256={hashlib.sha256(good).hexdigest()}"
    (tmp_path / "index.html").write_text(f'<a href="{link}">left-1.0.0.tar.gz</a>', encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--isolated", "--no-index", "--no-cache-dir", "--no-deps"),
            *("--find-links", tmp_path / "index.html", "--dest", tmp_path / "out", "left==1.0.0"),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    ended_by_checksum(done)
