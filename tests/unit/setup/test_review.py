import pytest

from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers
from wizard.setup.review import require_sound, review
from wizard.setup.store import with_settings

USERS = "hub.auth.users=alice"
OIDC = [
    f"hub.auth.oidc.{name}=https://id.example.org/{name}" for name in ("authorize_url", "token_url", "userdata_url")
]


def found(*settings: str) -> dict[str, str]:
    return {problem.field: problem.level for problem in review(with_settings(Setup(), [USERS, *settings]))}


def test_the_defaults_with_a_user_are_sound() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    "settings,field,level",
    [
        (["code_server.version=v4.9999.0"], "code_server.version", "warning"),
        (["code_server.version=3.4.1", "code_server.method=npm"], "code_server.version", "error"),
        (["code_server.sudo=true"], "code_server.sudo", "warning"),
        (["images.notebook.tag=latest"], "images.notebook.tag", "error"),
        (["images.notebook.tag=latest", "images.registry=ghcr.io/a"], "images.notebook.tag", "warning"),
        (["images.hub.name=code-server-notebook"], "images.hub.name", "error"),
        (["build.platforms=[linux/amd64, linux/arm64]"], "build.platforms", "error"),
        (["build.platforms=[linux/amd64, linux/amd64]"], "build.platforms", "error"),
        (["build.args.NPM_TOKEN=abc"], "build.args.NPM_TOKEN", "error"),
        (["build.args.NPM_REGISTRY=https://me:pw@npm.example.org"], "build.args.NPM_REGISTRY", "error"),
        (["target.chart.version=0.9.0"], "target.chart.version", "error"),
        (["target.chart.version=3.0.0", "hub.auth.kind=native"], "target.chart.version", "warning"),
        (["target.chart.version=99.0.0"], "target.chart.version", "warning"),
        (["target.chart.version=3.3.8"], "hub.auth.kind", "error"),
        (["images.hub.base=quay.io/jupyterhub/k8s-hub:4.0.0"], "images.hub.base", "error"),
        (["target.context=kind-x", "target.delivery=minikube-load"], "target.delivery", "error"),
        (["target.context=gke_prod"], "images.registry", "error"),
        (["target.expose.kind=ingress"], "target.expose.host", "error"),
        (["target.expose.kind=ingress", "target.expose.tls=secret"], "target.expose.tls_secret", "error"),
        (["target.expose.kind=ingress", "target.expose.tls=cert-manager"], "target.expose.issuer", "error"),
        (["target.expose.node_port=80"], "target.expose.node_port", "error"),
        (["hub.auth.kind=dummy"], "hub.auth.kind", "error"),
        (["hub.auth.users="], "hub.auth.users", "warning"),
        (["hub.auth.kind=github"], "hub.auth.client_id", "error"),
        (["hub.auth.kind=github"], "hub.auth.callback_url", "error"),
        (["hub.auth.kind=github", "hub.auth.allow_all=true"], "hub.auth.allow_all", "warning"),
        (["hub.auth.kind=oidc", *OIDC[1:]], "hub.auth.oidc.authorize_url", "error"),
        (["hub.auth.kind=native", "hub.auth.admins="], "hub.auth.admins", "error"),
        (["hub.resources.cpu_guarantee=3"], "hub.resources.cpu_guarantee", "error"),
        (["hub.resources.memory_guarantee=2.5G"], "hub.resources.memory_guarantee", "error"),
        (["hub.resources.memory_limit=600M"], "hub.resources.memory_limit", "warning"),
    ],
)
def test_what_does_not_go_together_is_found_at_its_field(settings: list[str], field: str, level: str) -> None:
    assert found(*settings).get(field) == level


@pytest.mark.parametrize(
    "settings",
    [
        ["hub.auth.kind=dummy", "hub.auth.insecure_dummy=true"],
        ["hub.auth.kind=dummy", "target.kind=local"],
        ["images.hub.base=quay.io/jupyterhub/k8s-hub:4.4.0", "target.chart.version=4.4.0"],
        ["target.chart.version=3.3.8", "hub.auth.kind=native"],
        ["target.context=gke_prod", "images.registry=ghcr.io/acme"],
        ["target.expose.kind=ingress", "target.expose.host=hub.example.org"],
        ["hub.auth.kind=oidc", "hub.auth.client_id=x", "hub.auth.callback_url=https://h/hub/oauth_callback", *OIDC],
        ["hub.resources.memory_limit=", "hub.resources.memory_guarantee=8G"],
        ["build.platforms=[linux/amd64, linux/arm64]", "images.registry=ghcr.io/acme"],
    ],
)
def test_what_goes_together_is_left_alone(settings: list[str]) -> None:
    assert found(*settings) == {}


def test_errors_are_raised_and_warnings_returned() -> None:
    warned = require_sound(with_settings(Setup(), []), "codehub.yaml")
    assert [problem.field for problem in warned] == ["hub.auth.users"]
    with pytest.raises(InvalidAnswers) as caught:
        require_sound(with_settings(Setup(), ["hub.auth.kind=dummy"]), "codehub.yaml")
    assert [problem.field for problem in caught.value.problems] == ["hub.auth.kind"]


DOCKER = "target.kind=docker"
TLS = [DOCKER, "target.expose.host=hub.example.org", "target.expose.port=443"]
OWN = [*TLS, "target.docker.tls=files", "target.docker.certificate=a.pem", "target.docker.key=a.key"]
ACME = [*TLS, "target.docker.tls=letsencrypt", "hub.proxy=traefik"]


@pytest.mark.parametrize("settings", [[DOCKER], OWN, ACME, [DOCKER, "images.notebook.tag=2"]])
def test_sound_answers_for_a_docker_host(settings: list[str]) -> None:
    assert found(*settings) == {}


@pytest.mark.parametrize(
    "settings,field,level",
    [
        ([*OWN, "target.docker.key="], "target.docker.key", "error"),
        ([*OWN, "target.docker.certificate="], "target.docker.certificate", "error"),
        ([*OWN, "target.docker.key=a:b"], "target.docker.key", "error"),
        ([*OWN, "target.expose.host="], "target.expose.host", "error"),
        ([*OWN, "target.docker.redirect_port=443"], "target.docker.redirect_port", "error"),
        ([*TLS], "target.docker.tls", "warning"),
        ([*ACME, "hub.proxy=chp"], "hub.proxy", "error"),
        ([*ACME, "target.docker.acme_server=http://ca.example"], "target.docker.acme_server", "error"),
        ([*ACME, "target.expose.port=8000"], "target.expose.port", "warning"),
        (
            [DOCKER, "build.platforms=[linux/amd64, linux/arm64]", "images.registry=ghcr.io/acme"],
            "build.platforms",
            "error",
        ),
        ([DOCKER, "images.notebook.tag=latest"], "images.notebook.tag", "warning"),
    ],
)
def test_a_docker_hosts_answers_that_do_not_fit(settings: list[str], field: str, level: str) -> None:
    assert found(*settings) == {field: level}
