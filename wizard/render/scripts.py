"""build.sh and deploy.sh: assets/scripts with this setup's settings filled in, each value quoted for the shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from wizard.assets import asset_text
from wizard.render.compose import ENVIRONMENT_HEAD
from wizard.render.export import secrets_template
from wizard.render.model import ImageBuild
from wizard.render.pins import HEADER, pin
from wizard.render.secrets import ALPHABET, PROXY_SECRETS, Secrets
from wizard.render.yaml_text import yaml_text
from wizard.setup.delivery import deliveries, resolve_delivery
from wizard.setup.model import Setup
from wizard.tools.products import CONTEXT_PATTERNS, guess_product
from wizard.tools.registry_credentials import login_key

CA_HASH = "CA_SHA256"
"""The build argument with the company CA's hash: worked out when the script runs, as the CA may have changed."""

_PINNED_TAG = "PINNED-TAG"
"""What assets/scripts/build.sh replaces by the tag of the image that was delivered."""


def build_script(setup: Setup, builds: Mapping[str, ImageBuild]) -> str:
    """build.sh for the images given, by name (notebook, hub)."""
    platforms = ",".join(setup.build.platforms)
    settings = [
        _assign("delivery", _delivery(setup)),
        _assign("context", setup.target.context),
        _assign("platforms", platforms),
        _array("images", builds),
        *_pins(setup, builds),
    ]
    functions = [_image_functions(name, build) for name, build in builds.items()]
    return _fill("build.sh", settings="\n".join(settings), ways="\n".join(_ways()), images="\n\n".join(functions))


def deploy_script(setup: Setup, secrets: Secrets) -> str:
    """deploy.sh for a Kubernetes target."""
    settings = [
        _assign("release", setup.target.release),
        _assign("namespace", setup.target.namespace),
        _assign("context", setup.target.context),
        f"chart=({_chart(setup)})",
        _assign("needs_secrets", "yes" if secrets.config else "no"),
    ]
    makes = makes_pull_secret(setup)
    if makes:
        settings.append(_assign("pull_secret", setup.target.pull_secret_name))
        settings.append(_assign("registry", login_key(setup.images.registry)))
    secret = asset_text("scripts/pull-secret.sh").rstrip("\n") if makes else ""
    return _fill("deploy.sh", settings="\n".join(settings), pull_secret=secret)


def makes_pull_secret(setup: Setup) -> bool:
    """Whether the deployment gives the cluster a login at the registry."""
    return setup.target.pull_secret_from_login and resolve_delivery(setup) == "push"


def docker_deploy_script(setup: Setup, secrets: Secrets, variable: str) -> str:
    """deploy.sh for a Docker host; variable: by which the hub gets its secrets."""
    settings = [
        _assign("project", setup.target.docker.name),
        _assign("image", setup.hub_reference),
        _assign("variable", variable),
        _array("proxy_secret", PROXY_SECRETS["chp"] if setup.hub.proxy == "chp" else ("", "")),
        _assign("alphabet", ALPHABET),
        _assign("environment_head", ENVIRONMENT_HEAD),
        _assign("template", secrets_template(setup, secrets)),
        _assign("program", asset_text("scripts/environment.py").partition('"""\n\n')[2]),
    ]
    return _fill("deploy-docker.sh", settings="\n".join(settings))


def volume_script(setup: Setup, name: str) -> str:
    """backup.sh or restore.sh (`name`) for a Docker host."""
    settings = [_assign("project", setup.target.docker.name), _assign("image", setup.hub_reference)]
    return _fill(name, settings="\n".join(settings))


def _pins(setup: Setup, builds: Iterable[str]) -> Iterable[str]:
    """What write_pins puts together: the parts of images.yaml, with a marker in place of the tag."""
    if setup.target.kind != "kubernetes":
        yield _assign("pinned", "no")
        for name in ("header", "hub", "notebook"):
            yield _assign(f"pins_{name}", "")
        return
    yield _assign("pinned", "yes")
    yield _assign("pins_header", "\n".join(f"# {line}" for line in HEADER.splitlines()))
    for name in ("hub", "notebook"):
        text = yaml_text(pin(setup, name, _PINNED_TAG)).rstrip("\n") if name in builds else ""
        yield _assign(f"pins_{name}", text)


def _fill(name: str, **parts: str) -> str:
    text = asset_text(f"scripts/{name}")
    for part, content in parts.items():
        marker = f"#: {part}\n"
        if text.count(marker) != 1:
            raise ValueError(f"assets/scripts/{name} needs one line {marker!r}")
        text = text.replace(marker, content + "\n" if content else "")
    return text


def _delivery(setup: Setup) -> str:
    """Left open for the script only where nothing but the cluster can tell."""
    undecided = setup.target.kind == "kubernetes" and setup.target.delivery == "auto" and not setup.images.registry
    if undecided and guess_product(setup.target.context) is None:
        return "auto"
    return resolve_delivery(setup)


def _ways() -> Iterable[str]:
    for pattern, product in CONTEXT_PATTERNS:
        yield f"    {pattern}) echo {deliveries(product)[0]} ;;"


def _assign(name: str, value: str) -> str:
    return f"{name}={shlex.quote(value)}"


def _array(name: str, values: Iterable[str]) -> str:
    return f"{name}=({' '.join(map(shlex.quote, values))})"


def _path(path: str) -> str:
    """A file's path as a word of the shell; `~/` stands for the home folder of whoever runs the script."""
    if path.startswith("~/"):
        return '"$HOME"/' + shlex.quote(path.removeprefix("~/"))
    return shlex.quote(path)


def _image_functions(name: str, build: ImageBuild) -> str:
    lines = [f"reference_{name}() {{", f"    printf '%s' {shlex.quote(build.reference)}", "}", "", f"build_{name}() {{"]
    lines.append(f"    local options=({shlex.quote(f'--file={build.dockerfile}')})")
    for key, value in build.args.items():
        if key != CA_HASH:
            lines.append(f"    options+=({shlex.quote(f'--build-arg={key}={value}')})")
    if "ca" in build.secrets:
        lines.append(f'    options+=("--build-arg={CA_HASH}=$(sha256 {_path(build.secrets["ca"])})")')
    for key, path in build.secrets.items():
        lines.append(f'    options+=("--secret=id={key},$(csv_field src={_path(path)})")')
    lines.append(f'    build {shlex.quote(build.reference)} {shlex.quote(build.context)} "${{options[@]}}"')
    return "\n".join([*lines, "}"])


def _chart(setup: Setup) -> str:
    """The chart as words of the shell; the same as `wizard.tools.helm_chart.Chart.arguments`."""
    chart = setup.target.chart
    version = ["--version", chart.version]
    if chart.source.startswith("oci://"):
        return shlex.join([chart.source, *version])
    if chart.source.startswith(("https://", "http://")):
        if chart.source.partition("?")[0].endswith((".tgz", ".tar.gz")):
            return shlex.quote(chart.source)
        return shlex.join(["jupyterhub", "--repo", chart.source, *version])
    # A bare name would be looked up among helm's repositories.
    local = chart.source if chart.source.startswith(("/", "~/", "./", "../")) else f"./{chart.source}"
    return _path(local)
