"""After a whole deployment, every secret of the setup is in its own file and in the cluster's Secrets: nowhere else."""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]

CANARIES = {
    "user_password": "canary-user-7f3a9c41",
    "admin_password": "canary-admin-7f3a9c41-of-at-least-32-letters",
}


def _spellings() -> list[bytes]:
    """Each canary as it is and in base 64, at each of its three alignments."""
    found = []
    for canary in CANARIES.values():
        found.append(canary.encode())
        for shift in range(3):
            coded = base64.b64encode(b"x" * shift + canary.encode())
            # The letters at both ends are mixed with what stands beside it.
            found.append(coded[4:-4])
    return found


def _holding(contents: Iterator[tuple[str, bytes]]) -> list[str]:
    spellings = _spellings()
    return [name for name, data in contents if any(one in data for one in spellings)]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            yield str(path.relative_to(folder)), gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_secrets_are_nowhere_else(small: Small, cluster: FakeCluster, tmp_path: Path) -> None:
    secrets = small.folder / "secrets.yaml"
    text = secrets.read_text("utf-8")
    for trait, canary in CANARIES.items():
        text, count = re.subn(rf"^( *{trait}: ).*$", rf'\g<1>"{canary}"', text, flags=re.MULTILINE)
        assert count == 1
    secrets.write_text(text, "utf-8")
    said = [
        small.run(*command)
        for command in (
            ("plan", "--json"),
            ("apply", "--yes", "-v"),
            ("apply", "--yes", "--from", "deploy", "--progress", "json"),
            ("status", "--json"),
            ("logs", "--step", "deploy"),
            ("export", "--output", str(tmp_path / "folder")),
            ("export", "--output", str(tmp_path / "archive.tar.gz")),
            ("export", "--diagram", str(tmp_path / "diagram.svg")),
        )
    ]
    assert [ended.code for ended in said] == [0] * len(said), [ended.err for ended in said]

    # The search itself: it finds them where they have to be.
    assert _holding(_files(small.folder)) == ["secrets.yaml"]
    kept = json.dumps([item.get("data") for item in cluster.items("secrets")]).encode()
    releases = [item for item in cluster.items("secrets") if item["metadata"]["name"].startswith("sh.helm.release")]
    assert releases
    unpacked = b"".join(
        gzip.decompress(base64.b64decode(base64.b64decode(item["data"]["release"]))) for item in releases
    )
    assert _holding(iter([("secrets", kept + unpacked)])) == ["secrets"]

    assert _holding(iter([(f"output {number}", (one.out + one.err).encode()) for number, one in enumerate(said)])) == []
    assert _holding(_files(tmp_path / "folder")) == []
    with tarfile.open(tmp_path / "archive.tar.gz") as archive:
        members = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        assert _holding((name, file.read() if file else b"") for name, file in members.items()) == []
    others = [
        item for kind in ("configmaps", "deployments", "services", "events", "pods") for item in cluster.items(kind)
    ]
    assert others
    assert _holding(iter([("objects", json.dumps(others).encode())])) == []

    saved = subprocess.run(["docker", "save", small.image], capture_output=True, check=True, timeout=120).stdout
    history = subprocess.run(["docker", "history", "--no-trunc", small.image], capture_output=True, check=True).stdout
    assert _holding(iter([("image", saved), ("history", history)])) == []
