"""What controllers and kubelets have in common: writing statuses and events."""

from __future__ import annotations

import copy

from tests.kubeapi.errors import ApiError
from tests.kubeapi.patches import merge
from tests.kubeapi.resources import Obj, find
from tests.kubeapi.scenario import Scenario
from tests.kubeapi.store import Store, now, resource_of


class Recorder:
    """Writes to the store as the cluster's own components do."""

    def __init__(self, store: Store, scenario: Scenario) -> None:
        self.store = store
        self.scenario = scenario

    def alive(self, item: Obj) -> bool:
        """True while this very object (not another of its name) is there."""
        return self.store.exists_uid(item["metadata"]["uid"])

    def status(self, item: Obj, status: Obj) -> None:
        """Merge into the object's status; nothing when it has gone."""
        metadata = item["metadata"]
        try:
            current = self.store.get(resource_of(item), metadata.get("namespace"), metadata["name"])
        except ApiError:
            return
        new = copy.deepcopy(current)
        new["status"] = merge(new.get("status", {}), status)
        if new != current:
            self.store.put(resource_of(item), new, "MODIFIED")

    def event(self, item: Obj, reason: str, message: str, component: str, *, warning: bool = False) -> None:
        """Record an event, or count one more of the same; nothing when the namespace has gone."""
        metadata = item["metadata"]
        events = find("v1", "events")
        for other in self.store.all("events", metadata["namespace"]):
            same = (other["involvedObject"]["uid"], other["reason"], other["message"])
            if same == (metadata["uid"], reason, message):
                again = {**other, "count": other["count"] + 1, "lastTimestamp": now()}
                self.store.put(events, copy.deepcopy(again), "MODIFIED")
                return
        reference = {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": metadata["name"]}
        event = {
            "metadata": {"generateName": metadata["name"] + "."},
            "type": "Warning" if warning else "Normal",
            "reason": reason,
            "message": message,
            "count": 1,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "source": {"component": component},
            "involvedObject": {**reference, "namespace": metadata["namespace"], "uid": metadata["uid"]},
        }
        try:
            self.store.create(events, event, metadata["namespace"])
        except ApiError:
            return
