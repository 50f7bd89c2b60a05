"""The buildx command: everything passed on, nothing secret in it."""

import csv
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.tools import process
from wizard.tools.build_request import BuildRequest
from wizard.tools.buildx import arguments, environment, is_secret

REQUEST = BuildRequest(
    title="notebook image",
    dockerfile=Path("/setup/Dockerfile.notebook"),
    context=Path("/setup/context"),
    tags=("ghcr.io/acme/notebook:1", "ghcr.io/acme/notebook:latest"),
    args={"CODE_SERVER_VERSION": "v4.1", "HTTPS_PROXY": "http://me:hunter2@proxy:3128", "API_TOKEN": "hunter2"},
    secrets={"ca": Path("/certs/ca.pem")},
    labels={"codehub.setup": "a b"},
    platforms=("linux/amd64", "linux/arm64"),
    target="notebook",
    builder="team",
    env={"DOCKER_HOST": "tcp://10.0.0.1:2376"},
)


def test_everything_is_passed_on() -> None:
    argv = arguments(REQUEST)
    for option in (
        "--progress=rawjson", "--file=/setup/Dockerfile.notebook", "--builder=team", "--target=notebook", "--load",
        "--platform=linux/amd64,linux/arm64", "--provenance=false", "--tag=ghcr.io/acme/notebook:latest",
        "--label=codehub.setup=a b", "--build-arg=CODE_SERVER_VERSION=v4.1", "--secret=id=ca,src=/certs/ca.pem",
    ):  # fmt: skip
        assert option in argv
    assert argv[:3] == ["docker", "buildx", "build"]
    assert argv[-1] == "/setup/context"


def test_credentials_go_by_the_environment() -> None:
    assert "hunter2" not in shlex.join(arguments(REQUEST))
    assert {"--build-arg=HTTPS_PROXY", "--build-arg=API_TOKEN"} <= set(arguments(REQUEST))
    added = environment(REQUEST)
    assert added["HTTPS_PROXY"] == "http://me:hunter2@proxy:3128"
    assert added["API_TOKEN"] == "hunter2"
    assert added["DOCKER_HOST"] == "tcp://10.0.0.1:2376"
    assert added["BUILDX_METADATA_PROVENANCE"] == "disabled"
    assert "CODE_SERVER_VERSION" not in added


@pytest.mark.parametrize("name", ["PATH", "HOME", "DOCKER_HOST", "LD_PRELOAD", "BUILDX_BUILDER"])
def test_a_build_arg_never_changes_the_program_that_is_run(name: str) -> None:
    assert not is_secret(name, "https://me:pw@h/TOKEN")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_any_path_of_a_secret_survives_the_comma_separated_value(name: str) -> None:
    request = BuildRequest(title="t", dockerfile=Path("d"), context=Path(), tags=(), secrets={"ca": Path("/x") / name})
    (option,) = (word for word in arguments(request) if word.startswith("--secret="))
    assert next(csv.reader([option.removeprefix("--secret=")])) == ["id=ca", f"src={request.secrets['ca']}"]


async def test_the_tools_are_imported_without_their_slow_parts() -> None:
    names = sorted(path.stem for path in Path(process.__file__).parent.glob("*.py") if path.stem != "__init__")
    code = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(f'wizard.tools.{{name}}')\n"
        "print([name for name in ('docker', 'requests') if name in sys.modules])"
    )
    import sys

    done = await process.run([sys.executable, "-c", code], cwd=Path(process.__file__).parents[2])
    assert done.stdout.strip() == "[]", done.stderr
