"""Reading kubeconfig files as kubectl does: which contexts there are, and which server each is for.

Only what can be told without connecting; credentials are not read. Source of the merge rules: the kubectl
documentation "Organizing Cluster Access Using kubeconfig Files": of two entries of one name the first file's wins.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wizard.errors import MissingError
from wizard.foreign import load_yaml
from wizard.text import clean, without_credentials

_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class KubeContext:
    """A context: `server` is the API's address without credentials, `proxy` the cluster's own proxy or empty.

    provider: who wrote the cluster's entry, as far as it says (`minikube.sigs.k8s.io`), empty otherwise.
    """

    name: str
    cluster: str
    user: str
    namespace: str
    server: str
    proxy: str
    provider: str = ""


@dataclass(frozen=True, kw_only=True)
class KubeConfig:
    """All kubeconfig files together. `unreadable` has a line for each file that is broken."""

    files: tuple[Path, ...]
    contexts: tuple[KubeContext, ...]
    current: str
    unreadable: tuple[str, ...]

    def context(self, name: str = "") -> KubeContext | None:
        """The context of that name, or the current one; None when there is none."""
        wanted = name or self.current
        return next((context for context in self.contexts if context.name == wanted), None)


def kubeconfig_files(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The files that kubectl would read: those of KUBECONFIG, or ~/.kube/config; they need not exist."""
    named = tuple(Path(part) for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part)
    return named or (Path.home() / ".kube" / "config",)


def read_kubeconfig(files: Iterable[Path] | None = None) -> KubeConfig:
    """The contexts of all files; raises MissingError when none of the files exists."""
    paths = tuple(files) if files is not None else kubeconfig_files()
    existing = tuple(path for path in paths if path.is_file())
    if not existing:
        raise MissingError(
            "There is no kubeconfig.",
            why=f"Neither KUBECONFIG nor a file is there: {', '.join(map(str, paths))}",
            fix="Start a cluster (`minikube start`), or get the file from whoever runs yours.",
            address="cluster-context",
        )
    current, unreadable = "", []
    found: dict[str, dict[str, Mapping[str, Any]]] = {"clusters": {}, "contexts": {}}
    for path in existing:
        try:
            document = _document(path)
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            unreadable.append(f"{path}: {clean(str(error).splitlines()[0] if str(error) else type(error).__name__)}")
            continue
        current = current or _text(document.get("current-context"))
        for section, entries in found.items():
            for name, entry in _named(document.get(section), section[:-1]):
                entries.setdefault(name, entry)
    contexts = tuple(_context(name, entry, found["clusters"]) for name, entry in found["contexts"].items())
    return KubeConfig(files=existing, contexts=contexts, current=current, unreadable=tuple(unreadable))


def _document(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as stream:
        raw = stream.read(_LIMIT + 1)
    if len(raw) > _LIMIT:
        raise ValueError("is larger than a kubeconfig can be")
    document = load_yaml(raw)
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ValueError("is not a kubeconfig")
    return document


def _named(entries: object, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(entries, list):
        return []
    return [
        (entry["name"], body if isinstance(body := entry.get(kind), dict) else {})
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    ]


def _context(name: str, entry: Mapping[str, Any], clusters: Mapping[str, Mapping[str, Any]]) -> KubeContext:
    cluster = clusters.get(_text(entry.get("cluster")), {})
    return KubeContext(
        name=name,
        cluster=_text(entry.get("cluster")),
        user=_text(entry.get("user")),
        namespace=_text(entry.get("namespace")) or "default",
        server=without_credentials(_text(cluster.get("server"))),
        proxy=without_credentials(_text(cluster.get("proxy-url"))),
        provider=_provider(cluster),
    )


def _provider(cluster: Mapping[str, Any]) -> str:
    """Minikube signs its entries by an extension, older ones only by where their CA is."""
    entries = cluster.get("extensions")
    for entry in entries if isinstance(entries, list) else ():
        extension = entry.get("extension") if isinstance(entry, dict) else None
        if isinstance(extension, dict) and (provider := _text(extension.get("provider"))):
            return provider
    return "minikube.sigs.k8s.io" if "/.minikube/" in _text(cluster.get("certificate-authority")) else ""


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""
