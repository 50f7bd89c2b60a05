"""Runs of build.sh and deploy.sh with recorders in place of every tool that they call."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.render import render
from wizard.render.secrets import Secrets
from wizard.run.folder import SetupFolder
from wizard.run.state import State
from wizard.setup.model import Setup

RECORDER = f"""#!{sys.executable}
import json, os, sys
name = os.path.basename(sys.argv[0])
with open(os.environ["RECORD"], "a") as record:
    stdin = sys.stdin.read() if sys.argv[-1] == "-" else ""
    record.write(json.dumps({{"argv": [name, *sys.argv[1:]], "cwd": os.getcwd(), "stdin": stdin}}) + "\\n")
answers = json.loads(os.environ["ANSWERS"])
default = [0, os.environ["IMAGE_ID"] if "{{{{.Id}}}}" in sys.argv else ""]
code, text = answers.get(" ".join([name, *sys.argv[1:]]), answers.get(name, default))
sys.stdout.write(text)
sys.exit(code)
"""
IMAGE_ID = "sha256:0123456789abcdef" + "0" * 48
PROGRAMS = ("docker", "docker-credential-safe", "helm", "kubectl", "minikube", "kind", "k3d", "k3s")


@dataclass(frozen=True)
class Ran:
    """What a script did: its exit code and outputs, and what it called."""

    code: int
    stdout: str
    stderr: str
    calls: list[dict[str, Any]]

    @property
    def argv(self) -> list[list[str]]:
        return [call["argv"] for call in self.calls]

    def of(self, *start: str) -> list[list[str]]:
        """The calls that begin with these words."""
        return [argv for argv in self.argv if tuple(argv[: len(start)]) == start]


def run_script(
    folder: Path, script: str, *arguments: str, answers: Mapping[str, tuple[int, str]] | None = None, **env: str
) -> Ran:
    """Run a script of a setup folder from elsewhere, with recorders in place of every tool."""
    with tempfile.TemporaryDirectory() as place:
        tools, record = Path(place, "bin"), Path(place, "record")
        tools.mkdir()
        record.touch()
        for name in PROGRAMS:
            (tools / name).write_text(RECORDER)
            (tools / name).chmod(0o755)
        done = subprocess.run(
            [folder / script, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=place,
            env={
                "PATH": f"{tools}:/usr/bin:/bin",
                "HOME": str(folder),
                "CDPATH": "/tmp:/",
                "RECORD": str(record),
                "IMAGE_ID": IMAGE_ID,
                "ANSWERS": json.dumps({"helm": [0, "v3.17.3"], **(answers or {})}),
                **env,
            },
        )
        calls = [json.loads(text) for text in record.read_text().splitlines()]
    return Ran(done.returncode, done.stdout, done.stderr, calls)


def written(folder: Path, chosen: Setup, local_files: Mapping[str, bytes] | None = None) -> Path:
    """The folder with every file of the setup in it."""
    SetupFolder(folder).write(render(chosen, Secrets().complete(chosen), local_files), State())
    return folder
