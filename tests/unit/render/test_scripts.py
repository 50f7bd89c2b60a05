"""build.sh and deploy.sh: clean for shellcheck, and exactly the commands meant, whatever the answers hold."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support import parts
from tests.unit.render.setups import HOSTILE, line, setup
from wizard.render import render
from wizard.render.buildargs import image_builds
from wizard.render.secrets import PLACEHOLDER, Secrets
from wizard.run.folder import SetupFolder
from wizard.run.state import State
from wizard.setup.delivery import deliveries
from wizard.setup.model import Setup
from wizard.tools.helm_chart import Chart
from wizard.tools.products import CONTEXT_PATTERNS

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
PROGRAMS = ("docker", "helm", "kubectl", "minikube", "kind", "k3d", "k3s")


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a setup's folder"


@pytest.mark.tier("shellcheck")
@pytest.mark.parametrize(
    "chosen",
    [
        setup(),
        setup(hub__proxy="traefik", images__registry="ghcr.io/acme", build__platforms=["linux/amd64", "linux/arm64"]),
        setup(target__kind="docker"),
        setup(build__ca_bundle='~/it\'s a "ca".pem', target__chart__source="~/my chart", target__context="a'b\"c$d"),
        setup(target__context="".join(HOSTILE), build__args={"APT_MIRROR": "~/" + "".join(HOSTILE)}),
    ],
)
def test_shellcheck_finds_nothing(chosen: Setup, folder: Path) -> None:
    written(folder, chosen)
    scripts = sorted(folder.glob("*.sh"))
    assert scripts
    shellcheck = parts.program("shellcheck")
    assert shellcheck
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


class TestBuild:
    def test_builds_each_image_with_the_arguments_of_the_wizards_own_build(self, folder: Path) -> None:
        chosen = setup(
            hub__proxy="traefik", images__registry="localhost:5000/team", code_server__packages=["git", "vim"]
        )
        written(folder, chosen)
        done = run_script(folder, "build.sh")
        assert done.code == 0, done.stderr
        builds = image_builds(chosen, {})
        assert len(done.of("docker", "buildx", "build")) == len(builds) == 2
        for argv, build in zip(done.of("docker", "buildx", "build"), builds.values(), strict=True):
            expected = {f"--build-arg={key}={value}" for key, value in build.args.items()}
            assert {word for word in argv if word.startswith("--build-arg")} == expected
            assert {f"--file={build.dockerfile}", f"--tag={build.reference}", "--load", "--provenance=false"} <= set(
                argv
            )
            assert argv[-1] == build.context
        assert done.of("docker", "push") == [["docker", "push", build.reference] for build in builds.values()]
        assert {call["cwd"] for call in done.calls} == {str(folder)}
        for build in builds.values():
            assert (folder / build.dockerfile).is_file()
            assert (folder / build.context).is_dir()

    def test_one_image_only(self, folder: Path) -> None:
        written(folder, setup(hub__proxy="traefik"))
        done = run_script(folder, "build.sh", "hub", "--no-deliver", "--no-cache")
        (argv,) = done.of("docker", "buildx", "build")
        assert "--file=Dockerfile.hub" in argv
        assert "--no-cache" in argv
        assert not done.of("kubectl")

    def test_several_platforms_are_pushed_by_the_build(self, folder: Path) -> None:
        chosen = setup(images__registry="ghcr.io/acme", build__platforms=["linux/amd64", "linux/arm64"])
        done = run_script(written(folder, chosen), "build.sh")
        (argv,) = done.of("docker", "buildx", "build")
        assert "--platform=linux/amd64,linux/arm64" in argv
        assert "--push" in argv
        assert "--load" not in argv
        assert done.of("docker", "push") == []

    def test_several_platforms_without_pushing_are_refused(self, folder: Path) -> None:
        chosen = setup(images__registry="ghcr.io/acme", build__platforms=["linux/amd64", "linux/arm64"])
        done = run_script(written(folder, chosen), "build.sh", "--no-deliver")
        assert done.code == 2
        assert "several platforms" in done.stderr

    def test_a_changed_ca_changes_the_build(self, folder: Path) -> None:
        chosen = setup(build__ca_bundle="company ca,1.pem")
        written(folder, chosen)
        (folder / "company ca,1.pem").write_bytes(b"certificate")
        (argv,) = run_script(folder, "build.sh", "--no-deliver").of("docker", "buildx", "build")
        assert f"--build-arg=CA_SHA256={hashlib.sha256(b'certificate').hexdigest()}" in argv
        assert '--secret=id=ca,"src=company ca,1.pem"' in argv

    def test_a_missing_ca_stops_it(self, folder: Path) -> None:
        written(folder, setup(build__ca_bundle="ca.pem"))
        done = run_script(folder, "build.sh", "--no-deliver")
        assert done.code != 0
        assert "ca.pem" in done.stderr
        assert not done.of("docker", "buildx", "build")

    def test_home_in_a_path_is_that_of_whoever_runs_it(self, folder: Path) -> None:
        written(folder, setup(build__ca_bundle="~/ca's.pem"))
        (folder / "ca's.pem").write_bytes(b"certificate")
        (argv,) = run_script(folder, "build.sh", "--no-deliver").of("docker", "buildx", "build")
        assert f"--secret=id=ca,src={folder}/ca's.pem" in argv

    def test_a_failed_build_stops_it(self, folder: Path) -> None:
        written(folder, setup(images__registry="ghcr.io/acme"))
        done = run_script(folder, "build.sh", answers={"docker": (1, ""), "docker buildx version": (0, "")})
        assert done.code == 1
        assert not done.of("docker", "push")

    def test_without_buildx_it_says_so(self, folder: Path) -> None:
        done = run_script(written(folder, setup()), "build.sh", answers={"docker": (125, "")})
        assert done.code == 3
        assert "buildx" in done.stderr

    @pytest.mark.parametrize("wrong", [["--nonsense"], ["nothing"], ["--delivery"], ["notebook hub"]])
    def test_wrong_usage(self, folder: Path, wrong: list[str]) -> None:
        done = run_script(written(folder, setup()), "build.sh", *wrong)
        assert done.code == 2
        assert done.argv == []

    def test_help(self, folder: Path) -> None:
        for script in ("build.sh", "deploy.sh"):
            done = run_script(written(folder, setup()), script, "--help")
            assert (done.code, done.argv) == (0, [])
            assert done.stdout.startswith(f"Usage: ./{script}")


@pytest.mark.tier("docker", "buildx")
def test_the_real_docker_builds_with_it(folder: Path) -> None:
    chosen = setup(hub__proxy="traefik", images__hub__name="codehub-test/script", build__ca_bundle="it's a, ca.pem")
    written(folder, chosen)
    (folder / "it's a, ca.pem").write_text("certificate")
    (folder / "Dockerfile.hub").write_text("FROM scratch\nARG CA_SHA256\nLABEL ca=$CA_SHA256\nCOPY build /build\n")
    docker = parts.program("docker")
    assert docker
    try:
        done = subprocess.run([folder / "build.sh", "hub", "--no-deliver"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        label = [str(docker), "image", "inspect", "--format", "{{.Config.Labels.ca}}", chosen.hub_reference]
        seen = subprocess.run(label, capture_output=True, text=True, check=True)
        assert seen.stdout.strip() == hashlib.sha256(b"certificate").hexdigest()
    finally:
        subprocess.run([docker, "image", "rm", chosen.hub_reference], capture_output=True, check=False)


class TestDelivery:
    IMAGE = "code-server-notebook:1.0.0-0123456789ab"

    def deliver(
        self, folder: Path, *arguments: str, answers: Mapping[str, tuple[int, str]] | None = None, **fields: Any
    ) -> Ran:
        return run_script(written(folder, setup(**fields)), "build.sh", *arguments, answers=answers)

    @pytest.mark.parametrize(
        ("context", "expected"),
        [
            ("kind-dev", ["kind", "load", "docker-image", IMAGE, "--name", "dev"]),
            ("k3d-dev", ["k3d", "image", "import", "-c", "dev", IMAGE]),
            ("minikube", ["minikube", "-p", "minikube", "image", "load", IMAGE]),
            ("microk8s", ["k3s", "ctr", "images", "import", "-"]),
        ],
    )
    def test_by_the_contexts_name(self, folder: Path, context: str, expected: list[str]) -> None:
        listed = {"minikube -p minikube image ls": (0, f"docker.io/library/{self.IMAGE}\n")}
        done = self.deliver(folder, target__context=context, answers=listed)
        assert done.code == 0, done.stderr
        assert expected in done.argv

    def test_by_the_current_context_where_none_is_named(self, folder: Path) -> None:
        done = self.deliver(folder, answers={"kubectl config current-context": (0, "kind-x y\n")})
        assert ["kind", "load", "docker-image", self.IMAGE, "--name", "x y"] in done.argv

    def test_the_script_knows_the_same_contexts_as_codehub(self, folder: Path) -> None:
        written(folder, setup())
        for pattern, product in CONTEXT_PATTERNS:
            name = pattern.replace("*", "some")
            listed = {f"minikube -p {name} image ls": (0, f"docker.io/library/{self.IMAGE}\n")}
            done = run_script(folder, "build.sh", KUBE_CONTEXT=name, answers=listed)
            assert f"({deliveries(product)[0]})" in done.stderr

    def test_minikubes_silent_failure_is_noticed(self, folder: Path) -> None:
        done = self.deliver(folder, target__context="minikube")
        assert done.code == 1
        assert "did not load" in done.stderr

    def test_an_unknown_cluster_asks_for_the_way(self, folder: Path) -> None:
        done = self.deliver(folder, answers={"kubectl config current-context": (0, "prod")})
        assert done.code == 2
        assert "--delivery" in done.stderr
        assert not done.of("docker", "buildx", "build")

    def test_the_way_can_be_named(self, folder: Path) -> None:
        done = self.deliver(folder, "--delivery", "same-daemon")
        assert done.code == 0
        assert not done.of("docker", "push")

    def test_a_saved_image_is_piped_into_containerd(self, folder: Path) -> None:
        done = self.deliver(
            folder, target__delivery="ctr-import", answers={f"docker save {self.IMAGE}": (0, "the image")}
        )
        (call,) = [call for call in done.calls if call["argv"][0] == "k3s"]
        assert call["stdin"] == "the image"

    def test_a_docker_target_needs_no_delivery(self, folder: Path) -> None:
        done = self.deliver(folder, target__kind="docker")
        assert done.code == 0
        assert {argv[0] for argv in done.argv} == {"docker"}
        assert not done.of("docker", "tag")
        assert not (folder / "deploy.sh").exists()


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


printable = line.filter(lambda text: text.isprintable() and bool(text.strip()))
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@slow
@given(context=printable, chart=printable, value=printable, args=st.lists(printable, max_size=2))
@example(context="--help", chart="--post-renderer=x", value="", args=["$(touch pwned)"])
@example(context="".join(HOSTILE), chart="".join(HOSTILE), value="".join(HOSTILE), args=["".join(HOSTILE)])
def test_nothing_in_the_answers_breaks_out(context: str, chart: str, value: str, args: list[str]) -> None:
    chosen = setup(
        target__context=context,
        target__chart__source="./" + chart,
        target__delivery="kind-load",
        build__args={"APT_MIRROR": value},
        build__ca_bundle="./ca" + value.replace("/", "_"),
    )
    with tempfile.TemporaryDirectory() as place:
        folder = written(Path(place, "setup"), chosen)
        (folder / chosen.build.ca_bundle).write_bytes(b"certificate")
        before = sorted(folder.iterdir())
        built = run_script(folder, "build.sh")
        assert built.code == 0, built.stderr
        (argv,) = built.of("docker", "buildx", "build")
        assert f"--build-arg=APT_MIRROR={value}" in argv
        (secret,) = [word for word in argv if word.startswith("--secret=")]
        assert secret.replace('""', '"').replace('"src', "src").rstrip(
            '"'
        ) == f"--secret=id=ca,src={chosen.build.ca_bundle}".rstrip('"')
        name = context.removeprefix("kind-")
        own = f"{chosen.notebook_reference}-0123456789ab"
        assert built.of("docker", "tag") == [["docker", "tag", chosen.notebook_reference, own]]
        assert built.of("kind") == [["kind", "load", "docker-image", own, "--name", name]]
        deployed = run_script(folder, "deploy.sh", *args)
        if "--help" not in args and "-h" not in args:
            (argv,) = deployed.of("helm", "upgrade")
            assert argv[4] == "./" + chart
            assert argv[argv.index("--kube-context") + 1] == context
            assert argv[len(argv) - len(args) :] == args
        assert sorted(folder.iterdir()) == sorted([*before, folder / "images.yaml"])
