"""What each image is built with: build arguments, secrets and the files of its build context.

Pure: the person's own files are handed in. `docker build`, `build.sh` and the plan all use the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from wizard.catalog import chart_release, node_for, parse_version, source_build
from wizard.catalog.bundled import find_tag
from wizard.catalog.parse import tags_from_names
from wizard.files import content_hash
from wizard.render.contexts import LocalFiles, context_files, dockerfile
from wizard.render.hub_settings import AUTHENTICATORS
from wizard.render.model import ImageBuild
from wizard.setup.model import Setup

CA_SECRET = "ca"  # noqa: S105 - a name, not a secret
"""Id of the BuildKit secret that holds the company's CA."""

PROXY_ARGS = frozenset(
    spelled for name in ("HTTP", "HTTPS", "FTP", "NO", "ALL") for spelled in (f"{name}_PROXY", f"{name}_PROXY".lower())
)
"""Arguments that BuildKit knows without an ARG line, and keeps out of the image's history."""

_ARG = re.compile(r"^\s*ARG\s+(\w+)", re.MULTILINE)


def image_builds(setup: Setup, local_files: LocalFiles | None = None) -> dict[str, ImageBuild]:
    """How each image of the setup is built, by name: notebook, and hub where one is built.

    Raises UsageError, with the reason, for a code-server version that its way cannot build.
    """
    names = ["notebook", *(["hub"] if setup.builds_hub else [])] if setup.builds_images else []
    return {name: image_build(setup, name, local_files or {}) for name in names}


def image_build(setup: Setup, name: str, local_files: LocalFiles) -> ImageBuild:
    """How the image `notebook` or `hub` is built; `local_files` as for `wizard.render.contexts`, and the company CA."""
    args = notebook_args(setup) if name == "notebook" else hub_args(setup)
    ca = setup.build.ca_bundle
    if ca in local_files:
        args["CA_SHA256"] = content_hash(local_files[ca])
    return ImageBuild(
        reference=setup.notebook_reference if name == "notebook" else setup.hub_reference,
        dockerfile=f"Dockerfile.{name}",
        context=f"context/{name}",
        args={key: value for key, value in args.items() if value} | _own_args(setup, name, local_files),
        secrets={CA_SECRET: ca} if ca else {},
        platforms=tuple(setup.build.platforms),
        files=context_files(setup, name, local_files),
    )


def notebook_args(setup: Setup) -> dict[str, str]:
    """The arguments of Dockerfile.notebook that the answers decide; an empty one is the same as none."""
    code_server = setup.code_server
    return {
        "BASE_IMAGE": setup.images.notebook.base,
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
        "BASE_IMAGE": own_base or chart.hub_image,
        "PROXY": setup.hub.proxy,
        "AUTHENTICATOR": AUTHENTICATORS[setup.hub.auth.kind][0],
        "SPAWNER": "docker" if setup.target.kind == "docker" else "kubernetes",
        "CHART_VERSION": chart.version,
        # What a base of the person's own has in it is not known here.
        "JUPYTERHUB_VERSION": "" if own_base else chart.jupyterhub,
    }


def build_notices(setup: Setup, local_files: LocalFiles | None = None) -> list[str]:
    """What a person should know before the build: what it costs, what is uncertain, arguments that nothing reads."""
    notices: list[str] = []
    if setup.builds_images and setup.code_server.method == "source":
        build = source_build(setup.code_server.version)
        notices += [text for text in (build.cost(), build.warning) if text]
    builds = image_builds(setup, local_files)
    read = {name for build in builds.values() for name in build.args}
    unread = [name for name in setup.build.args if name not in read] if builds else []
    return notices + [
        f"build.args.{name} has no effect: no Dockerfile of this setup has such an ARG." for name in unread
    ]


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
            return {"CODE_SERVER_IMAGE": code_server.image or f"codercom/code-server:{version}"}
        case "npm":
            return {}
        case "source":
            return {"SOURCE_REPOSITORY": code_server.repository, **source_args(code_server.version)}


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


def _own_args(setup: Setup, name: str, local_files: LocalFiles) -> dict[str, str]:
    """The answers' build.args that this image's Dockerfile reads; they win over the answers'."""
    known = PROXY_ARGS | set(_ARG.findall(dockerfile(setup, name, local_files)))
    return {key: value for key, value in setup.build.args.items() if key in known}
