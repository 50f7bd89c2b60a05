"""What makes a single answer valid. Each rule takes a string and returns it, or raises RuleError.

Sources: distribution/reference (image references), RFC 1123 as Kubernetes applies it (names), Helm
(release names), Kubernetes' resource.Quantity, Debian policy 5.6.1 (package names), Open VSX (extension ids).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit


class RuleError(ValueError):
    """An answer breaks a rule: `rule` says what is asked for, `fix` what to write instead."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.fix = fix


Rule = Callable[[str], str]

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_TAG = re.compile(r"\w[\w.-]*", re.ASCII)
_QUANTITY = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i?|Ki|[mk])?")
_STORAGE = re.compile(r"[1-9][0-9]*(?:\.[0-9]+)?(?:[KMGTPE]i?|k)")
_CHART_MEMORY = re.compile(r"[0-9]+(?:\.[0-9]+)?[KMGT]?")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9]+)?(?:=[0-9A-Za-z.+:~-]+)?")
_EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\.[A-Za-z0-9][A-Za-z0-9._-]*(?:@[0-9A-Za-z.+-]+)?")
_CODE_SERVER_TAG = re.compile(r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?")
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")
_PLATFORM = re.compile(r"linux/(?:amd64|arm64)")
_USER = re.compile(r"[^\s\x00-\x1f\x7f/\"'\\,]{1,255}")
_ARG_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIALS = re.compile(r"//[^/@\s]+@")

MAX_TAG = 128
"""Characters of an image tag (distribution/reference)."""


def optional(rule: Rule) -> Rule:
    """The same rule, but an empty answer is valid too."""
    return lambda value: value if value == "" else rule(value)


def plain_text(value: str) -> str:
    """One line of text without control characters."""
    if not value.isprintable():
        raise RuleError("must be one line without control characters", "Type it again rather than pasting it.")
    return value


def path(value: str) -> str:
    """The path of a file or folder; one that begins with '-' would be taken for an option."""
    if value.startswith("-"):
        raise RuleError("a path that begins with '-' would be taken for an option", f"Write ./{value}.")
    return plain_text(value)


def _name(value: str, pattern: re.Pattern[str], most: int, kind: str, example: str) -> str:
    if len(value) > most:
        raise RuleError(f"{kind} has at most {most} characters; this has {len(value)}", "Shorten it.")
    if not pattern.fullmatch(value):
        raise RuleError(
            f"{kind} is made of lower-case letters, digits and '-', and begins and ends with a letter or digit",
            f"Write something like {example}.",
        )
    return value


def namespace(value: str) -> str:
    """A Kubernetes namespace: a DNS-1123 label of at most 63 characters."""
    return _name(value, _DNS_LABEL, 63, "a namespace", "codehub")


def release(value: str) -> str:
    """A Helm release: a DNS-1123 name of at most 53 characters."""
    return _name(value, _DNS_LABEL, 53, "a release name", "jhub")


def object_name(value: str) -> str:
    """The name of a Kubernetes object: a DNS-1123 subdomain of at most 253 characters."""
    return _name(value, _DNS_SUBDOMAIN, 253, "a Kubernetes name", "fast-ssd")


def host(value: str) -> str:
    """A host name, without scheme, port or path."""
    if "://" in value or "/" in value or ":" in value:
        raise RuleError(
            "a host is only a name, without https://, port or path", "Write something like hub.example.org."
        )
    name = _name(value, _DNS_SUBDOMAIN, 253, "a host name", "hub.example.org")
    if any(len(label) > 63 for label in name.split(".")):
        raise RuleError("each part of a host name has at most 63 characters", "Shorten the long part.")
    return name


def context(value: str) -> str:
    """The name of a kube context: any printable text."""
    if not value.strip():
        raise RuleError("a kube context has a name", "List yours with: kubectl config get-contexts")
    return plain_text(value)


def image_name(value: str) -> str:
    """The name of an image, without registry, tag and digest."""
    _reference(value)
    first, slash, _ = value.partition("/")
    if slash and ("." in first or first == "localhost" or first != first.lower()):
        raise RuleError("an image name has no registry in it", "Put the registry into images.registry.")
    if ":" in value or "@" in value:
        raise RuleError("an image name has no tag or digest", "Put the tag into its own field.")
    return value


def image_tag(value: str) -> str:
    """An image tag: at most 128 letters, digits, '_', '.', '-', not beginning with '.' or '-'."""
    if len(value) > MAX_TAG:
        raise RuleError(f"a tag has at most {MAX_TAG} characters; this has {len(value)}", "Shorten it.")
    if not _TAG.fullmatch(value):
        raise RuleError(
            "a tag is made of letters, digits, '_', '.' and '-', and does not begin with '.' or '-'",
            "Write something like 1.0.0.",
        )
    return value


def image_reference(value: str) -> str:
    """A whole image reference: registry, name, tag and digest, the last two optional."""
    _reference(value)
    return value


def registry(value: str) -> str:
    """Where images are pushed to: HOST[:PORT][/PATH]."""
    if "://" in value:
        raise RuleError("a registry has no https:// in front", f"Write {value.split('://', 1)[1] or 'ghcr.io/acme'}.")
    first, _, path = value.partition("/")
    if not ("." in first or ":" in first or first == "localhost"):
        raise RuleError(
            "a registry begins with a host: a name with a dot, a port, or localhost",
            f"For Docker Hub write docker.io/{value}.",
        )
    if value.endswith("/"):
        raise RuleError("a registry does not end with '/'", f"Write {value.rstrip('/')}.")
    _reference(f"{value}/image" if path else f"{first}/image")
    return value


def _reference(value: str) -> None:
    from docker_image.digest import InvalidDigest
    from docker_image.reference import InvalidReference, Reference

    example = "Write something like debian:bookworm-slim or ghcr.io/acme/base:1.0."
    try:
        parsed = Reference.parse_normalized_named(value)
    except (InvalidReference, InvalidDigest, ValueError) as error:
        raise RuleError(f"this is not an image reference: {error}", example) from error
    domain, path = parsed.split_hostname()
    port = domain.rpartition(":")[2] if ":" in domain else ""
    if port and not 0 < int(port) <= 65535:
        raise RuleError(f"{port} is not a port; ports go from 1 to 65535", "Write the registry's port.")
    if len(path) > 255:
        raise RuleError(f"an image's name has at most 255 characters; this has {len(path)}", "Shorten it.")
    if parsed["tag"]:
        image_tag(parsed["tag"])


def storage(value: str) -> str:
    """A volume's size as a Kubernetes quantity with a unit."""
    if not _STORAGE.fullmatch(value):
        raise RuleError("a size is a number above zero with a unit: Ki, Mi, Gi, Ti (or k, M, G, T)", "Write 2Gi.")
    return value


def memory(value: str) -> str:
    """Memory as KubeSpawner reads it: a number with K, M, G or T (powers of 1024); empty for none.

    Source: traitlets ByteSpecification in jupyterhub.traitlets, which refuses Kubernetes' "Gi".
    """
    if not _CHART_MEMORY.fullmatch(value):
        raise RuleError(
            "memory is a number with K, M, G or T, which the hub counts in powers of 1024; not Ki, Mi, Gi",
            f"Write {value.rstrip('iB') or '2G'}." if _QUANTITY.fullmatch(value) else "Write 512M or 2G.",
        )
    return value


def code_server_tag(value: str) -> str:
    """A code-server version as its tags are written: v4.100.0, 3.4.1, v4.0.0-rc.1."""
    if not _CODE_SERVER_TAG.fullmatch(value):
        raise RuleError("a code-server version has three numbers, like v4.100.0", "See: codehub versions code-server")
    return value


def version(value: str) -> str:
    """A semantic version of a chart."""
    if not _VERSION.fullmatch(value):
        raise RuleError("a chart version has three numbers, like 4.4.0", "See: codehub versions chart")
    return value


def extension(value: str) -> str:
    """An extension: an Open VSX id (publisher.name, optionally @version) or the path of a .vsix file."""
    if value.endswith(".vsix"):
        return path(value)
    if not _EXTENSION.fullmatch(value):
        raise RuleError(
            "an extension is publisher.name as on Open VSX, optionally @version, or the path of a .vsix file",
            "Write something like ms-python.python.",
        )
    return value


def package(value: str) -> str:
    """A Debian package, optionally with =version."""
    if not _PACKAGE.fullmatch(value):
        raise RuleError("this is not the name of a Debian package", "Write something like git or python3-venv.")
    return value


def platform(value: str) -> str:
    """A platform that images can be built for."""
    if not _PLATFORM.fullmatch(value):
        raise RuleError("images are built for linux/amd64 and linux/arm64", "Write linux/amd64.")
    return value


def url(value: str) -> str:
    """An http or https address without credentials in it."""
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid or not value.isprintable() or " " in value:
        raise RuleError("this is not an http:// or https:// address", "Write something like https://example.org/.")
    if _CREDENTIALS.search(value):
        raise RuleError("an address that is saved must not hold a password", "Leave out user:password@.")
    return value


def chart_source(value: str) -> str:
    """Where the chart comes from: a repository (https://), an OCI reference (oci://), a folder or a .tgz file."""
    if value.startswith("oci://"):
        _reference(value.removeprefix("oci://"))
        return value
    if "://" in value:
        return url(value)
    if not value.strip():
        raise RuleError("the chart comes from somewhere", "Write https://hub.jupyter.org/helm-chart/ or a folder.")
    return path(value)


def user(value: str) -> str:
    """A user name as people log in with it."""
    if not _USER.fullmatch(value) or not value.isprintable() or value.startswith("-"):
        raise RuleError(
            "a user name has no blanks, quotes, commas or slashes, and does not begin with '-'",
            "Write something like alice.",
        )
    if value != value.lower():
        raise RuleError("JupyterHub turns user names into lower case", f"Write {value.lower()}.")
    return value


def build_arg(value: str) -> str:
    """The name of a build argument."""
    if not _ARG_NAME.fullmatch(value):
        raise RuleError(
            "a build argument's name is made of letters, digits and '_'", "Write something like APT_MIRROR."
        )
    return value


def checksum(value: str) -> str:
    """A SHA-256 checksum in hexadecimal."""
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise RuleError("a checksum is 64 hexadecimal digits (SHA-256)", "Get it with: sha256sum FILE")
    return value


def digest(value: str) -> str:
    """The digest of an image's manifest."""
    if not value.startswith("sha256:"):
        raise RuleError("a digest begins with sha256:", "Let `codehub pin` find it.")
    return "sha256:" + checksum(value.removeprefix("sha256:"))
