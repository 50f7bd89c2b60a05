"""The tiers: which real parts a test needs, and what happens where one is missing.

A test says `@pytest.mark.tier("docker", "buildx")`. Where a part is missing the test is skipped and says
which, and how to get it. With `CODEHUB_REQUIRE=all` (or a list such as `docker,helm3`) it fails instead, so
that CI cannot turn green by lacking something. Optional tiers, which no script can install, never fail.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import parts


@dataclass(frozen=True)
class Tier:
    """A real part: what it is, whether this machine has it, how to get it."""

    what: str
    present: Callable[[], bool]
    how: str = "install it by .ci/run"
    optional: bool = False


def _has(name: str) -> Callable[[], bool]:
    return lambda: parts.program(name) is not None


def _names_a_file(variable: str) -> Callable[[], bool]:
    return lambda: bool(os.environ.get(variable)) and Path(os.environ[variable]).exists()


TIERS: dict[str, Tier] = {
    "docker": Tier("a Docker daemon that answers", parts.docker_answers),
    "buildx": Tier("the buildx plugin of docker", parts.buildx_answers),
    "compose": Tier("the compose plugin of docker", parts.compose_answers),
    "base_image": Tier(f"the image {parts.BASE_IMAGE}", parts.base_image_exists),
    "registry": Tier("docker-registry", _has("registry")),
    "helm3": Tier("Helm 3", _has("helm3")),
    "helm4": Tier("Helm 4", _has("helm4")),
    "kubectl": Tier("kubectl", _has("kubectl")),
    "node": Tier("Node 24 with npm", _has("node")),
    "hub": Tier("JupyterHub 5 in a venv", _has("hub5")),
    "hub6": Tier("JupyterHub 6 in a venv", _has("hub6")),
    "chp": Tier("configurable-http-proxy", _has("chp")),
    "code_server": Tier("code-server from npm", _has("code_server")),
    "chromium": Tier("Chromium", _has("chromium")),
    "syft": Tier("syft", _has("syft")),
    "audit": Tier("pip-audit in a venv", _has("audit"), "run .ci/audit"),
    "tmux": Tier("tmux", _has("tmux")),
    "age": Tier("age", _has("age")),
    "git": Tier("git", _has("git")),
    "shellcheck": Tier("shellcheck", _has("shellcheck")),
    "faketime": Tier("libfaketime", lambda: parts.faketime() is not None),
    "network": Tier("a package index that pip reaches", parts.package_index_answers, "set up pip's index"),
    "company_ca": Tier("a CA bundle", lambda: parts.company_ca() is not None, "set SSL_CERT_FILE"),
    "shared": Tier("the folder ../shared", parts.SHARED.is_dir, "put it beside the checkout", optional=True),
    "cluster": Tier(
        "a cluster", _names_a_file("CODEHUB_TEST_KUBECONFIG"), "set CODEHUB_TEST_KUBECONFIG", optional=True
    ),
    "charts": Tier(
        "a folder of charts", _names_a_file("CODEHUB_TEST_CHARTS"), "set CODEHUB_TEST_CHARTS", optional=True
    ),
    "chart": Tier("a chart", _names_a_file("CODEHUB_TEST_CHART"), "set CODEHUB_TEST_CHART", optional=True),
}


def missing(names: Iterable[str]) -> list[str]:
    """The tiers among `names` that this machine lacks; raises ValueError for a name that is no tier."""
    wanted = list(names)
    unknown = sorted(set(wanted) - TIERS.keys())
    if unknown:
        raise ValueError(f"no such tier: {', '.join(unknown)} (known: {', '.join(TIERS)})")
    return [name for name in wanted if not TIERS[name].present()]


def required(name: str) -> bool:
    """Whether the person who runs the tests demanded this tier by CODEHUB_REQUIRE."""
    demanded = {word.strip() for word in os.environ.get("CODEHUB_REQUIRE", "").split(",")}
    return name in demanded or ("all" in demanded and not TIERS[name].optional)


def explain(names: Iterable[str]) -> str:
    """One line for the person: which parts are missing and how to get each."""
    return "missing: " + "; ".join(f"{TIERS[name].what} ({TIERS[name].how})" for name in names)


def demand(names: Iterable[str]) -> None:
    """Skip the running test where a tier of it is missing, or fail it where that tier is required."""
    absent = missing(names)
    demanded = [name for name in absent if required(name)]
    if demanded:
        pytest.fail(explain(demanded), pytrace=False)
    if absent:
        pytest.skip(explain(absent))
