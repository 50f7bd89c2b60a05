"""The objects, their versions, and the log of changes that watches read."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.kubeapi import ownership
from tests.kubeapi.errors import ApiError, not_found
from tests.kubeapi.resources import TABLE, Obj, Resource, find

Key = tuple[str, str, str, str]
"""(group and version, plural, namespace or "", name)."""


@dataclass(frozen=True)
class Change:
    """One entry of the log; `item` is the object as it was then."""

    version: int
    resource: Resource
    kind: str
    item: Obj


def now() -> str:
    """The time as the API writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store:
    """Holds everything; every method runs on the server's event loop."""

    def __init__(self) -> None:
        self.version = 1
        self.oldest = 1
        self.objects: dict[Key, Obj] = {}
        self.owners: dict[Key, ownership.Owners] = {}
        self.log: list[Change] = []
        self.listeners: list[Callable[[Change], None]] = []

    @staticmethod
    def key(resource: Resource, namespace: str | None, name: str) -> Key:
        """Where an object is held."""
        return (resource.group_version, resource.plural, namespace or "", name)

    def all(self, plural: str, namespace: str | None = None) -> Iterator[Obj]:
        """The objects of one plural, in one namespace or in all, by name."""
        for key, item in sorted(self.objects.items()):
            if key[1] == plural and namespace in {None, key[2]}:
                yield item

    def get(self, resource: Resource, namespace: str | None, name: str) -> Obj:
        """The live object, not a copy; raises ApiError 404."""
        try:
            return self.objects[self.key(resource, namespace, name)]
        except KeyError:
            raise not_found(resource, name) from None

    def exists_uid(self, uid: str) -> bool:
        """True when an object of that uid is still there."""
        return any(item["metadata"]["uid"] == uid for item in self.objects.values())

    def create(
        self, resource: Resource, item: Obj, namespace: str | None, manager: str = "", *, dry_run: bool = False
    ) -> Obj:
        """Add an object with its defaults; raises ApiError 404 without the namespace, 409 when the name is taken."""
        item = copy.deepcopy(item)
        metadata = item.setdefault("metadata", {})
        item.setdefault("apiVersion", resource.group_version)
        item.setdefault("kind", resource.kind)
        if resource.namespaced:
            metadata["namespace"] = namespace
            self.get(find("v1", "namespaces"), None, namespace or "")
        if not metadata.get("name"):
            metadata["name"] = metadata["generateName"] + uuid.uuid4().hex[:5]
        key = self.key(resource, metadata.get("namespace"), metadata["name"])
        if key in self.objects:
            message = f'{resource.qualified} "{metadata["name"]}" already exists'
            raise ApiError(409, "AlreadyExists", message, name=metadata["name"], kind=resource.plural)
        metadata.update(uid=str(uuid.uuid4()), creationTimestamp=now(), generation=1)
        applied = {} if not manager else {path: {manager} for path in ownership.leaves(item)}
        self._default(resource, item)
        if dry_run:
            return item
        self.owners[key] = applied
        return self.put(resource, item, "ADDED")

    def update(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        new: Obj,
        manager: str = "",
        *,
        dry_run: bool = False,
    ) -> Obj:
        """Replace an object; raises ApiError 409 when `new` was read before the last change."""
        old = self.get(resource, namespace, name)
        new = copy.deepcopy(new)
        metadata = new.setdefault("metadata", {})
        if metadata.get("resourceVersion", old["metadata"]["resourceVersion"]) != old["metadata"]["resourceVersion"]:
            message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been modified'
            raise ApiError(409, "Conflict", message + "; please apply your changes to the latest version and try again")
        for kept in ("uid", "creationTimestamp", "namespace", "name", "resourceVersion"):
            if kept in old["metadata"]:
                metadata[kept] = old["metadata"][kept]
        metadata["generation"] = old["metadata"].get("generation", 1) + (new.get("spec") != old.get("spec"))
        new.setdefault("apiVersion", old["apiVersion"])
        new.setdefault("kind", old["kind"])
        if "status" in old:
            new.setdefault("status", old["status"])
        if dry_run:
            return new
        if manager:
            ownership.note_update(old, new, self.owners.setdefault(self.key(resource, namespace, name), {}), manager)
        return new if new == old else self.put(resource, new, "MODIFIED")

    def apply(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        config: Obj,
        manager: str,
        *,
        force: bool,
        dry_run: bool,
    ) -> Obj:
        """Server-side apply; creates what is not there."""
        key = self.key(resource, namespace, name)
        if key not in self.objects:
            return self.create(resource, config, namespace, manager, dry_run=dry_run)
        owners = copy.deepcopy(self.owners.get(key, {}))
        new = ownership.apply(resource, self.objects[key], config, owners, manager, force=force)
        new["metadata"].pop("resourceVersion", None)
        if not dry_run:
            self.owners[key] = owners
        return self.update(resource, namespace, name, new, dry_run=dry_run)

    def delete(self, resource: Resource, namespace: str | None, name: str) -> Obj:
        """Remove an object and what it owns; a namespace with all that is in it."""
        item = self.get(resource, namespace, name)
        self.put(resource, copy.deepcopy(item), "DELETED")
        for key, other in list(self.objects.items()):
            owned = any(ref["uid"] == item["metadata"]["uid"] for ref in other["metadata"].get("ownerReferences", []))
            inside = resource.plural == "namespaces" and key[2] == name
            if (owned or inside) and key in self.objects:
                self.delete(find(key[0], key[1]), key[2] or None, key[3])
        return item

    def put(self, resource: Resource, item: Obj, kind: str) -> Obj:
        """Give an object its next version, log the change and tell the listeners."""
        metadata = item["metadata"]
        self.version += 1
        metadata["resourceVersion"] = str(self.version)
        key = self.key(resource, metadata.get("namespace"), metadata["name"])
        if kind == "DELETED":
            self.objects.pop(key, None)
            self.owners.pop(key, None)
        else:
            self.objects[key] = item
        change = Change(self.version, resource, kind, copy.deepcopy(item))
        self.log.append(change)
        for listener in list(self.listeners):
            listener(change)
        return item

    def compact(self) -> None:
        """Forget the log: watches from before now are told 410 Gone, as after etcd's compaction."""
        self.log.clear()
        self.oldest = self.version

    def _default(self, resource: Resource, item: Obj) -> None:
        """What the API server fills in by itself."""
        if resource.plural == "services" and not item["spec"].get("clusterIP"):
            item["spec"]["clusterIP"] = f"10.96.0.{self.version % 250 + 1}"
        if resource.plural == "services" and item["spec"].get("type") in {"NodePort", "LoadBalancer"}:
            for offset, port in enumerate(item["spec"].get("ports", [])):
                port.setdefault("nodePort", 30000 + (self.version + offset) % 2768)
        if resource.plural == "secrets" and "stringData" in item:
            encoded = {name: base64.b64encode(text.encode()).decode() for name, text in item.pop("stringData").items()}
            item.setdefault("data", {}).update(encoded)
        if resource.plural == "namespaces":
            item["status"] = {"phase": "Active"}
            item.setdefault("spec", {"finalizers": ["kubernetes"]})
            labels = item["metadata"].setdefault("labels", {})
            labels.setdefault("kubernetes.io/metadata.name", item["metadata"]["name"])
        if resource.plural == "jobs":
            self._default_job(item)

    @staticmethod
    def _default_job(item: Obj) -> None:
        item["spec"].setdefault("selector", {"matchLabels": {"batch.kubernetes.io/job-name": item["metadata"]["name"]}})
        labels = item["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {})
        labels.setdefault("batch.kubernetes.io/job-name", item["metadata"]["name"])
        labels.setdefault("job-name", item["metadata"]["name"])


def resource_of(item: Obj) -> Resource:
    """The row that serves an object of this apiVersion and kind."""
    for resource in TABLE[item["apiVersion"]].values():
        if resource.kind == item["kind"]:
            return resource
    raise KeyError(item["kind"])
