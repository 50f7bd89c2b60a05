"""build.sh and deploy.sh: clean for shellcheck, and exactly the commands meant, whatever the answers hold."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support import parts
from tests.unit.render.script_runs import run_script, written
from tests.unit.render.setups import HOSTILE, line, setup
from wizard.setup.model import Setup


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
        setup(images__registry="ghcr.io/acme", target__pull_secret_from_login=True),
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
