"""Two people with one setup in git: what the one changes is the other's plan, and nothing of a machine is in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.program import codehub

pytestmark = pytest.mark.tier("git")


def git(folder: Path, *arguments: str) -> str:
    who = {f"GIT_{role}_{what}": "tester@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    argv = ["git", "-c", "core.hooksPath=/dev/null", *arguments]
    done = subprocess.run(argv, cwd=folder, env=os.environ | who, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_the_one_changes_is_the_plan_of_the_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    # Both have their own kubeconfig and cluster; what is planned for the files needs neither.
    assert codehub("init", first, "--set", "hub.auth.users=alice", "--set", "target.context=prod").code == 0
    assert codehub("render", first).code == 0
    git(first, "init", "--quiet", "--initial-branch", "main")
    git(first, "add", "--all")
    git(first, "commit", "--quiet", "--message", "one")
    committed = git(first, "ls-files").splitlines()
    assert {"codehub.yaml", "config.yaml", "build.sh", ".gitignore"} <= set(committed)
    assert not [name for name in committed if name.startswith(".codehub") or "secrets" in name]
    secrets = yaml.safe_load((first / "secrets.yaml").read_text())
    passwords = [str(value) for traits in secrets["hub"]["config"].values() for value in traits.values()]
    everything = git(first, "log", "--patch", "--no-color")
    assert passwords
    assert not [password for password in passwords if password in everything]

    git(tmp_path, "clone", "--quiet", str(first), str(second))
    fresh = codehub("render", second, "--check")
    assert fresh.code == 1
    assert "secrets.yaml is not here: new passwords are made." in fresh.err
    assert [line.split()[1] for line in fresh.out.splitlines()] == ["secrets.yaml:"]
    (second / "secrets.yaml").write_bytes((first / "secrets.yaml").read_bytes())
    handed = codehub("render", second)
    assert (handed.code, handed.err) == (0, "")
    assert git(second, "status", "--porcelain") == ""

    assert codehub("init", first, "--set", "hub.resources.memory_limit=3G").code == 0
    git(first, "commit", "--quiet", "--all", "--message", "two")
    git(second, "pull", "--quiet")
    seen = codehub("render", second, "--check")
    assert seen.code == 1
    assert "config.yaml: would be changed" in seen.out
    assert '+    limit: "3G"' in seen.out
    assert codehub("render", second).code == 0
    assert codehub("render", second, "--check").code == 0
    # What the second one wrote is what the first one would write.
    assert codehub("render", first).code == 0
    assert (first / "config.yaml").read_bytes() == (second / "config.yaml").read_bytes()
