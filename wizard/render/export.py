"""A setup as files to hand on: without secrets unless they are asked for, and the same bytes for the same setup."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.errors import UsageError
from wizard.render.secrets import FILE as SECRETS
from wizard.render.secrets import GROUPS, HEADER, Secrets, left_over, needed
from wizard.render.yaml_text import yaml_text
from wizard.setup.model import Setup

EXAMPLE = "secrets.example.yaml"
"""Stands for secrets.yaml in an export without secrets: under another name, so that it is never deployed as it is."""

_HEADER = """\
The secrets of this setup are not in this export. Make them, put each in place of its PUT-THE-…-HERE, and save this
file as secrets.yaml with `chmod 600 secrets.yaml`; keep it out of version control.{maker}
"""
_MAKER = "\nOr let ./deploy.sh make it, with all but what comes from a login provider."
DOCKER_HOST = "compose.yaml"
"""Only a setup for one Docker host has this file; its deploy.sh makes secrets.yaml."""

_FROM_PROVIDER = "from the page of your app at the login provider"
_RANDOM = "openssl rand -hex 24"
_SECRET_NAME = re.compile(r"(password|passwd|secret|token|private_?key|api_?key|cookie_?secret)$", re.IGNORECASE)


@dataclass(frozen=True)
class ExportFile:
    """One file of an export."""

    content: bytes = field(repr=False)
    mode: int = 0o644


def export_files(files: Mapping[str, ExportFile], secrets: Secrets, *, with_secrets: bool) -> dict[str, ExportFile]:
    """The files of an export, by path, sorted; `files` are those of the setup folder.

    Without secrets, secrets.yaml is replaced by EXAMPLE with a placeholder for each, and the command that creates it.
    """
    chosen = {path: file for path, file in files.items() if path != SECRETS}
    if with_secrets and secrets.text:
        chosen[SECRETS] = ExportFile(secrets.text.encode(), 0o600)
    elif not with_secrets and secrets.document:
        maker = _MAKER if DOCKER_HOST in files else ""
        chosen[EXAMPLE] = ExportFile(example_text(secrets, maker).encode())
    return dict(sorted(chosen.items()))


def example_text(secrets: Secrets, maker: str = "") -> str:
    """secrets.yaml with a placeholder for every value, and how to create each as a comment; maker: what does it too."""
    ways = [f"{'.'.join(path)}: {_way(path)}" for path, _ in _leaves(secrets.document)]
    return yaml_text(_placeholders(secrets.document), comment=_HEADER.format(maker=maker) + "\n" + "\n".join(ways))


def secrets_template(setup: Setup, secrets: Secrets) -> str:
    """secrets.yaml for a script: MAKE-A-TOKEN, or MAKE-3-GROUPS, for what it is to make, else PUT-THE-…-HERE."""
    document = _placeholders(secrets.document)
    config = document.get("hub", {}).get("config", {})
    for class_name, trait in left_over(setup):
        # Of an earlier answer: nobody could say what to put there.
        if config.get(class_name, {}).pop(trait, None) is not None and not config[class_name]:
            del config[class_name]
    for class_name, trait, kind in needed(setup):
        traits = config.get(class_name, {})
        if kind != "given" and trait in traits:
            traits[trait] = "MAKE-A-TOKEN" if kind == "token" else f"MAKE-{GROUPS[kind]}-GROUPS"
    return yaml_text(document, comment=HEADER)


def suspicious_names(values: Mapping[str, Any]) -> list[str]:
    """Dotted names in a person's own values that look like secrets with a value, to be warned about."""
    return [
        ".".join(path)
        for path, value in _leaves(values)
        if value and isinstance(value, str) and _looks_secret(path[-1])
    ]


def tar_bytes(files: Mapping[str, ExportFile], top: str, *, compress: bool) -> bytes:
    """A tar archive with all files below the folder `top`: no times, owners or machine in it.

    Raises UsageError for a `top` that is not a plain file name.
    """
    if not top or "/" in top or top in {".", ".."}:
        raise UsageError(
            f"{top!r} cannot be the folder in an archive.", fix="Name the archive something like codehub.tar.gz."
        )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in _folders(files, top):
            archive.addfile(_member(folder, tarfile.DIRTYPE, 0o755))
        for path, file in sorted(files.items()):
            member = _member(f"{top}/{path}", tarfile.REGTYPE, file.mode)
            member.size = len(file.content)
            archive.addfile(member, io.BytesIO(file.content))
    return gzip.compress(out.getvalue(), mtime=0) if compress else out.getvalue()


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = kind, mode
    return member


def _folders(files: Mapping[str, ExportFile], top: str) -> list[str]:
    found = {top}
    for path in files:
        parts = path.split("/")[:-1]
        found |= {"/".join([top, *parts[: count + 1]]) for count in range(len(parts))}
    return sorted(found)


def _way(path: tuple[str, ...]) -> str:
    return _FROM_PROVIDER if path[-1] == "client_secret" else _RANDOM


def _placeholders(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any YAML
    if isinstance(value, Mapping):
        return {key: _placeholders(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_placeholders(item, name) for item in value]
    return f"PUT-THE-{re.sub('[^A-Z0-9]+', '-', name.upper()).strip('-') or 'SECRET'}-HERE"


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - any YAML
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path[:-1], f"{path[-1]}[{index}]" if path else f"[{index}]"))
    elif path:
        yield path, value


def _looks_secret(name: str) -> bool:
    """Names of secrets, but not of the objects that hold them (imagePullSecret, existingSecret, secretName)."""
    return bool(_SECRET_NAME.search(name)) and not re.search(r"(pull|existing|tls)_?secret$", name, re.IGNORECASE)
