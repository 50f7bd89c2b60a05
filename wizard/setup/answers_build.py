"""Answers about what is built: code-server, the two images, and how they are built."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from wizard.setup import rules
from wizard.setup.ask import (
    Answers,
    ArgName,
    Ask,
    Choice,
    Digest,
    Extension,
    ImageName,
    ImageReference,
    ImageTag,
    OptionalChecksum,
    OptionalPath,
    OptionalReference,
    OptionalRegistry,
    OptionalUrl,
    Package,
    Platform,
    Text,
)
from wizard.setup.defaults import default_code_server_version

Method = Literal["release", "npm", "source", "image"]

METHODS = (
    Choice(
        "release", "release archive", "The official build, downloaded and unpacked: quick. Needs GitHub or a mirror."
    ),
    Choice("npm", "npm package", "Installed and compiled by npm: two to five minutes. Needs an npm registry."),
    Choice("image", "official image", "Copied out of codercom/code-server: quick. Needs Docker Hub or a mirror."),
    Choice("source", "from source", "Cloned and built: up to an hour, 8 to 16 GB of memory. For patched versions."),
)


class CodeServer(Answers):
    """The editor that every user gets."""

    version: Annotated[
        str,
        AfterValidator(rules.code_server_tag),
        Ask(
            "Version",
            "The code-server release to build in. `codehub versions code-server` lists them with their VS Code.",
            "docker build --build-arg CODE_SERVER_VERSION={value}",
            example="v4.133.0",
        ),
    ] = Field(default_factory=default_code_server_version)
    method: Annotated[
        Method,
        Ask(
            "Way to get it", "How code-server comes into the image.", "docker build --build-arg METHOD={value}", METHODS
        ),
    ] = "release"
    release_url: Annotated[
        OptionalUrl,
        Ask(
            "Release mirror",
            "Base address of a mirror of code-server's releases; empty: the official one.",
            "docker build --build-arg RELEASE_BASE_URL={value}",
            when=lambda setup: setup.code_server.method == "release",
            advanced=True,
        ),
    ] = ""
    checksum: Annotated[
        OptionalChecksum,
        Ask(
            "Checksum",
            "SHA-256 of the release archive; a download that differs stops the build. Empty: not checked.",
            "docker build --build-arg RELEASE_SHA256={value}",
            when=lambda setup: setup.code_server.method == "release",
            advanced=True,
        ),
    ] = ""
    repository: Annotated[
        OptionalUrl,
        Ask(
            "Source repository",
            "Address of the git repository to clone; empty: the official one.",
            "docker build --build-arg SOURCE_REPOSITORY={value}",
            when=lambda setup: setup.code_server.method == "source",
            advanced=True,
        ),
    ] = ""
    image: Annotated[
        OptionalReference,
        Ask(
            "Image to copy from",
            "An image that has code-server in it; empty: codercom/code-server of the version.",
            "docker build --build-arg CODE_SERVER_IMAGE={value}",
            when=lambda setup: setup.code_server.method == "image",
            advanced=True,
        ),
    ] = ""
    extensions: Annotated[
        list[Extension],
        Ask(
            "Extensions",
            "Open VSX ids or paths of .vsix files, baked into the image outside the home folder.",
            "docker build --build-arg EXTENSIONS={value}",
            example="ms-python.python",
        ),
    ] = []
    packages: Annotated[
        list[Package],
        Ask(
            "Debian packages",
            "Added to the notebook image with apt, beside git and a few basics.",
            "docker build --build-arg PACKAGES={value}",
            example="python3-venv",
        ),
    ] = []
    gallery: Annotated[
        OptionalUrl,
        Ask(
            "Extension gallery",
            "Service address of an own gallery (…/vscode/gallery); empty: Open VSX.",
            "docker build --build-arg EXTENSIONS_GALLERY (made from {value})",
            advanced=True,
        ),
    ] = ""
    settings: Annotated[
        OptionalPath,
        Ask(
            "Default settings",
            "Path of a settings.json for new users; empty: codehub's own few defaults.",
            "COPY {value}",
            advanced=True,
        ),
    ] = ""
    sudo: Annotated[
        bool,
        Ask(
            "Allow sudo",
            "Users become root in their own container. Only for people you trust with the node.",
            "config.yaml: singleuser.allowPrivilegeEscalation: {value}",
            when=lambda setup: setup.builds_images,
            advanced=True,
            docker="jupyterhub_config.py: DockerSpawner.extra_host_config: security_opt",
        ),
    ] = False


class NotebookImage(Answers):
    """The image that every user's server runs in."""

    name: Annotated[
        ImageName,
        Ask(
            "Notebook image",
            "Name of the image with code-server.",
            'config.yaml: singleuser.image.name: "{value}"',
            docker="docker build --tag {value}:TAG",
        ),
    ] = "code-server-notebook"
    tag: Annotated[
        ImageTag,
        Ask(
            "Notebook tag",
            "Never re-used for other content.",
            'config.yaml: singleuser.image.tag: "{value}"',
            docker="docker build --tag NAME:{value}",
        ),
    ] = "1.0.0"
    base: Annotated[
        ImageReference,
        Ask(
            "Base image",
            "A Debian or Ubuntu image that the notebook image is built on.",
            "docker build --build-arg BASE_IMAGE={value}",
            advanced=True,
        ),
    ] = "debian:bookworm-slim"
    extra: Annotated[
        OptionalPath,
        Ask(
            "Extra Dockerfile lines",
            "Path of a file with Dockerfile lines of your own, added near the end of Dockerfile.notebook.",
            "Dockerfile.notebook: the lines of {value}",
            advanced=True,
        ),
    ] = ""


class HubImage(Answers):
    """The image that the hub runs in."""

    name: Annotated[
        ImageName,
        Ask(
            "Hub image",
            "Name of the image with JupyterHub.",
            'config.yaml: hub.image.name: "{value}"',
            docker="docker build --tag {value}:TAG",
        ),
    ] = "code-server-hub"
    tag: Annotated[
        ImageTag,
        Ask(
            "Hub tag",
            "Never re-used for other content.",
            'config.yaml: hub.image.tag: "{value}"',
            docker="docker build --tag NAME:{value}",
        ),
    ] = "1.0.0"
    base: Annotated[
        OptionalReference,
        Ask(
            "Hub base image",
            "Empty: the chart's own hub image, of the chart's version.",
            "docker build --build-arg BASE_IMAGE={value}",
            advanced=True,
        ),
    ] = ""


class Images(Answers):
    """Names and tags of the images, and the registry they are pushed to."""

    registry: Annotated[
        OptionalRegistry,
        Ask(
            "Registry",
            "Where the images are pushed, like ghcr.io/acme; empty: they stay on this machine and its local cluster.",
            "docker push {value}/NAME:TAG",
            example="ghcr.io/acme",
        ),
    ] = ""
    notebook: NotebookImage = NotebookImage()
    hub: HubImage = HubImage()


class Build(Answers):
    """How the images are built."""

    platforms: Annotated[
        list[Platform],
        Ask(
            "Platforms",
            "What the cluster's nodes run on; several need a registry.",
            "docker buildx build --platform {value}",
            advanced=True,
        ),
        Field(min_length=1),
    ] = ["linux/amd64"]
    ca_bundle: Annotated[
        OptionalPath,
        Ask(
            "Company CA",
            "Path of a PEM file with your company's CA, trusted while the images are built.",
            "docker build --secret id=ca,src={value}",
            advanced=True,
        ),
    ] = ""
    ca_at_runtime: Annotated[
        bool,
        Ask(
            "CA in the image too",
            "Bake the company CA into the notebook image, for git, pip and extensions at run time.",
            "docker build --build-arg BAKE_CA=1",
            when=lambda setup: bool(setup.build.ca_bundle),
            advanced=True,
        ),
    ] = False
    args: Annotated[
        dict[ArgName, Text],
        Ask(
            "Build arguments",
            "Mirrors and the like: APT_MIRROR, PIP_INDEX_URL, NPM_REGISTRY. No passwords: they end up in the image.",
            "docker build --build-arg {value}",
            advanced=True,
        ),
    ] = {}
    pins: Annotated[
        dict[ImageReference, Digest],
        Ask(
            "Pinned images",
            "What images are built from, by digest, so that a moved tag changes nothing. `codehub pin` fills it in.",
            "docker build --build-arg BASE_IMAGE=REFERENCE@DIGEST",
            advanced=True,
        ),
    ] = {}
