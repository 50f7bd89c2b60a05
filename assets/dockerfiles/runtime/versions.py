"""Print what this image has inside, as JSON: run once, at the end of its build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

EDITOR = Path("/opt/code-server")
SERVER_PYTHON = Path("/opt/codehub/venv/bin/python")
_ASK_JUPYTERHUB = "import importlib.metadata as m; print(m.version('jupyterhub'))"


def package_version(folder: Path) -> str:
    """The version in a folder's package.json; empty where there is none."""
    try:
        return str(json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return ""


def says(*command: str) -> str:
    """The first line that a program prints, without a v before a version; empty where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    return lines[0].removeprefix("v") if done.returncode == 0 and lines else ""


def system() -> str:
    """The distribution's own name for itself."""
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return ""


def main() -> int:
    """Print the versions that could be found."""
    found = {
        "code-server": package_version(EDITOR),
        "vscode": package_version(EDITOR / "lib" / "vscode"),
        "node": says(str(EDITOR / "lib" / "node"), "--version"),
        "jupyterhub": says(str(SERVER_PYTHON), "-c", _ASK_JUPYTERHUB),
        "system": system(),
    }
    sys.stdout.write(json.dumps({name: version for name, version in found.items() if version}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
