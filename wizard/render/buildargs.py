"""What each image is built with: its Dockerfile, arguments, secrets and the files of its build context.

Pure: nothing is read but codehub's own files, and the person's are handed in. `docker build`, `build.sh` and the plan
all use the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePosixPath

from wizard.assets import asset_path, asset_text
from wizard.catalog import chart_release, node_for, parse_version, source_build
from wizard.catalog.bundled import find_tag
from wizard.catalog.parse import tags_from_names
from wizard.render.hub_settings import AUTHENTICATORS
from wizard.render.model import ImageBuild
from wizard.setup.model import Setup

CA_SECRET = "ca"  # noqa: S105 - a name, not a secret
"""Id of the BuildKit secret that holds the company's CA."""

ARM64_CHECKSUM = "RELEASE_SHA256_ARM64"
"""The argument of build.args for the checksum of a second architecture's release."""

PROXY_ARGS = frozenset(
    spelled for name in ("HTTP", "HTTPS", "FTP", "NO", "ALL") for spelled in (f"{name}_PROXY", f"{name}_PROXY".lower())
)
"""Arguments that BuildKit knows without an ARG line, and keeps out of the image's history."""

_NOTEBOOK_FOLDERS = {
    "build": "dockerfiles/build",
    "runtime": "dockerfiles/runtime",
    "home": "dockerfiles/home",
    "singleuser": "singleuser",
}
_HUB_FOLDERS = {"build/common": "dockerfiles/build/common"}
_HUB_SCRIPT = "hub.sh"

_EXTRA = """\

# ---- lines of your own, from {path} ----

FROM notebook AS extra
USER 0:0
{lines}
# Editors never run as root, whatever the lines above need.
USER 1000:1000
"""

_ARG = re.compile(r"^\s*ARG\s+(\w+)", re.MULTILINE)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_NOT_SHIPPED = ("__pycache__", ".mypy_cache", ".ruff_cache", ".egg-info", ".pyc")


def image_builds(setup: Setup, local_files: Mapping[str, bytes]) -> dict[str, ImageBuild]:
    """How each image of the setup is built, by name: notebook, and hub where one is built.

    local_files: content of the person's own files by their path as answered (`wizard.render.local_files.local_paths`;
    KeyError where one is missing), and the company CA where it is there. Raises UsageError, with the reason, for a
    code-server version that its way cannot build.
    """
    if not setup.builds_images:
        return {}
    builds = {"notebook": _notebook(setup, local_files)}
    if setup.builds_hub:
        builds["hub"] = _hub(setup, local_files)
    return builds


def _notebook(setup: Setup, local_files: Mapping[str, bytes]) -> ImageBuild:
    code_server, extra = setup.code_server, setup.images.notebook.extra
    text = asset_text("dockerfiles/Dockerfile.notebook")
    if extra:
        text += _EXTRA.format(path=extra, lines=local_files[extra].decode(errors="replace").strip())
    files = _shipped(_NOTEBOOK_FOLDERS)
    # The folder has to be there for the build, with or without extensions in it.
    files["extensions/.keep"] = b""
    local = (path for path in code_server.extensions if path.endswith(".vsix"))
    files |= {_vsix_name(number, path): local_files[path] for number, path in enumerate(local)}
    if code_server.settings:
        files["home/settings.json"] = local_files[code_server.settings]
    return _build(setup, "notebook", notebook_args(setup), text, files, local_files, _cost(setup))


def _hub(setup: Setup, local_files: Mapping[str, bytes]) -> ImageBuild:
    text = asset_text("dockerfiles/Dockerfile.hub")
    files = _shipped(_HUB_FOLDERS) | {f"build/{_HUB_SCRIPT}": asset_files("dockerfiles/build")[_HUB_SCRIPT]}
    return _build(setup, "hub", hub_args(setup), text, files, local_files)


def _build(
    setup: Setup,
    name: str,
    args: Mapping[str, str],
    text: str,
    files: Mapping[str, bytes],
    local_files: Mapping[str, bytes],
    notices: Iterable[str] = (),
) -> ImageBuild:
    ca = setup.build.ca_bundle
    # Secrets are no part of BuildKit's cache keys: the hash makes a changed CA rebuild.
    hashed = {"CA_SHA256": hashlib.sha256(local_files[ca]).hexdigest()} if ca in local_files else {}
    read = PROXY_ARGS | set(_ARG.findall(text))
    own = setup.build.args
    return ImageBuild(
        reference=setup.notebook_reference if name == "notebook" else setup.hub_reference,
        dockerfile=f"Dockerfile.{name}",
        text=text,
        context=f"image/{name}",
        args={key: value for key, value in args.items() if value}
        | hashed
        | {key: value for key, value in own.items() if key in read},
        secrets={CA_SECRET: ca} if ca else {},
        platforms=tuple(setup.build.platforms),
        files=dict(sorted(files.items())),
        notices=tuple(notices),
        unused=tuple(key for key in own if key not in read),
    )


def notebook_args(setup: Setup) -> dict[str, str]:
    """The arguments of Dockerfile.notebook that the answers decide; an empty one is the same as none."""
    code_server = setup.code_server
    return {
        "BASE_IMAGE": pinned(setup, setup.images.notebook.base),
        **_version_args(setup),
        **_method_args(setup),
        "JUPYTERHUB_VERSION": f"{chart_release(setup.target.chart.version).jupyterhub_major}.*",
        "EXTENSIONS": " ".join(name for name in code_server.extensions if not name.endswith(".vsix")),
        "EXTENSIONS_GALLERY": gallery_json(code_server.gallery),
        "PACKAGES": " ".join(code_server.packages),
        "SUDO": "1" if code_server.sudo else "",
        "BAKE_CA": "1" if setup.build.ca_bundle and setup.build.ca_at_runtime else "",
    }


def hub_args(setup: Setup) -> dict[str, str]:
    """The arguments of Dockerfile.hub that the answers decide; an empty one is the same as none."""
    chart = chart_release(setup.target.chart.version)
    own_base = setup.images.hub.base
    return {
        "BASE_IMAGE": pinned(setup, own_base or chart.hub_image),
        "PROXY": setup.hub.proxy,
        "AUTHENTICATOR": AUTHENTICATORS[setup.hub.auth.kind][0],
        "SPAWNER": "docker" if setup.target.kind == "docker" else "kubernetes",
        "CHART_VERSION": chart.version,
        # What a base of the person's own has in it is not known here.
        "JUPYTERHUB_VERSION": "" if own_base else chart.jupyterhub,
    }


def pinned(setup: Setup, reference: str) -> str:
    """A reference with the digest that `build.pins` has for it, if any."""
    digest = setup.build.pins.get(reference, "")
    return f"{reference}@{digest}" if digest and "@" not in reference else reference


def built_from(setup: Setup) -> dict[str, str]:
    """The references of the images that the setup's images are made from, without pins, by what they are for."""
    free = setup.model_copy(update={"build": setup.build.model_copy(update={"pins": {}})})
    if not free.builds_images:
        return {}
    found = {"base of the notebook image": notebook_args(free)["BASE_IMAGE"]}
    if free.code_server.method == "image":
        found["code-server"] = notebook_args(free)["CODE_SERVER_IMAGE"]
    if free.builds_hub:
        found["base of the hub image"] = hub_args(free)["BASE_IMAGE"]
    return found


def source_args(tag: str) -> dict[str, str]:
    """The arguments of a build from source: the steps of the tag's family.

    Raises UsageError, with the reason, for a tag that no family builds.
    """
    build = source_build(tag)
    # The architecture is known only inside the build, which may be for several.
    env = {name: value.replace("{node_arch}", "${NODE_ARCH}") for name, value in build.family.env}
    return {
        "CODE_SERVER_TAG": build.tag,
        "SOURCE_COMMANDS": " && ".join(build.commands),
        "SOURCE_ENV": " ".join(f"{name}={value}" for name, value in env.items()),
        "SOURCE_ARTIFACT": build.family.artifact,
        "SOURCE_MEMORY_MB": str(build.memory_gb * 1024),
    }


def gallery_json(service: str) -> str:
    """code-server's EXTENSIONS_GALLERY for a service address (…/vscode/gallery); empty for none, which is Open VSX.

    The addresses beside it are where Open VSX servers have theirs (code-server's docs/FAQ.md).
    """
    if not service:
        return ""
    root = service.rstrip("/").removesuffix("/gallery")
    return json.dumps(
        {
            "serviceUrl": service.rstrip("/"),
            "itemUrl": f"{root}/item",
            "resourceUrlTemplate": f"{root}/unpkg/{{publisher}}/{{name}}/{{version}}/{{path}}",
        }
    )


def _version_args(setup: Setup) -> dict[str, str]:
    tag = setup.code_server.version
    version = parse_version(tag)
    # Of a tag newer than this codehub, what can be worked out; never what a network said, which differs by machine.
    known = find_tag(tag) or next(iter(tags_from_names((tag,))), None)
    return {
        "METHOD": setup.code_server.method,
        "CODE_SERVER_VERSION": version.text if version else tag.removeprefix("v"),
        "VSCODE_VERSION": (known.vscode or "") if known else "",
        "NODE_VERSION": str(node_for(tag).major),
    }


def _method_args(setup: Setup) -> Mapping[str, str]:
    """The arguments that only the chosen way to code-server reads."""
    code_server = setup.code_server
    match code_server.method:
        case "release":
            return {"RELEASE_BASE_URL": code_server.release_url, "RELEASE_SHA256": code_server.checksum}
        case "image":
            version = _version_args(setup)["CODE_SERVER_VERSION"]
            return {"CODE_SERVER_IMAGE": pinned(setup, code_server.image or f"codercom/code-server:{version}")}
        case "npm":
            return {}
        case "source":
            return {"SOURCE_REPOSITORY": code_server.repository, **source_args(code_server.version)}


def _cost(setup: Setup) -> list[str]:
    """What a person should know before the notebook image is built."""
    if setup.code_server.method != "source":
        return []
    build = source_build(setup.code_server.version)
    return [text for text in (build.cost(), build.warning) if text]


def _shipped(folders: Mapping[str, str]) -> dict[str, bytes]:
    return {f"{name}/{path}": data for name, asset in folders.items() for path, data in asset_files(asset).items()}


@cache
def asset_files(folder: str) -> dict[str, bytes]:
    """The files of a shipped folder by their path in it; without what tools leave behind in a checkout."""
    root = asset_path(folder)
    files = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in files.items()
        if not any(part.endswith(_NOT_SHIPPED) for part in name.parts)
    }


def _vsix_name(number: int, path: str) -> str:
    """Numbered: two may have the same name, and they are installed in the order of the answers."""
    return f"extensions/{number:02}-{_UNSAFE.sub('_', PurePosixPath(path).name)}"
