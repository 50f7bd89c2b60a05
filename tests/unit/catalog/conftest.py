"""No test of the catalogue obeys what this machine's shell says about sources or proxies."""

import os

import pytest


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch, clean_home: object) -> None:
    """Take out the variables that the catalogue reads; keep the tools from looking beyond loopback."""
    for name in list(os.environ):
        if name.startswith("CODEHUB_") and not name.startswith(("CODEHUB_TEST", "CODEHUB_REQUIRE")):
            monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
