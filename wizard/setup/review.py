"""What is wrong with the answers taken together; each finding names the field to change.

Only what can be known from the answers and the bundled catalogue: what depends on this machine or on a
cluster is checked by `doctor`, `plan` and `apply`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from wizard.catalog import Version, base_fit, closest, known_chart, known_tag, parse_version, why_not
from wizard.setup.delivery import can_deliver, resolve_delivery
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers, Problem
from wizard.setup.review_docker import docker_problems
from wizard.tools.products import guess_product

_SECRET_WORD = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY", re.IGNORECASE)
_CREDENTIALS = re.compile(r"://[^/@\s]+@")
_OLDEST_CHART = Version(2, 0, 0)
_OLDEST_SHOWN = Version(3, 3, 8)
_HTTP_ROUTE_SINCE = Version(4, 3, 0)
_SHARED_PASSWORD_SINCE = (5, 3)


def review(setup: Setup) -> list[Problem]:
    """Every problem of the answers together, errors first."""
    found = [problem for check in _CHECKS for problem in check(setup)]
    return sorted(found, key=lambda problem: problem.level != "error")


def require_sound(setup: Setup, where: str) -> list[Problem]:
    """The warnings; raises InvalidAnswers when there are errors."""
    problems = review(setup)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise InvalidAnswers(where, errors)
    return problems


def _warning(field: str, rule: str, fix: str = "", value: str = "") -> Problem:
    return Problem(field, rule, fix, value, "warning")


def _code_server(setup: Setup) -> Iterator[Problem]:
    answers = setup.code_server
    if known_tag(answers.version) is None:
        near = closest(answers.version, limit=1)
        yield _warning(
            "code_server.version",
            "is not in the list of known versions; the build will tell whether it exists",
            f"Did you mean {near[0].tag}?" if near else "See: codehub versions code-server",
            answers.version,
        )
    for arch in _architectures(setup):
        reason = why_not(answers.version, answers.method, arch=arch)
        if reason:
            yield Problem(
                "code_server.version", reason.rstrip("."), "Choose another version or method.", answers.version
            )
            break
    fits, sentence = base_fit(answers.version, setup.images.notebook.base, answers.method)
    if not fits:
        yield _warning("images.notebook.base", sentence.rstrip("."), value=setup.images.notebook.base)
    if answers.sudo:
        yield _warning(
            "code_server.sudo", "makes every user root in their own container, which weakens the cluster's protection"
        )


def _images(setup: Setup) -> Iterator[Problem]:
    for name, image in (("notebook", setup.images.notebook), ("hub", setup.images.hub)):
        if image.tag != "latest":
            continue
        field, fix = f"images.{name}.tag", "Use a tag that says what is in it, like 1.0.0."
        if setup.images.registry or setup.target.kind != "kubernetes":
            yield _warning(field, "nobody can tell which image `latest` was, and a roll-back has nothing to go to", fix)
        else:
            yield Problem(field, "with local images, `latest` makes Kubernetes look for a registry", fix, image.tag)
    if setup.builds_images and setup.notebook_reference == setup.hub_reference:
        yield Problem("images.hub.name", "both images have the same name and tag", "Name them differently.")
    if len(setup.build.platforms) > 1 and not setup.images.registry:
        yield Problem(
            "build.platforms",
            "an image for several platforms can only be kept in a registry",
            "Set images.registry, or build for one platform.",
        )
    if len(setup.build.platforms) != len(set(setup.build.platforms)):
        yield Problem("build.platforms", "a platform is named twice", "Name each once.")
    for name, value in setup.build.args.items():
        if _SECRET_WORD.search(name) or _CREDENTIALS.search(value):
            yield Problem(
                f"build.args.{name}",
                "looks like a secret, and build arguments can be read by everyone who has the image",
                "Use a mirror that needs no password, or one that your network lets this machine use.",
            )


def _chart(setup: Setup) -> Iterator[Problem]:
    if setup.target.kind != "kubernetes":
        return
    chosen = setup.target.chart.version
    release, version = known_chart(chosen), parse_version(chosen)
    if version and version < _OLDEST_CHART:
        yield Problem(
            "target.chart.version",
            "charts before 2.0.0 cannot be installed on today's Kubernetes, or lack what keeps editors private",
            "Choose a newer one: codehub versions chart",
            chosen,
        )
    elif version and version < _OLDEST_SHOWN:
        yield _warning(
            "target.chart.version", f"is older than {_OLDEST_SHOWN.text}, the oldest chart codehub is tried with"
        )
    if release is None:
        yield _warning("target.chart.version", "is not in the list of known charts", value=chosen)
    hub_base = setup.images.hub.base
    repository, _, tag = hub_base.rpartition(":")
    belongs_to = parse_version(tag.partition("@")[0])
    if repository.endswith("/k8s-hub") and belongs_to and belongs_to != version:
        yield Problem(
            "images.hub.base",
            f"this hub image belongs to chart {tag}, and the chart is {chosen}; the two must be of one version",
            "Leave it empty for the right one.",
            hub_base,
        )
    if release and setup.hub.auth.kind == "shared-password":
        hub = parse_version(release.jupyterhub)
        if hub and (hub.major, hub.minor) < _SHARED_PASSWORD_SINCE:
            yield Problem(
                "hub.auth.kind",
                f"the shared password needs JupyterHub 5.3, and chart {chosen} has {release.jupyterhub}",
                "Choose chart 4.2.0 or newer, or another login.",
                setup.hub.auth.kind,
            )


def _delivery(setup: Setup) -> Iterator[Problem]:
    if setup.target.kind != "kubernetes":
        return
    product = guess_product(setup.target.context)
    wanted = setup.target.delivery
    if product and wanted != "auto" and not can_deliver(product, wanted):
        yield Problem(
            "target.delivery",
            f"the context {setup.target.context!r} is {product}, which cannot get images this way",
            "Choose auto.",
            wanted,
        )
    if resolve_delivery(setup, product) == "push" and not setup.images.registry:
        yield Problem(
            "images.registry",
            "is needed, because the cluster can get the images from a registry only",
            "Write where to push, like ghcr.io/acme; or set target.delivery.",
        )


def _expose(setup: Setup) -> Iterator[Problem]:
    if setup.target.kind != "kubernetes":
        return
    expose = setup.target.expose
    if expose.kind == "ingress":
        if not expose.host:
            yield Problem("target.expose.host", "is needed for an ingress", "Write the name people will type.")
        if expose.tls == "secret" and not expose.tls_secret:
            yield Problem("target.expose.tls_secret", "is needed for TLS from a secret", "Name the secret.")
        if expose.tls == "cert-manager" and not expose.issuer:
            yield Problem("target.expose.issuer", "is needed for TLS by cert-manager", "Name the ClusterIssuer.")
    if expose.kind == "gateway":
        if not expose.host:
            yield Problem("target.expose.host", "is needed for a gateway", "Write the name people will type.")
        if not expose.gateway:
            yield Problem("target.expose.gateway", "is needed for a gateway", "Name the Gateway that takes the host.")
        version = parse_version(setup.target.chart.version)
        if version and version < _HTTP_ROUTE_SINCE:
            yield Problem(
                "target.chart.version",
                "is too old for a gateway: the chart makes HTTPRoutes from 4.3 on",
                "Choose a newer chart, or another target.expose.kind.",
                setup.target.chart.version,
            )
    if expose.node_port and not 30000 <= expose.node_port <= 32767:
        yield Problem(
            "target.expose.node_port",
            "must be from 30000 to 32767, or 0 for any",
            "Kubernetes gives out no other node ports by default.",
            str(expose.node_port),
        )


def _login(setup: Setup) -> Iterator[Problem]:
    auth = setup.hub.auth
    if auth.kind == "dummy" and setup.target.kind != "local" and not auth.insecure_dummy:
        yield Problem(
            "hub.auth.kind",
            "the dummy login lets in everybody who can reach the hub and knows its one password",
            "Choose another, or accept it with hub.auth.insecure_dummy=true where nobody else can reach it.",
            auth.kind,
        )
    if setup.uses_oauth:
        if not auth.client_id:
            yield Problem("hub.auth.client_id", "is needed for this login", "Take it from the provider's page.")
        if not setup.callback_url:
            yield Problem(
                "hub.auth.callback_url",
                "is needed, and cannot be worked out without a host name",
                "Write https://YOUR-HOST/hub/oauth_callback, the same as at the provider.",
            )
    if auth.kind == "oidc":
        for name in ("authorize_url", "token_url", "userdata_url"):
            if not getattr(auth.oidc, name):
                yield Problem(f"hub.auth.oidc.{name}", "is needed for OpenID Connect", "The provider documents it.")
    if auth.kind == "native" and not auth.admins:
        yield Problem("hub.auth.admins", "sign-up needs an admin who lets people in", "Name one.")
    open_to_someone = auth.users or auth.allow_all or (setup.uses_oauth and auth.organizations)
    if not open_to_someone and auth.kind != "native":
        yield _warning("hub.auth.users", "nobody but the admins can log in", "Name users, or set hub.auth.allow_all.")
    if setup.uses_oauth and auth.allow_all:
        yield _warning("hub.auth.allow_all", "lets in everybody who has an account at the provider")


def _resources(setup: Setup) -> Iterator[Problem]:
    resources = setup.hub.resources
    if resources.cpu_limit and resources.cpu_guarantee > resources.cpu_limit:
        yield Problem("hub.resources.cpu_guarantee", "is more than the limit", "Lower it, or raise cpu_limit.")
    guarantee, limit = _bytes(resources.memory_guarantee), _bytes(resources.memory_limit)
    if limit and guarantee > limit:
        yield Problem("hub.resources.memory_guarantee", "is more than the limit", "Lower it, or raise memory_limit.")
    if limit and limit < 1024**3:
        yield _warning(
            "hub.resources.memory_limit", "code-server with one tab takes about half a gigabyte", "Give at least 1G."
        )


def _architectures(setup: Setup) -> list[str]:
    return [platform.rpartition("/")[2] for platform in setup.build.platforms]


def _bytes(memory: str) -> float:
    if not memory:
        return 0.0
    power = " KMGT".find(memory[-1])
    return float(memory[:-1]) * 1024**power if power > 0 else float(memory)


_CHECKS: tuple[Callable[[Setup], Iterator[Problem]], ...] = (
    _code_server,
    _images,
    _chart,
    _delivery,
    _expose,
    docker_problems,
    _login,
    _resources,
)
