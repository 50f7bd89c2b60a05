"""deploy.sh: the Helm command that codehub itself runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import parts
from tests.unit.render.script_runs import run_script, written
from tests.unit.render.setups import setup
from wizard.render.secrets import PLACEHOLDER
from wizard.setup.model import Setup
from wizard.tools.helm_chart import Chart


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a setup's folder"


class TestDeploy:
    def deploy(self, folder: Path, chosen: Setup, *arguments: str, helm: str = "v3.17.3", **env: str) -> list[str]:
        done = run_script(written(folder, chosen), "deploy.sh", *arguments, answers={"helm": (0, helm)}, **env)
        assert done.code == 0, done.stderr
        (argv,) = done.of("helm", "upgrade")
        return argv

    BEGIN = ("helm", "upgrade", "--install", "jhub", "jupyterhub", "--repo", "https://hub.jupyter.org/helm-chart/")
    FILES = ("--values", "config.yaml", "--values", "secrets.yaml", "--values", "values.extra.yaml")

    @pytest.mark.parametrize(
        ("helm", "waits"),
        [("v3.17.3", ["--wait", "--atomic"]), ("v4.1.4", ["--wait=watcher", "--rollback-on-failure"])],
    )
    def test_the_whole_command(self, folder: Path, helm: str, waits: list[str]) -> None:
        argv = self.deploy(folder, setup(target__context="prod"), helm=helm)
        where = ["--namespace", "codehub", "--create-namespace", "--timeout", "600s", "--history-max", "10"]
        chart = ["--version", setup().target.chart.version]
        assert argv == [*self.BEGIN, *chart, *where, "--kube-context", "prod", *self.FILES, *waits]

    @pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.tier(name)) for name in ("helm3", "helm4")])
    def test_the_real_helm_knows_every_flag(self, folder: Path, name: str) -> None:
        program = parts.program(name)
        assert program
        real = subprocess.run(
            [program, "version", "--template", "{{.Version}}"], capture_output=True, text=True, check=True
        )
        argv = self.deploy(folder, setup(), helm=real.stdout)
        done = subprocess.run(
            [program, *argv[1:], "--kubeconfig", "/nonexistent", "--kube-apiserver", "http://127.0.0.1:1"],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        assert "unknown flag" not in done.stderr
        assert "invalid argument" not in done.stderr

    def test_no_wait_and_more_options(self, folder: Path) -> None:
        argv = self.deploy(folder, setup(), "--no-wait", "--timeout", "20m", "--set", "a=b c")
        assert argv[-4:] == ["--timeout", "20m", "--set", "a=b c"]
        assert "--wait" not in argv

    def test_another_context_for_once(self, folder: Path) -> None:
        argv = self.deploy(folder, setup(target__context="prod"), KUBE_CONTEXT="staging")
        assert argv[argv.index("--kube-context") + 1] == "staging"

    @pytest.mark.parametrize("source", ["oci://ghcr.io/acme/jupyterhub", "https://x.org/a.tgz", "https://x.org/charts"])
    def test_remote_charts_as_codehub_names_them(self, folder: Path, source: str) -> None:
        argv = self.deploy(folder, setup(target__chart__source=source, target__chart__version="4.4.0"))
        expected = Chart(source, "4.4.0").arguments()
        assert argv[4 : 4 + len(expected)] == expected

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("charts/jupyterhub", "./charts/jupyterhub"),
            ("/opt/j.tgz", "/opt/j.tgz"),
            ("~/a b", "{home}/a b"),
        ],
    )
    def test_charts_on_this_machine(self, folder: Path, source: str, expected: str) -> None:
        argv = self.deploy(folder, setup(target__chart__source=source))
        assert argv[4] == expected.format(home=folder)
        assert "--version" not in argv

    def test_a_placeholder_stops_it(self, folder: Path) -> None:
        chosen = setup(hub__auth__kind="github", hub__auth__client_id="abc")
        done = run_script(written(folder, chosen), "deploy.sh")
        assert done.code == 2
        assert PLACEHOLDER in done.stderr
        assert done.argv == []

    def test_missing_secrets_stop_it(self, folder: Path) -> None:
        written(folder, setup())
        (folder / "secrets.yaml").unlink()
        done = run_script(folder, "deploy.sh")
        assert (done.code, done.argv) == (2, [])

    def test_a_login_without_secrets_needs_none(self, folder: Path) -> None:
        argv = self.deploy(folder, setup(hub__auth__kind="native"))
        assert "secrets.yaml" not in argv

    def test_helms_failure_is_the_scripts(self, folder: Path) -> None:
        written(folder, setup())
        answers = {"helm": (5, ""), "helm version --template {{.Version}}": (0, "v4.1.0")}
        assert run_script(folder, "deploy.sh", answers=answers).code == 5
