"""compose.yaml: what is in it, that it can be read back, and that no secret is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.render.setups import line, setup
from wizard.errors import UsageError
from wizard.render import compose, render
from wizard.render.jupyterhub_config import SECRETS_VARIABLE
from wizard.render.secrets import Secrets
from wizard.tools.docker_compose import order, require_known
from wizard.tools.docker_container import files_of

TLS = {
    "target__expose__host": "hub.example.org",
    "target__docker__tls": "files",
    "target__docker__certificate": "tls/hub.pem",
    "target__docker__key": "/etc/hub.key",
}


def document(**fields: Any) -> dict[str, Any]:
    return compose.compose(setup(target__kind="docker", **fields))


@pytest.mark.parametrize("proxy", ["chp", "traefik"])
@pytest.mark.parametrize("tls", ["none", "files", "letsencrypt"])
def test_what_is_written_is_what_is_applied(proxy: str, tls: str) -> None:
    made = document(hub__proxy=proxy, **{**TLS, "target__docker__tls": tls})
    assert compose.parse(compose.compose_text(made)) == made
    require_known(made)
    assert order(made) == ["proxy", "hub"]


def test_a_dollar_sign_is_written_as_compose_reads_it() -> None:
    text = compose.compose_text(document(hub__proxy="traefik"))
    assert 'exec traefik "$$@"' in yaml.safe_load(text)["services"]["proxy"]["command"][2]


def test_the_socket_is_the_hubs_alone() -> None:
    services = document()["services"]
    assert [
        name for name, one in services.items() if any("docker.sock" in mount for mount in one.get("volumes", ()))
    ] == ["hub"]


def test_only_the_proxy_is_reached_from_outside() -> None:
    services = document(target__expose__port=8123)["services"]
    assert services["proxy"]["ports"] == ["127.0.0.1:8123:8000"]
    assert "ports" not in services["hub"]


@pytest.mark.parametrize(
    "fields,port",
    [
        ({"target__expose__host": "hub.example.org"}, "0.0.0.0:8000:8000"),
        ({"target__expose__host": "hub.example.org", "target__docker__address": "127.0.0.1"}, "127.0.0.1:8000:8000"),
        ({"target__docker__address": "::1"}, "[::1]:8000:8000"),
    ],
)
def test_where_it_listens(fields: dict[str, Any], port: str) -> None:
    assert document(**fields)["services"]["proxy"]["ports"] == [port]


def test_own_certificate_with_chp() -> None:
    proxy = document(**TLS, target__docker__redirect_port=80, target__expose__port=443)["services"]["proxy"]
    assert "--ssl-cert=/srv/tls/certificate.pem" in proxy["command"]
    assert "--redirect-to=443" in proxy["command"]
    assert proxy["ports"] == ["0.0.0.0:443:8000", "0.0.0.0:80:8080"]
    assert files_of(proxy) == ["proxy.env", "./tls/hub.pem", "/etc/hub.key"]


def test_own_certificate_with_traefik() -> None:
    fields = {**TLS, "hub__proxy": "traefik"}
    proxy = document(**fields)["services"]["proxy"]
    assert "./traefik-tls.yaml" in files_of(proxy)
    chosen = setup(target__kind="docker", **fields)
    told = yaml.safe_load(render(chosen, Secrets().complete(chosen))["traefik-tls.yaml"].text)
    assert told["tls"]["certificates"] == [{"certFile": "/srv/tls/certificate.pem", "keyFile": "/srv/tls/key.pem"}]
    assert {mount.split(":")[1] for mount in proxy["volumes"]} >= {"/srv/tls/certificate.pem", "/srv/tls/key.pem"}


def test_lets_encrypt() -> None:
    fields = {**TLS, "hub__proxy": "traefik", "target__docker__tls": "letsencrypt"}
    made = document(**fields, target__docker__email="admin@example.org")
    command = made["services"]["proxy"]["command"]
    assert "--certificatesresolvers.acme.acme.email=admin@example.org" in command
    assert "--entrypoints.http.http.tls.domains[0].main=hub.example.org" in command
    assert made["volumes"]["certificates"]["name"] == "codehub-certificates"
    assert not [word for word in command if "caserver" in word]


@given(name=st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True))
def test_all_that_is_made_bears_the_projects_name(name: str) -> None:
    made = document(target__docker__name=name)
    called = [one["container_name"] for one in made["services"].values()]
    called += [one["name"] for kind in ("networks", "volumes") for one in made[kind].values()]
    assert all(one == name or one.startswith(f"{name}-") for one in called)


def test_a_persons_own_services_are_not_half_applied() -> None:
    made = document()
    made["services"]["db"] = {
        "image": "postgres:16",
        "container_name": "db",
        "networks": {"default": {}},
        "tmpfs": "/x",
    }
    with pytest.raises(UsageError, match="docker compose up") as refused:
        require_known(made)
    assert "tmpfs" in refused.value.why


@pytest.mark.parametrize("text", ["", "a: [", "- x", "services: 3"])
def test_what_is_no_compose_file(text: str) -> None:
    with pytest.raises(UsageError, match=r"compose\.yaml cannot be read"):
        compose.parse(text)


@given(line, line)
def test_any_secret_reaches_the_hub_through_any_reader(first: str, second: str) -> None:
    """Nothing that a shell, docker or compose acts on in such a file: quotes begin nothing, no blank, $, # or '."""
    known = Secrets(document={"hub": {"config": {"A": {"one": first, "two": second}}}})
    text = compose.hub_environment(known, SECRETS_VARIABLE)
    name, _, value = text.splitlines()[-1].partition("=")
    assert name == SECRETS_VARIABLE
    assert not set(value) & set(" $#'`&|;<>()!*?~=")
    assert value.isascii()
    assert json.loads(value) == {"A": {"one": first, "two": second}}


def test_secrets_are_in_the_environment_files_alone() -> None:
    for proxy in ("chp", "traefik"):
        chosen = setup(target__kind="docker", target__verify="user", hub__proxy=proxy)
        secrets = Secrets().complete(chosen)
        assert len(secrets.values()) == 4
        files = render(chosen, secrets)
        for name, file in files.items():
            if name not in {"secrets.yaml", "hub.env", "proxy.env"}:
                assert not [secret for secret in secrets.values() if secret.encode() in file.content], name
        assert ("proxy.env" in files) == (proxy == "chp")
