"""Where the real parts of the integration tests are.

A program is looked for in this order: the environment variable `CODEHUB_TEST_<NAME>`, the cache folder that
`.ci/run` fills, the PATH. The folder is `CODEHUB_TEST_CACHE` or `~/.cache/codehub-tests`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
BASE_IMAGE = "codehub-test/debian:bookworm"

# Read before any fixture moves HOME.
REAL_HOME = Path.home()
CACHE = Path(os.environ.get("CODEHUB_TEST_CACHE") or REAL_HOME / ".cache" / "codehub-tests")

# Name of a part -> its path below the cache folder, and the names it may have on the PATH.
_PROGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "helm3": ("bin/helm3", ("helm3",)),
    "helm4": ("bin/helm4", ("helm4",)),
    "kubectl": ("bin/kubectl", ("kubectl",)),
    "node": ("node24/bin/node", ()),
    "hub5": ("hub5-venv/bin/jupyterhub", ()),
    "hub6": ("hub6-venv/bin/jupyterhub", ()),
    "chp": ("chp/node_modules/.bin/configurable-http-proxy", ()),
    "code_server": ("code-server-4.139.1/node_modules/.bin/code-server", ("code-server",)),
    "registry": ("bin/docker-registry", ("docker-registry", "registry")),
    "syft": ("bin/syft", ("syft",)),
    "audit": ("audit/bin/pip-audit", ()),
    "chromium": ("bin/chromium", ("chromium", "chromium-browser", "google-chrome")),
    "docker": ("bin/docker", ("docker",)),
    "tmux": ("bin/tmux", ("tmux",)),
    "age": ("bin/age", ("age",)),
    "git": ("bin/git", ("git",)),
    "shellcheck": ("bin/shellcheck", ("shellcheck",)),
}


@cache
def program(name: str) -> Path | None:
    """The executable of a part, by its name in the table above; None where this machine has none."""
    in_cache, on_path = _PROGRAMS[name]
    given = os.environ.get(f"CODEHUB_TEST_{name.upper()}")
    if given:
        return Path(given) if os.access(given, os.X_OK) else None
    if os.access(CACHE / in_cache, os.X_OK):
        return CACHE / in_cache
    return next((Path(found) for found in map(shutil.which, on_path) if found), None)


def faketime() -> Path | None:
    """The library that shows a program another time, as Debian's package libfaketime installs it."""
    named = os.environ.get("CODEHUB_TEST_FAKETIME")
    found = [Path(named)] if named else sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found and found[0].is_file() else None


def company_ca() -> Path | None:
    """The CA bundle that this machine's tools are told to trust, which builds behind its proxy need."""
    for variable in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        named = os.environ.get(variable)
        if named and Path(named).is_file():
            return Path(named)
    system = Path("/etc/ssl/certs/ca-certificates.crt")
    return system if system.is_file() else None


def answers(*command: str | Path, seconds: float = 20) -> bool:
    """Whether the command ends with 0 in time."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@cache
def docker_answers() -> bool:
    """Whether there is a Docker client whose daemon answers."""
    docker = program("docker")
    return docker is not None and answers(docker, "version", "--format", "{{.Server.Version}}")


@cache
def buildx_answers() -> bool:
    """Whether the Docker client has the buildx plugin."""
    docker = program("docker")
    return docker is not None and answers(docker, "buildx", "version")


@cache
def compose_answers() -> bool:
    """Whether the Docker client has the compose plugin."""
    docker = program("docker")
    return docker is not None and answers(docker, "compose", "version")


@cache
def base_image_exists() -> bool:
    """Whether the daemon has the base image that `.ci/base_image.sh` makes."""
    docker = program("docker")
    return docker is not None and answers(docker, "image", "inspect", BASE_IMAGE)


@cache
def package_index_answers() -> bool:
    """Whether pip can fetch a package: asked of pip itself, so that its own configuration decides from where."""
    with tempfile.TemporaryDirectory() as folder:
        return answers(
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--retries", "1",
            "--dest", folder, "iniconfig", seconds=60,
        )  # fmt: skip
