"""A home folder of a test's own, so that no test reads or changes that of the person who runs it."""

import os
from pathlib import Path

import pytest

from tests.support.parts import REAL_HOME

# Where the tools are told to get packages from, and what they have fetched already, stays as it is.
_KEPT = {
    "NPM_CONFIG_USERCONFIG": REAL_HOME / ".npmrc",
    "NPM_CONFIG_CACHE": REAL_HOME / ".npm",
    "PIP_CONFIG_FILE": REAL_HOME / ".config" / "pip" / "pip.conf",
    "PIP_CACHE_DIR": REAL_HOME / ".cache" / "pip",
}
# What a person's shell may have set and codehub obeys.
_DROPPED = ("NO_COLOR", "FORCE_COLOR", "KUBECONFIG", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CODEHUB_CONTEXT")


def isolate_home(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Move HOME, the XDG folders, KUBECONFIG and DOCKER_CONFIG below `folder`; gives the new home."""
    for variable, real in _KEPT.items():
        if variable not in os.environ and real.exists():
            patch.setenv(variable, str(real))
    for variable in _DROPPED:
        patch.delenv(variable, raising=False)
    home = folder / "home"
    home.mkdir(parents=True)
    patch.setenv("HOME", str(home))
    patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    patch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    patch.setenv("XDG_STATE_HOME", str(home / ".local" / "state"))
    patch.setenv("XDG_RUNTIME_DIR", str(home / ".run"))
    patch.setenv("KUBECONFIG", str(home / ".kube" / "config"))
    docker = home / ".docker"
    docker.mkdir()
    plugins = REAL_HOME / ".docker" / "cli-plugins"
    if plugins.is_dir():
        (docker / "cli-plugins").symlink_to(plugins)
    patch.setenv("DOCKER_CONFIG", str(docker))
    return home
