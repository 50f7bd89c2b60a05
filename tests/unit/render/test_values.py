"""config.yaml: valid for every chart that is supported, and saying what the answers say."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support import parts
from tests.unit.render.setups import every_deployment, setup
from wizard.render import render
from wizard.render.secrets import Secrets
from wizard.render.values import values
from wizard.setup.model import Setup
from wizard.setup.review import review

CHARTS = ("3.3.8", "4.0.0", "4.3.5", "4.4.0")


def _schema(version: str) -> dict[str, Any]:
    path = parts.SHARED / "schemas" / f"jupyterhub-{version}.values.schema.json"
    document: dict[str, Any] = _without_required(json.loads(path.read_text()))
    return document


def _without_required(part: Any) -> Any:
    """The chart's own values.yaml has the required keys; here keys and types matter."""
    if isinstance(part, dict):
        return {
            key: _without_required(item)
            for key, item in part.items()
            if key != "required" or not isinstance(item, list)
        }
    return [_without_required(item) for item in part] if isinstance(part, list) else part


def _merged(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """As Helm merges values files."""
    result = copy.deepcopy(lower)
    for key, value in upper.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if both else value
    return result


def _rendered(chosen: Setup) -> dict[str, Any]:
    """What Helm gets: config.yaml and secrets.yaml, read back from their texts."""
    files = render(chosen, Secrets().complete(chosen))
    secret = files.get("secrets.yaml")
    return _merged(yaml.safe_load(files["config.yaml"].text), yaml.safe_load(secret.text) if secret else {})


@pytest.mark.tier("shared")
@pytest.mark.parametrize("version", CHARTS)
def test_is_valid_for_the_charts_schema(version: str) -> None:
    validator = jsonschema.Draft7Validator(_schema(version))
    extras = {
        "images__registry": "ghcr.io/acme",
        "target__pull_secret": "pull",
        "hub__storage__storage_class": "fast",
        "code_server__sudo": True,
        "target__chart__version": version,
    }
    checked = 0
    for fields in ({"target__chart__version": version}, extras):
        for chosen in every_deployment(**fields):
            errors = [
                f"{'/'.join(map(str, error.path))}: {error.message}"
                for error in validator.iter_errors(_rendered(chosen))
            ]
            assert not errors, (chosen.hub.auth.kind, chosen.target.expose.kind, chosen.hub.proxy, errors)
            checked += 1
    assert checked == 2 * 6 * 4 * 2


GATEWAY = {
    "target__expose__kind": "gateway",
    "target__expose__host": "hub.example.org",
    "target__expose__gateway": "public",
    "target__expose__gateway_namespace": "gateways",
}


def test_a_gateway_gets_a_route() -> None:
    document = values(setup(**GATEWAY))
    assert document["httpRoute"] == {
        "enabled": True,
        "hostnames": ["hub.example.org"],
        "gateway": {"name": "public", "namespace": "gateways"},
    }
    assert document["ingress"] == {"enabled": False}
    assert document["proxy"]["service"]["type"] == "ClusterIP"
    assert "httpRoute" not in values(setup()), "charts before 4.3 refuse the key"


@pytest.mark.tier("shared")
@pytest.mark.parametrize("version,taken", [("4.0.0", False), ("4.3.5", True), ("4.4.0", True)])
def test_a_gateways_route_is_valid_where_the_chart_has_it(version: str, taken: bool) -> None:
    chosen = setup(**GATEWAY, target__chart__version=version)
    errors = list(jsonschema.Draft7Validator(_schema(version)).iter_errors(_rendered(chosen)))
    assert (errors == []) == taken, errors
    refused = [problem.field for problem in review(chosen) if problem.level == "error"]
    assert ("target.chart.version" in refused) == (not taken)


@pytest.mark.tier("shared")
def test_the_schemas_do_find_mistakes() -> None:
    validator = jsonschema.Draft7Validator(_schema("4.4.0"))
    wrong = _merged(_rendered(setup()), {"singleuser": {"image": {"tag": 1.0}}, "nonsense": True})
    assert len(list(validator.iter_errors(wrong))) == 2


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.tier(name)) for name in ("helm3", "helm4")])
@pytest.mark.parametrize("proxy", ["chp", "traefik"])
def test_helm_takes_it(name: str, proxy: str, tmp_path: Path) -> None:
    """With the tests' small chart, which refuses unknown keys as the real one does."""
    program = parts.program(name)
    assert program
    chosen = setup(
        hub__proxy=proxy,
        hub__auth__users=["alice"],
        target__expose__kind="ingress",
        target__expose__host="h.example.org",
    )
    for path in ("config.yaml", "secrets.yaml", "values.extra.yaml"):
        (tmp_path / path).write_bytes(render(chosen, Secrets().complete(chosen))[path].content)
    chart = parts.ROOT / "tests" / "charts" / "jupyterhub"
    argv: list[str | Path] = [program, "template", "jhub", chart, "--kube-version", "1.33.0"]
    for path in ("config.yaml", "secrets.yaml", "values.extra.yaml"):
        argv += ["--values", tmp_path / path]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    objects = {(item["kind"], item["metadata"]["name"]) for item in yaml.safe_load_all(done.stdout) if item}
    assert ("Deployment", "hub") in objects


class TestImages:
    def test_local_images_are_never_pulled(self) -> None:
        document = values(setup())
        assert document["singleuser"]["image"] == {
            "name": "code-server-notebook",
            "tag": "1.0.0",
            "pullPolicy": "Never",
        }
        assert document["prePuller"] == {"hook": {"enabled": False}, "continuous": {"enabled": False}}
        assert document["singleuser"]["cloudMetadata"] == {"blockWithIptables": False}

    def test_images_of_a_registry_are_pulled(self) -> None:
        document = values(setup(images__registry="localhost:5000/team", target__pull_secret="pull"))
        assert document["singleuser"]["image"]["name"] == "localhost:5000/team/code-server-notebook"
        assert document["singleuser"]["image"]["pullPolicy"] == "IfNotPresent"
        assert document["prePuller"]["hook"]["enabled"] is True
        assert document["singleuser"]["cloudMetadata"] == {"blockWithIptables": True}
        assert document["imagePullSecrets"] == ["pull"]

    def test_loaded_images_are_never_pulled_even_with_a_registry_in_their_names(self) -> None:
        document = values(setup(images__registry="ghcr.io/acme", target__delivery="kind-load"))
        assert document["singleuser"]["image"]["pullPolicy"] == "Never"

    def test_the_charts_own_hub_image_stays_where_none_is_built(self) -> None:
        assert "image" not in values(setup())["hub"]
        built = values(setup(images__hub__base="quay.io/jupyterhub/k8s-hub:4.4.0"))["hub"]["image"]
        assert built == {"name": "code-server-hub", "tag": "1.0.0", "pullPolicy": "Never"}


class TestExposure:
    def test_node_port(self) -> None:
        assert values(setup())["proxy"]["service"] == {"type": "NodePort"}
        fixed = values(setup(target__expose__node_port=30123))["proxy"]["service"]
        assert fixed == {"type": "NodePort", "nodePorts": {"http": 30123}}

    @pytest.mark.parametrize(("kind", "type_"), [("loadbalancer", "LoadBalancer"), ("port-forward", "ClusterIP")])
    def test_service_type(self, kind: str, type_: str) -> None:
        document = values(setup(target__expose__kind=kind))
        assert document["proxy"]["service"] == {"type": type_}
        assert document["ingress"] == {"enabled": False}

    def test_ingress_with_a_certificate_of_cert_manager(self) -> None:
        document = values(
            setup(
                target__expose__kind="ingress",
                target__expose__host="hub.example.org",
                target__expose__ingress_class="traefik",
                target__expose__tls="cert-manager",
                target__expose__issuer="letsencrypt",
            )
        )
        assert document["ingress"] == {
            "enabled": True,
            "hosts": ["hub.example.org"],
            "ingressClassName": "traefik",
            "annotations": {"cert-manager.io/cluster-issuer": "letsencrypt"},
            "tls": [{"hosts": ["hub.example.org"], "secretName": "jhub-tls"}],
        }
        assert document["proxy"]["service"] == {"type": "ClusterIP"}

    def test_nginx_lets_large_uploads_and_quiet_connections_through(self) -> None:
        document = values(setup(target__expose__kind="ingress", target__expose__host="minikube"))
        assert document["ingress"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"


class TestEditors:
    def test_run_the_guarded_server_as_an_ordinary_user(self) -> None:
        editor = values(setup())["singleuser"]
        assert editor["cmd"] == ["codehub-singleuser"]
        assert (editor["uid"], editor["fsGid"], editor["allowPrivilegeEscalation"]) == (1000, 1000, False)
        assert editor["storage"] == {"capacity": "2Gi", "homeMountPath": "/home/coder"}
        assert editor["memory"] == {"guarantee": "512M", "limit": "2G"}
        assert editor["cpu"] == {"guarantee": 0.1, "limit": 2}

    def test_no_limit_is_none(self) -> None:
        editor = values(setup(hub__resources__memory_limit="", hub__resources__cpu_limit=0.0))["singleuser"]
        assert editor["memory"]["limit"] is None
        assert editor["cpu"]["limit"] is None

    def test_sudo_needs_privilege_escalation(self) -> None:
        assert values(setup(code_server__sudo=True))["singleuser"]["allowPrivilegeEscalation"] is True

    def test_the_variable_that_the_server_reads(self) -> None:
        environment = values(setup(hub__cull__terminals_count=True))["singleuser"]["extraEnv"]
        settings = (parts.ROOT / "assets" / "singleuser" / "codehub_singleuser" / "settings.py").read_text()
        for name in environment:
            assert f'"{name}"' in settings
        assert environment == {"CODEHUB_TERMINAL_COUNTS": "1"}

    def test_a_short_idle_time_is_looked_at_often(self) -> None:
        assert values(setup(hub__cull__timeout=60))["cull"] == {"enabled": True, "timeout": 60, "every": 30}


class TestTraefik:
    def test_gets_what_the_charts_proxy_gets_and_runs_beside_the_hub(self) -> None:
        document = values(setup(hub__proxy="traefik", images__registry="ghcr.io/acme"))
        assert document["proxy"]["chp"]["defaultTarget"] == "http://hub:8000"
        container = document["hub"]["extraContainers"][0]
        assert container["image"] == "ghcr.io/acme/code-server-hub:1.0.0"
        assert container["imagePullPolicy"] == "IfNotPresent"
        assert document["hub"]["image"]["name"] == "ghcr.io/acme/code-server-hub"

    def test_only_the_releases_own_proxy_may_reach_it(self) -> None:
        rule = values(setup(hub__proxy="traefik", target__release="team"))["hub"]["networkPolicy"]["ingress"][0]
        assert rule["ports"] == [{"port": 8000, "protocol": "TCP"}]
        for peer in rule["from"]:
            labels = peer["podSelector"]["matchLabels"]
            assert "team" in labels.values()
            assert "proxy" in labels.values()

    def test_hub_and_container_agree_on_ports_and_files(self) -> None:
        hub = values(setup(hub__proxy="traefik"))["hub"]
        command, snippet = " ".join(hub["extraContainers"][0]["command"]), hub["extraConfig"]["10-traefik"]
        for shared in (r"/srv/traefik/rules\.toml", r"127\.0\.0\.1:8099", r":8000"):
            assert re.search(shared, command)
            assert re.search(shared, snippet)
        compile(snippet, "10-traefik", "exec")


def test_an_open_editor_does_not_pass_for_a_used_one() -> None:
    """The chart's proxy counts traffic, which an editor sends all the time; Traefik counts nothing."""
    chp = values(setup(hub={"proxy": "chp"}))["hub"]["extraConfig"]
    assert list(chp) == ["10-activity"]
    assert "last_activity" in chp["10-activity"]
    assert "10-activity" not in values(setup(hub={"proxy": "traefik"}))["hub"]["extraConfig"]
