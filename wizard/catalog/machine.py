"""How the user's machine reaches the network: its proxies and the CAs it trusts.

Python's own rules come first (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`); then the CA bundles that other tools
are told of, and what pip's configuration says, as company machines are often set up for pip and for nothing else.
"""

from __future__ import annotations

import configparser
import os
import sys
import urllib.request
from pathlib import Path

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")


def proxies() -> dict[str, str]:
    """The proxies for urllib: the environment's, or pip's where the environment names none."""
    found = urllib.request.getproxies()
    if "https" in found or "http" in found:
        return found
    pip = pip_setting("proxy")
    if not pip:
        return found
    address = pip if "://" in pip else f"http://{pip}"
    return {**found, "http": address, "https": address}


def ca_files(extra: str = "") -> list[str]:
    """The CA files to trust besides Python's own choice, each once; only files that are there."""
    names = [extra, *(os.environ.get(variable, "") for variable in _CA_VARIABLES), pip_setting("cert")]
    return list(dict.fromkeys(name for name in names if name and Path(name).is_file()))


def pip_setting(name: str) -> str:
    """A global setting of pip's: from `PIP_<NAME>`, else from its configuration files; empty if not set.

    The files and their order are those of pip's documentation, "Configuration".
    """
    return os.environ.get(f"PIP_{name.upper()}", "") or _pip_files(os.environ.get("PIP_CONFIG_FILE", "")).get(name, "")


def _pip_files(named: str) -> dict[str, str]:
    if named == os.devnull:
        return {}
    home, config = Path.home(), Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    if sys.platform == "darwin":
        files.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
    files.append(Path(sys.prefix) / "pip.conf")
    if named:
        files.append(Path(named))
    settings: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeError):
            continue
        if parser.has_section("global"):
            settings |= dict(parser.items("global"))
    return settings
