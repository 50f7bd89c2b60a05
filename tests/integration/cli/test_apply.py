"""`codehub plan` and `apply` on the real Docker, the real Helm and an in-memory cluster: output, codes, signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Small
from tests.support.processes import wait_until
from tests.support.program import command, environment

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


def test_a_plan_says_what_and_why_and_changes_nothing(small: Small, image_exists: Callable[[str], bool]) -> None:
    before = sorted(path.name for path in small.folder.rglob("*"))
    ended = small.run("plan")
    assert ended.code == 0, ended.err
    assert "it was never done here" in ended.out
    assert "$ docker buildx build" in ended.out
    assert "$ helm upgrade --install" in ended.out.replace(small.env["CODEHUB_HELM"], "helm")
    document = small.run("plan", "--json").document
    assert document["to_run"] == len(document["steps"]) > 1
    assert {step["decision"] for step in document["steps"]} == {"run"}
    assert all(step["why"] for step in document["steps"])
    dry = small.run("apply", "--dry-run")
    assert (dry.code, dry.out) == (0, ended.out)
    assert small.run("apply", "--dry-run", "--progress", "json").document == document
    assert sorted(path.name for path in small.folder.rglob("*")) == before
    assert not image_exists(small.image)


def test_apply_in_plain_lines_then_nothing_to_do(small: Small, image_exists: Callable[[str], bool]) -> None:
    first = small.run("apply", "--yes")
    assert first.code == 0, first.err
    assert first.err == f"The passwords to log in with are in {small.folder / 'secrets.yaml'}.\n"
    assert "RUN echo built-by-a-person" in first.out
    assert "\x1b" not in first.out
    assert image_exists(small.image)
    log = small.run("logs", "--step", "build-notebook")
    assert "built-by-a-person" in log.out
    status = small.run("status", "--json").document
    assert {step["outcome"] for step in status["steps"].values()} == {"done"}

    again = small.run("apply", "--yes", "--progress", "json")
    assert again.code == 0
    assert {event["outcome"] for event in again.events if event["event"] == "step-finished"} == {"skipped"}
    assert small.run("plan").out.endswith("No step to run: everything is as it should be.\n")

    forced = small.run("apply", "--yes", "--progress", "json", "--from", "deploy")
    outcomes = {event["step"]: event["outcome"] for event in forced.events if event["event"] == "step-finished"}
    assert outcomes["deploy"] == "done"
    assert outcomes["build-notebook"] == "skipped"
    kept = small.run("logs").out
    assert "build-notebook" in kept
    assert "deploy" in kept
    small.run("logs", "--step", "moon").refused(2, "There is no log of a step 'moon'", "build-notebook")
    small.run("logs", "--run", "moon").refused(2, "There is no run 'moon'")
    small.run("apply", "--yes", "--from", "moon").refused(2, "There is no step moon", "build-notebook")


def test_a_failing_build_is_1_with_its_cause_on_stderr(small: Small) -> None:
    small.dockerfile("RUN echo before-the-end && exit 7")
    plain = small.run("apply", "--yes", "--progress", "plain")
    plain.refused(1, "notebook image", "log: ")
    assert "before-the-end" in plain.out
    assert "failed after" in plain.out
    as_json = small.run("apply", "--yes", "--progress", "json")
    as_json.refused(1, "notebook image", "log: ")
    assert as_json.events[-1]["exit_code"] == 1
    small.dockerfile("RUN echo mended")
    assert small.run("apply", "--yes").code == 0


def test_apply_needs_yes_where_nobody_can_be_asked(small: Small) -> None:
    for arguments in (("apply",), ("apply", "--progress", "json")):
        ended = small.run(*arguments)
        ended.refused(2, "there is nobody to ask", "--yes")
        assert ended.out == ""


def test_verbose_shows_raw_output(small: Small) -> None:
    number = time.time_ns()  # never built before, so never taken from the cache without output
    small.dockerfile(f"RUN expr {number} + 1; printf 'raw\\033[31mcolour\\n'")
    quiet = small.run("apply", "--yes")
    assert quiet.code == 0, quiet.err
    assert str(number + 1) not in quiet.out
    small.dockerfile(f"RUN expr {number} + 2; printf 'raw\\033[31mcolour\\n'")
    loud = small.run("apply", "--yes", "--verbose")
    assert loud.code == 0, loud.err
    assert f"notebook | {number + 2}" in loud.out
    assert "notebook | rawcolour" in loud.out
    assert "\x1b" not in loud.out


def _sleepers(mark: str) -> list[str]:
    found = subprocess.run(["pgrep", "-f", mark], capture_output=True, text=True, check=False)
    return found.stdout.split()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_everything_at_once(small: Small, number: signal.Signals) -> None:
    mark = f"3{os.getpid() % 10000:04d}{number:02d}"
    small.dockerfile(f"RUN echo sleeping && sleep {mark}")
    process = subprocess.Popen(
        command("apply", small.folder, "--yes", "--progress", "plain"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(small.env),
    )
    wait_until(lambda: _sleepers(f"sleep {mark}") or process.poll() is not None, "the build to sleep", seconds=60)
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"Stopped." in out
    wait_until(lambda: not _sleepers(f"sleep {mark}"), "the sleeping step to end")
    small.dockerfile("RUN echo awake")
    again = small.run("apply", "--yes", "--progress", "json")
    assert again.code == 0, again.err


def test_a_reader_that_goes_away_stops_the_run(small: Small) -> None:
    mark = f"0.24{os.getpid() % 10000:04d}"
    small.dockerfile(f"RUN while :; do echo tick; sleep {mark}; done")
    line = " ".join(command("apply", str(small.folder), "--yes", "--progress", "json", "--verbose"))
    ended = subprocess.run(
        ["bash", "-c", f'{line} | head -n 3 >/dev/null; echo "${{PIPESTATUS[0]}}"'],
        capture_output=True,
        text=True,
        env=environment(small.env),
        timeout=100,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    assert ended.stdout.strip() == "130"
    wait_until(lambda: not _sleepers(f"sleep {mark}"), "the sleeping step to end")


def test_two_runs_in_one_folder_are_refused(small: Small) -> None:
    mark = f"5{os.getpid() % 10000:04d}00"
    small.dockerfile(f"RUN sleep {mark}")
    process = subprocess.Popen(
        command("apply", small.folder, "--yes", "--progress", "json"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(small.env),
    )
    try:
        wait_until(lambda: _sleepers(f"sleep {mark}") or process.poll() is not None, "the build to sleep", seconds=60)
        small.run("apply", "--yes").refused(2, "Another codehub is at work", f"pid {process.pid}")
        small.run("render").refused(2, "Another codehub is at work", f"pid {process.pid}")
        assert small.run("render", "--check").code in {0, 1}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_an_unreachable_cluster_is_3(small: Small) -> None:
    kubeconfig = small.folder / "kubeconfig"
    content = Path(small.env["KUBECONFIG"]).read_text(encoding="utf-8")
    kubeconfig.write_text(re.sub(r"server: (https?)://\S+", r"server: \1://127.0.0.1:9", content), encoding="utf-8")
    for arguments in (("plan",), ("apply", "--yes")):
        small.run(*arguments, KUBECONFIG=str(kubeconfig)).refused(3)
