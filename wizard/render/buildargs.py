"""What each image is built from: the Dockerfile, its arguments and secrets, and the files of its build context.

Pure: nothing is read but codehub's own files. What depends on the disk (the CA's hash, the text of the user's extra
lines) or on an engine (the base image's digest) is handed in. `docker build`, `build.sh` and the plan use the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from wizard.assets import asset_path, asset_text
from wizard.catalog import chart_release, node_for, parse_version, source_build
from wizard.catalog.bundled import find_tag
from wizard.catalog.parse import tags_from_names
from wizard.render import model
from wizard.render.hub_settings import AUTHENTICATORS
from wizard.setup.model import Setup

CA_SECRET = "ca"  # noqa: S105 - a name, not a secret
"""Id of the BuildKit secret that holds the company's CA."""

PROXY_ARGS = tuple(f"{name}_PROXY" for name in ("HTTP", "HTTPS", "FTP", "NO", "ALL"))
"""Arguments that BuildKit knows without an ARG line, and keeps out of the image's history."""

_ARG = re.compile(r"^\s*ARG\s+(\w+)", re.MULTILINE)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_NOT_SHIPPED = ("__pycache__", ".mypy_cache", ".ruff_cache", ".egg-info", ".pyc")


@dataclass(frozen=True)
class ContextFile:
    """A file of a build context; `source` None stands for an empty one, which keeps its folder there."""

    target: str
    source: Path | None = None


@dataclass(frozen=True)
class ImageBuild:
    """All that one image is built from.

    image: which of the two; dockerfile: its text; base: reference of the image it starts from; args: build
    arguments in a fixed order; secrets: BuildKit secret id to the file that holds it; context: the files beside the
    Dockerfile, by their path there; notices: what a person should know before the build; unused: names of build.args
    that this Dockerfile has no ARG for.
    """

    image: Literal["notebook", "hub"]
    reference: str
    dockerfile: str
    base: str
    args: Mapping[str, str]
    secrets: Mapping[str, Path]
    context: tuple[ContextFile, ...]
    platforms: tuple[str, ...]
    notices: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def dockerfile_name(self) -> str:
        """The Dockerfile's name in the setup folder."""
        return f"Dockerfile.{self.image}"


def image_builds(setup: Setup, local_files: Mapping[str, bytes]) -> dict[str, model.ImageBuild]:
    """How each image of the setup is built, by name (notebook, and hub where one is), from what is handed in alone.

    local_files: content of the person's own files by their path as answered; KeyError where one is missing
    (`wizard.render.local_files.local_paths`). Raises UsageError as `notebook_build` does.
    """
    if not setup.builds_images:
        return {}
    here = Path()
    ca = local_files.get(setup.build.ca_bundle)
    ca_sha256 = hashlib.sha256(ca).hexdigest() if ca is not None else ""
    extra = setup.images.notebook.extra
    lines = local_files[extra].decode(errors="replace") if extra else ""
    builds = [notebook_build(setup, here, ca_sha256=ca_sha256, extra=lines)]
    if setup.builds_hub:
        builds.append(hub_build(setup, here, ca_sha256=ca_sha256))
    own = {here / Path(path).expanduser(): content for path, content in local_files.items()}
    return {build.image: _with_content(setup, build, own) for build in builds}


def _with_content(setup: Setup, build: ImageBuild, own: Mapping[Path, bytes]) -> model.ImageBuild:
    shipped = asset_path(".")
    files = {}
    for file in build.context:
        if file.source is None:
            files[file.target] = b""
        else:
            files[file.target] = file.source.read_bytes() if shipped in file.source.parents else own[file.source]
    return model.ImageBuild(
        reference=build.reference,
        dockerfile=build.dockerfile_name,
        text=build.dockerfile,
        context=f"image/{build.image}",
        args=build.args,
        secrets={CA_SECRET: setup.build.ca_bundle} if setup.build.ca_bundle else {},
        platforms=build.platforms,
        files=files,
        notices=build.notices,
        unused=build.unused,
    )


def notebook_dockerfile(extra: str = "") -> str:
    """Dockerfile.notebook; the user's own lines become a last stage of their own, which ends as `coder` again."""
    text = asset_text("dockerfiles/Dockerfile.notebook")
    if not extra.strip():
        return text
    return (
        f"{text.rstrip()}\n\n# ---- lines of your own {'-' * 88}\n\n"
        f"FROM notebook AS extra\nUSER root\n{extra.strip()}\nUSER 1000:1000\n"
    )


def hub_dockerfile() -> str:
    """Dockerfile.hub."""
    return asset_text("dockerfiles/Dockerfile.hub")


def notebook_build(
    setup: Setup, folder: Path, *, ca_sha256: str = "", base_digest: str = "", extra: str = ""
) -> ImageBuild:
    """What the notebook image is built from.

    folder: the setup folder, which relative paths of the answers start from; ca_sha256: hash of the company's CA file,
    if there is one; base_digest: of the base image, if known; extra: the user's Dockerfile lines.
    Raises UsageError, with the reason, for a code-server version that its way cannot build.
    """
    code_server = setup.code_server
    dockerfile = notebook_dockerfile(extra)
    notices: list[str] = []
    args = {
        "BASE_IMAGE": setup.images.notebook.base,
        "BASE_DIGEST": base_digest,
        **_code_server_args(setup),
        **_method_args(setup, notices),
        "JUPYTERHUB_VERSION": f"{chart_release(setup.target.chart.version).jupyterhub_major}.*",
        "EXTENSIONS": " ".join(name for name in code_server.extensions if not name.endswith(".vsix")),
        "EXTENSIONS_GALLERY": gallery_json(code_server.gallery),
        "PACKAGES": " ".join(code_server.packages),
        "SUDO": "1" if code_server.sudo else "",
        "BAKE_CA": "1" if setup.build.ca_bundle and setup.build.ca_at_runtime else "",
        "CA_SHA256": ca_sha256,
    }
    own, unused = _own_args(setup, dockerfile)
    settings = {"home/settings.json": folder / code_server.settings} if code_server.settings else {}
    context = {
        **_assets("dockerfiles/build", "build"),
        **_assets("dockerfiles/runtime", "runtime"),
        **_assets("dockerfiles/home", "home"),
        **_assets("singleuser", "singleuser"),
        **settings,
        "extensions/.keep": None,
        **_vsix_files(code_server.extensions, folder),
    }
    return ImageBuild(
        image="notebook",
        reference=setup.notebook_reference,
        dockerfile=dockerfile,
        base=setup.images.notebook.base,
        args={name: value for name, value in args.items() if value} | own,
        secrets=_secrets(setup, folder),
        context=_context(context),
        platforms=tuple(setup.build.platforms),
        notices=tuple(notices),
        unused=unused,
    )


def hub_build(setup: Setup, folder: Path, *, ca_sha256: str = "", base_digest: str = "") -> ImageBuild:
    """What the hub image is built from; only of use where `setup.builds_hub`. Parameters as `notebook_build`'s."""
    chart = chart_release(setup.target.chart.version)
    base = setup.images.hub.base or chart.hub_image
    dockerfile = hub_dockerfile()
    args = {
        "BASE_IMAGE": base,
        "BASE_DIGEST": base_digest,
        "PROXY": setup.hub.proxy,
        "AUTHENTICATOR": AUTHENTICATORS[setup.hub.auth.kind][0],
        "SPAWNER": "docker" if setup.target.kind == "docker" else "kubernetes",
        "CHART_VERSION": chart.version,
        # Of a base of the user's own it is not known here.
        "JUPYTERHUB_VERSION": "" if setup.images.hub.base else chart.jupyterhub,
        "CA_SHA256": ca_sha256,
    }
    own, unused = _own_args(setup, dockerfile)
    return ImageBuild(
        image="hub",
        reference=setup.hub_reference,
        dockerfile=dockerfile,
        base=base,
        args={name: value for name, value in args.items() if value} | own,
        secrets=_secrets(setup, folder),
        context=_context(_assets("dockerfiles/build", "build")),
        platforms=tuple(setup.build.platforms),
        unused=unused,
    )


def gallery_json(service: str) -> str:
    """The value of code-server's EXTENSIONS_GALLERY for a service address (…/vscode/gallery); empty for Open VSX.

    The addresses beside it are where Open VSX servers have them (code-server's docs/FAQ.md).
    """
    if not service:
        return ""
    root = service.rstrip("/").removesuffix("/gallery")
    template = f"{root}/unpkg/{{publisher}}/{{name}}/{{version}}/{{path}}"
    return f'{{"serviceUrl":"{service.rstrip("/")}","itemUrl":"{root}/item","resourceUrlTemplate":"{template}"}}'


def _code_server_args(setup: Setup) -> dict[str, str]:
    tag = setup.code_server.version
    # Of a tag newer than this codehub, what can be worked out; never what a network said, which differs by machine.
    known = find_tag(tag) or next(iter(tags_from_names((tag,))), None)
    version = parse_version(tag)
    return {
        "METHOD": setup.code_server.method,
        "CODE_SERVER_VERSION": version.text if version else tag.removeprefix("v"),
        "VSCODE_VERSION": (known.vscode or "") if known else "",
        "NODE_VERSION": str(node_for(tag).major),
    }


def _method_args(setup: Setup, notices: list[str]) -> dict[str, str]:
    """The arguments that only one way to code-server reads."""
    code_server = setup.code_server
    version = _code_server_args(setup)["CODE_SERVER_VERSION"]
    match code_server.method:
        case "release":
            return {"RELEASE_BASE_URL": code_server.release_url, "RELEASE_SHA256": code_server.checksum}
        case "image":
            return {"CODE_SERVER_IMAGE": code_server.image or f"codercom/code-server:{version}"}
        case "npm":
            return {}
        case "source":
            build = source_build(code_server.version)
            notices += [text for text in (build.cost(), build.warning) if text]
            # The architecture is known only inside the build, which may be for several.
            env = {name: value.replace("{node_arch}", "${NODE_ARCH}") for name, value in build.family.env}
            return {
                "CODE_SERVER_TAG": build.tag,
                "SOURCE_REPOSITORY": code_server.repository,
                "SOURCE_COMMANDS": " && ".join(build.commands),
                "SOURCE_ENV": " ".join(f"{name}={value}" for name, value in env.items()),
                "SOURCE_ARTIFACT": build.family.artifact,
                "SOURCE_MEMORY_MB": str(build.memory_gb * 1024),
            }


def _own_args(setup: Setup, dockerfile: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The answers' build.args that this Dockerfile takes, and the names of those it does not."""
    known = {*_ARG.findall(dockerfile), *PROXY_ARGS, *(name.lower() for name in PROXY_ARGS)}
    given = setup.build.args
    return (
        {name: value for name, value in given.items() if name in known},
        tuple(name for name in given if name not in known),
    )


def _secrets(setup: Setup, folder: Path) -> dict[str, Path]:
    return {CA_SECRET: folder / Path(setup.build.ca_bundle).expanduser()} if setup.build.ca_bundle else {}


def _assets(source: str, target: str) -> dict[str, Path | None]:
    root = asset_path(source)
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        str(PurePosixPath(target, *path.relative_to(root).parts)): path
        for path in files
        if not any(part.endswith(_NOT_SHIPPED) for part in path.relative_to(root).parts)
    }


def _vsix_files(extensions: Iterable[str], folder: Path) -> dict[str, Path | None]:
    """Local extensions, numbered: two may have the same name, and they are installed in the order of the answers."""
    found: dict[str, Path | None] = {}
    for number, name in enumerate(name for name in extensions if name.endswith(".vsix")):
        path = folder / Path(name).expanduser()
        found[f"extensions/{number:02}-{_UNSAFE.sub('_', path.name)}"] = path
    return found


def _context(files: Mapping[str, Path | None]) -> tuple[ContextFile, ...]:
    return tuple(ContextFile(target, source) for target, source in sorted(files.items()))
