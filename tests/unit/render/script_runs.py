"""Runs of build.sh and deploy.sh with recorders in place of every tool that they call."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.render import render
from wizard.render.secrets import Secrets
from wizard.run.folder import SetupFolder
from wizard.run.state import State
from wizard.setup.model import Setup

IMAGE_ID = "sha256:0123456789abcdef" + "0" * 48
RECORDER = r"""#!/bin/sh
name=${0##*/}
line="$name${*:+ $*}"
stdin=
for last; do :; done
case $name/${last-} in docker-credential-*/get | */-) stdin=$(cat; echo .) ;; esac
printf '%s\0' "$PWD" "${stdin%.}" "$#" "$name" "$@" >>"$RECORD"
case $line in ANSWERS esac
case $name in ANSWERS esac
for word; do if [ "$word" = '{{.Id}}' ]; then printf %s "$IMAGE_ID"; fi; done
"""
"""What stands in for every tool: a shell script, since a Python would take longer to start than build.sh to run."""

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
        recorder = Path(place, "recorder")
        recorder.write_text(RECORDER.replace("ANSWERS", _cases({"helm": (0, "v3.17.3"), **(answers or {})})))
        recorder.chmod(0o755)
        for name in PROGRAMS:
            (tools / name).symlink_to(recorder)
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
                **env,
            },
        )
        calls = list(_calls(os.fsdecode(record.read_bytes())))
    return Ran(done.returncode, done.stdout, done.stderr, calls)


def _cases(answers: Mapping[str, tuple[int, str]]) -> str:
    """The branches of a shell's `case` that give these answers: exit code and output by command line or program."""
    return "\n".join(
        f"{shlex.quote(key)}) printf %s {shlex.quote(text)}; exit {code} ;;" for key, (code, text) in answers.items()
    )


def _calls(record: str) -> Iterator[dict[str, Any]]:
    """What the recorder wrote: for each call the folder, what was piped in, how many arguments, and all the words."""
    fields = iter(record.split("\0"))
    for cwd in fields:
        if cwd:
            stdin, count = next(fields), int(next(fields))
            yield {"argv": [next(fields) for _ in range(count + 1)], "cwd": cwd, "stdin": stdin}


def written(folder: Path, chosen: Setup, local_files: Mapping[str, bytes] | None = None) -> Path:
    """The folder with every file of the setup in it."""
    SetupFolder(folder).write(render(chosen, Secrets().complete(chosen), local_files), State())
    return folder
