"""Small git repositories shaped like code-server's at a tag of each build family.

Their scripts build nothing: they write down what was called, in which order, with which Node and VERSION.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from wizard.catalog import BuildFamily

RECORD = r"""#!/bin/sh
# record.sh WORDS: note a call, and what it could see.
set -eu
root=$(cd "$(dirname "$0")" && pwd)
manager=${npm_config_user_agent%%/*}
printf '%s %s|VERSION=%s|KEEP_MODULES=%s|TARGET=%s|node=%s|vscode=%s\n' "$manager" "$1" "${VERSION-}" \
    "${KEEP_MODULES-}" "${VSCODE_TARGET-}" "$(node --version | cut -d. -f1)" \
    "$(cat "$root/lib/vscode/state" 2>/dev/null || echo none)" >>"$root/calls.txt"
"""

# What upstream's own release steps leave: a folder with the program, and from 4.113 one with its Node as well.
RELEASE = r"""#!/bin/sh
# release.sh FOLDER: the folder that a release step makes.
set -eu
mkdir -p "$1/out/node" "$1/bin"
echo '{"name": "code-server", "version": "0.0.0"}' >"$1/package.json"
cp calls.txt "$1/"
version=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' release/package.json)
printf '#!/bin/sh\necho "%s 0123abc with Code 1.0.0"\n' "$version" >"$1/bin/code-server"
chmod +x "$1/bin/code-server"
"""

PATCH = """\
--- code-server.orig/lib/vscode/state
+++ code-server/lib/vscode/state
@@ -1 +1 @@
-unpatched
+patched
"""


def make_repositories(folder: Path, family: BuildFamily, tag: str) -> Path:
    """Make code-server (and vscode, where it is a submodule) below `folder`, tagged; gives code-server's."""
    main = folder / "code-server"
    main.mkdir(parents=True)
    (main / "record.sh").write_text(RECORD)
    (main / "release.sh").write_text(RELEASE)
    for script in ("record.sh", "release.sh"):
        (main / script).chmod(0o755)
    (main / "package.json").write_text(json.dumps(_package(family)))
    if family.package_manager == "npm":
        lock = {"name": "code-server", "version": "0.0.0", "lockfileVersion": 3, "requires": True, "packages": {}}
        lock["packages"] = {"": {"name": "code-server", "version": "0.0.0", "hasInstallScript": True}}
        (main / "package-lock.json").write_text(json.dumps(lock))
    else:
        (main / "yarn.lock").write_text("# yarn lockfile v1\n")
    _git(main, "init", "--quiet", "--initial-branch=main")
    if family.checkout == "submodule":
        _vscode(folder)
        _git(
            main,
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            str(folder / "vscode"),
            "lib/vscode",
        )
        # Relative, as it is cloned from another address than the one it was made at.
        _git(main, "config", "--file=.gitmodules", "submodule.lib/vscode.url", "../vscode")
    elif family.checkout == "in-tree":
        (main / "lib" / "vscode").mkdir(parents=True)
        (main / "lib" / "vscode" / "state").write_text("in-tree\n")
    if "quilt push -a" in family.prepare:
        (main / "patches").mkdir()
        (main / "patches" / "series").write_text("state.diff\n")
        (main / "patches" / "state.diff").write_text(PATCH)
    _commit(main, tag)
    return main


def _package(family: BuildFamily) -> dict[str, object]:
    standalone = family.artifact == "release-standalone"
    scripts = {
        # yarn and npm ci run it: the step that has no name of its own.
        "postinstall": "./record.sh install",
        "build": "./record.sh build",
        "build:vscode": "./record.sh build:vscode",
        "release": "./record.sh release && ./release.sh release",
        "vscode": "./record.sh vscode",
    }
    if standalone:
        scripts["release:standalone"] = "./record.sh release:standalone && ./release.sh release-standalone"
    return {"name": "code-server", "version": "0.0.0", "license": "MIT", "scripts": scripts}


def _vscode(folder: Path) -> None:
    vscode = folder / "vscode"
    vscode.mkdir()
    (vscode / "state").write_text("unpatched\n")
    _git(vscode, "init", "--quiet", "--initial-branch=main")
    _commit(vscode, "1.0.0")


def _commit(repository: Path, tag: str) -> None:
    _git(repository, "add", "--all")
    _git(repository, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message=made")
    _git(repository, "tag", tag)


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", repository, *arguments], check=True, capture_output=True, timeout=60)
