"""One source of truth: what a hub without Helm is configured with is what the chart's hub gets."""

import ast
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.render.setups import AUTH, every_deployment, line, setup
from wizard.render.hub_settings import SINGLEUSER_COMMAND
from wizard.render.jupyterhub_config import CULLER, LocalPlace, docker_config, local_config
from wizard.render.values import values
from wizard.setup.model import Setup
from wizard.setup.questions import questions
from wizard.tools.verify_hub import SERVICE


def place(folder: str = "/run", **environment: str) -> LocalPlace:
    return LocalPlace(
        folder=folder, port=8000, hub_port=8081, api_port=8001, python="/venv/bin/python",
        singleuser="/venv/bin/codehub-singleuser", proxy_command=("node", "chp.js"), environment=environment,
    )  # fmt: skip


def settings_of(text: str) -> Any:
    """The data in a jupyterhub_config.py, as Python reads it."""
    assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    [found] = [node.value for node in assigned if ast.unparse(node.targets[0]) == "SETTINGS"]
    return ast.literal_eval(found)


def name_of(cluster: Setup) -> str:
    return f"{cluster.hub.auth.kind}-{cluster.hub.proxy}-{cluster.target.expose.kind}"


@pytest.mark.parametrize("cluster", every_deployment(hub__cull__terminals_count=True), ids=name_of)
def test_local_says_what_the_chart_says(cluster: Setup) -> None:
    chart = values(cluster)
    target = cluster.target.model_copy(update={"kind": "local"})
    local = settings_of(local_config(cluster.model_copy(update={"target": target}), place(PATH="/bin")))
    for class_name, traits in chart["hub"]["config"].items():
        for trait, value in traits.items():
            assert local[class_name][trait] == value, (class_name, trait)
    assert tuple(chart["singleuser"]["cmd"]) == SINGLEUSER_COMMAND
    assert local["Spawner"]["cmd"] == ["/venv/bin/codehub-singleuser", *SINGLEUSER_COMMAND[1:]]
    assert local["Spawner"]["environment"] == {**chart["singleuser"]["extraEnv"], "PATH": "/bin"}
    culler, verify = local["JupyterHub"]["services"]
    assert verify == {"name": SERVICE}
    assert f"--timeout={chart['cull']['timeout']}" in culler["command"]
    assert f"--cull-every={chart['cull']['every']}" in culler["command"]
    assert [role["services"] for role in local["JupyterHub"]["load_roles"]] == [[CULLER], [SERVICE]]


@pytest.mark.parametrize("cluster", every_deployment(hub__cull__terminals_count=True), ids=name_of)
def test_docker_says_what_the_chart_says(cluster: Setup) -> None:
    chart = values(cluster)
    target = cluster.target.model_copy(update={"kind": "docker"})
    text = docker_config(cluster.model_copy(update={"target": target}))
    here = settings_of(text)
    for class_name, traits in chart["hub"]["config"].items():
        for trait, value in traits.items():
            assert here[class_name][trait] == value, (class_name, trait)
    single = chart["singleuser"]
    assert here["Spawner"]["cmd"] == single["cmd"] == list(SINGLEUSER_COMMAND)
    assert here["Spawner"]["environment"] == single["extraEnv"]
    assert here["Spawner"]["start_timeout"] == single["startTimeout"]
    spawner = here["DockerSpawner"]
    assert spawner["image"] == f"{single['image']['name']}:{single['image']['tag']}"
    assert list(spawner["volumes"].values()) == [single["storage"]["homeMountPath"]]
    assert spawner["mem_limit"] == single["memory"]["limit"]
    assert spawner["extra_host_config"]["mem_reservation"] == single["memory"]["guarantee"]
    assert spawner["cpu_limit"] == single["cpu"]["limit"]
    culler = here["JupyterHub"]["services"][0]["command"]
    assert f"--timeout={chart['cull']['timeout']}" in culler
    assert f"--cull-every={chart['cull']['every']}" in culler
    # How use is told from an open tab, and what a refused login says: the chart's hub and this one have the same lines.
    for name, piece in chart["hub"]["extraConfig"].items():
        assert (piece in text) == (name != "10-traefik")


@pytest.mark.parametrize("kind", AUTH)
def test_a_refused_login_is_explained_alike_everywhere(kind: str) -> None:
    chosen = setup(hub__auth__kind=kind, hub__proxy="traefik")
    there = [text for text in values(chosen)["hub"]["extraConfig"].values() if "OAuthenticator.authenticate" in text]
    assert bool(there) == chosen.uses_oauth
    for text in there:
        assert text in local_config(setup(hub__auth__kind=kind, target__kind="local"), place())
        assert text in docker_config(setup(hub__auth__kind=kind, target__kind="docker"))


def test_activity_is_measured_alike_everywhere() -> None:
    """The proxy's count of traffic would keep every open tab alive: no target may use it."""
    quiet = "QuietConfigurableHTTPProxy"
    assert quiet in values(setup(hub__proxy="chp"))["hub"]["extraConfig"]["10-activity"]
    assert quiet in docker_config(setup(target__kind="docker", hub__proxy="chp"))
    assert quiet in local_config(setup(target__kind="local", hub__proxy="chp"), place())


def test_a_user_who_may_become_root_gets_no_raw_packets() -> None:
    """Root of a container could send packets to the hub that are meant for somebody else's network."""
    sudo = settings_of(docker_config(setup(target__kind="docker", code_server__sudo=True)))["DockerSpawner"]
    assert sudo["extra_host_config"]["cap_drop"] == ["NET_RAW"]
    usual = settings_of(docker_config(setup(target__kind="docker")))["DockerSpawner"]
    assert usual["extra_host_config"]["cap_drop"] == ["ALL"]


def test_no_limits_where_none_are_asked_for() -> None:
    free = {"hub__resources__memory_limit": "", "hub__resources__memory_guarantee": "", "hub__resources__cpu_limit": 0}
    spawner = settings_of(docker_config(setup(target__kind="docker", hub__resources__cpu_guarantee=0, **free)))[
        "DockerSpawner"
    ]
    assert not {"mem_limit", "cpu_limit"} & set(spawner)
    assert not {"memswap_limit", "mem_reservation"} & set(spawner["extra_host_config"])


def test_the_service_that_tries_the_hub_is_there_only_where_it_is_asked_for() -> None:
    with_user = docker_config(setup(target__kind="docker", target__verify="user"))
    assert [one["name"] for one in settings_of(with_user)["JupyterHub"]["services"]] == [CULLER, SERVICE]
    assert "CodehubVerify" in with_user
    without = docker_config(setup(target__kind="docker", target__verify="hub"))
    assert "CodehubVerify" not in without
    assert SERVICE not in without


def test_nothing_is_culled_where_nothing_shall_be() -> None:
    local = settings_of(local_config(setup(target__kind="local", hub__cull__enabled=False), place()))
    assert [one["name"] for one in local["JupyterHub"]["services"]] == [SERVICE]


def test_only_this_machine_reaches_a_hub_of_processes() -> None:
    hub = settings_of(local_config(setup(target__kind="local"), place()))["JupyterHub"]
    assert hub["bind_url"] == "http://127.0.0.1:8000"
    assert hub["hub_ip"] == "127.0.0.1"


@given(folder=line, user=line)
def test_any_path_and_variable_survives(folder: str, user: str) -> None:
    """The file is Python: whatever a path holds, it says that path and nothing else; homes are formatted once more."""
    made = settings_of(local_config(setup(target__kind="local"), place(f"/{folder}", WHO=user)))
    assert made["Spawner"]["environment"]["WHO"] == user
    template = made["SimpleLocalProcessSpawner"]["home_dir_template"]
    assert template.format(username="alice") == f"/{folder}/home/alice"


@given(st.text("{}ab", max_size=6))
def test_braces_in_a_path_are_no_placeholders(name: str) -> None:
    made = settings_of(local_config(setup(target__kind="local"), place(f"/{name}")))
    template = made["SimpleLocalProcessSpawner"]["home_dir_template"]
    assert template.format(username="alice") == f"/{name}/home/alice"


def test_no_secret_is_in_the_file() -> None:
    text = local_config(setup(target__kind="local", hub__auth__kind="shared-password"), place())
    assert "user_password" not in text
    assert "admin_password" not in text


@pytest.mark.parametrize("kind", ["docker", "local"])
def test_the_line_below_an_answer_is_one_of_the_file_that_this_target_has(kind: str) -> None:
    chosen = setup(target__kind=kind, hub__proxy="traefik", hub__auth__allow_all=True)
    text = docker_config(chosen) if kind == "docker" else local_config(chosen, place())
    settings = settings_of(text)
    named = 0
    for question in questions():
        shown = question.becomes(chosen)
        if not question.applies(chosen):
            continue
        assert not shown.startswith("config.yaml"), question.path
        if found := re.match(r"jupyterhub_config\.py: (\w+)\.(\w+)(?:: (\w+): )?", shown):
            class_name, trait, part = found.groups()
            assert trait in settings[class_name], question.path
            assert part is None or part in settings[class_name][trait], question.path
            named += 1
    assert named >= (9 if kind == "docker" else 7)
