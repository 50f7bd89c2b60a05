"""The controllers: Deployment to ReplicaSet to Pod, DaemonSet, StatefulSet, Job, PVC, Service, Ingress."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import hashlib
import json
from collections.abc import Coroutine
from typing import Any

from tests.kubeapi import admission
from tests.kubeapi.errors import ApiError
from tests.kubeapi.kubelet import Kubelet
from tests.kubeapi.recorder import Recorder
from tests.kubeapi.resources import Obj, find
from tests.kubeapi.scenario import Scenario
from tests.kubeapi.store import Change, Store, now

_WORKLOADS = {"deployments", "daemonsets", "statefulsets", "jobs"}


class Controllers(Recorder):
    """Listens to the store and does what each new or changed object asks for."""

    def __init__(self, store: Store, scenario: Scenario) -> None:
        super().__init__(store, scenario)
        self.kubelet = Kubelet(store, scenario)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._seen: dict[str, str] = {}
        store.listeners.append(self._on_change)

    async def close(self) -> None:
        """Stop all that is going on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _go(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_change(self, change: Change) -> None:
        item, plural = change.item, change.resource.plural
        if plural in {"pods", "persistentvolumeclaims", "resourcequotas"}:
            asyncio.get_running_loop().call_soon(self._count_quotas, item["metadata"]["namespace"])
        if change.kind == "DELETED":
            if plural == "pods" and item["metadata"].get("ownerReferences"):
                self._go(self._replace(item))
            return
        spec = json.dumps(item.get("spec"), sort_keys=True)
        if self._seen.get(item["metadata"]["uid"]) == spec:
            return
        self._seen[item["metadata"]["uid"]] = spec
        if plural in _WORKLOADS:
            self._go(self._workload(plural, item))
        elif plural == "pods" and not item["metadata"].get("ownerReferences") and change.kind == "ADDED":
            self._go(self.kubelet.run(item))
        elif plural == "persistentvolumeclaims":
            self._go(self._claim(item))
        elif plural == "ingresses" or (plural == "services" and self._gets_address(item)):
            # Not at once: watchers would see this change before the one it is made for.
            asyncio.get_running_loop().call_soon(
                self.status, item, {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}
            )

    def _gets_address(self, service: Obj) -> bool:
        return service["spec"].get("type") == "LoadBalancer" and self.scenario.load_balancers

    def _count_quotas(self, namespace: str) -> None:
        for quota in list(self.store.all("resourcequotas", namespace)):
            used = admission.usage_of(self.store, namespace)
            names = quota["spec"]["hard"]
            counted = {name: f"{used.get(name, 0):g}" for name in names}
            self.status(quota, {"hard": names, "used": counted})

    async def _replace(self, pod: Obj) -> None:
        """A deleted pod is made anew while its owner is there."""
        await asyncio.sleep(0.02)
        owner = pod["metadata"]["ownerReferences"][0]
        if not self.store.exists_uid(owner["uid"]) or owner["kind"] == "Job":
            return
        metadata = {"generateName": owner["name"] + "-"}
        metadata |= {key: pod["metadata"][key] for key in ("labels", "ownerReferences") if key in pod["metadata"]}
        spec = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
        with contextlib.suppress(ApiError):
            new = {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}
            await self.kubelet.run(self.store.create(find("v1", "pods"), new, pod["metadata"]["namespace"]))

    async def _claim(self, claim: Obj) -> None:
        wanted = claim["spec"].get("storageClassName")
        classes = list(self.store.all("storageclasses"))
        key = "storageclass.kubernetes.io/is-default-class"
        default = any(item["metadata"].get("annotations", {}).get(key) == "true" for item in classes)
        self.status(claim, {"phase": "Pending"})
        if wanted and wanted not in {item["metadata"]["name"] for item in classes}:
            message = f'storageclass.storage.k8s.io "{wanted}" not found'
            self.event(claim, "ProvisioningFailed", message, "persistentvolume-controller", warning=True)
        elif not wanted and not default:
            message = "no persistent volumes available for this claim and no storage class is set"
            self.event(claim, "FailedBinding", message, "persistentvolume-controller")
        elif claim["metadata"]["name"] in self.scenario.pending_volumes:
            message = (
                "Waiting for a volume to be created either by the external provisioner 'in-memory' or manually by the "
                "system administrator. If volume creation is delayed, please verify that the provisioner is running "
                "and correctly registered."
            )
            self.event(claim, "ExternalProvisioning", message, "persistentvolume-controller")
        else:
            await asyncio.sleep(self.scenario.step)
            capacity = claim["spec"].get("resources", {}).get("requests")
            self.status(
                claim, {"phase": "Bound", "accessModes": claim["spec"].get("accessModes"), "capacity": capacity}
            )

    async def _workload(self, plural: str, item: Obj) -> None:
        metadata, spec = item["metadata"], item["spec"]
        template = copy.deepcopy(spec["template"])
        digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
        generation = {"observedGeneration": metadata.get("generation", 1)}
        count, owner = spec.get("replicas", 1), item
        if plural == "deployments":
            owner = self._replica_set(item, template, digest)
        elif plural == "daemonsets":
            count = len(list(self.store.all("nodes")))
        elif plural == "jobs":
            count = 1
            generation = {"startTime": now()}
        if plural in {"daemonsets", "statefulsets"}:
            for pod in list(self._pods_of(item)):
                self.store.delete(find("v1", "pods"), metadata["namespace"], pod["metadata"]["name"])
        self.status(item, generation | _started(plural, count, digest))
        pods = self._make_pods(item, owner, template, count)
        if pods is None:
            return
        ready = all(await asyncio.gather(*(self.kubelet.run(pod) for pod in pods)))
        if ready and self.alive(owner):
            self.status(item, generation | _finished(plural, count))
            if owner is not item:
                ready_set = {"observedGeneration": 1, "replicas": count, "readyReplicas": count}
                self.status(owner, ready_set | {"availableReplicas": count})
        elif plural == "jobs" and self.alive(item) and not ready:
            self._job_failed(item)

    def _pods_of(self, owner: Obj) -> list[Obj]:
        uid = owner["metadata"]["uid"]
        pods = self.store.all("pods", owner["metadata"]["namespace"])
        return [pod for pod in pods if any(ref["uid"] == uid for ref in pod["metadata"].get("ownerReferences", []))]

    def _job_failed(self, job: Obj) -> None:
        if any(pod["status"].get("phase") != "Failed" for pod in self._pods_of(job)):
            return  # its pod waits for something: the job goes on
        message = "Job has reached the specified backoff limit"
        self.event(job, "BackoffLimitExceeded", message, "job-controller", warning=True)
        failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": message}
        self.status(job, {"active": 0, "failed": 1, "conditions": [failed]})

    def _replica_set(self, item: Obj, template: Obj, digest: str) -> Obj:
        """The ReplicaSet of this template; older ones and their pods go."""
        metadata, resource = item["metadata"], find("apps/v1", "replicasets")
        name = f"{metadata['name']}-{digest}"
        current = None
        for other in list(self.store.all("replicasets", metadata["namespace"])):
            if any(ref["uid"] == metadata["uid"] for ref in other["metadata"].get("ownerReferences", [])):
                self.store.delete(resource, metadata["namespace"], other["metadata"]["name"])
        labels = template.setdefault("metadata", {}).setdefault("labels", {})
        labels["pod-template-hash"] = digest
        count = item["spec"].get("replicas", 1)
        spec = {"replicas": count, "selector": {"matchLabels": labels}, "template": template}
        new = {"metadata": {"name": name, "labels": labels, "ownerReferences": _owned_by(item)}, "spec": spec}
        current = self.store.create(resource, new, metadata["namespace"])
        message = f"Scaled up replica set {name} from 0 to {count}"
        self.event(item, "ScalingReplicaSet", message, "deployment-controller")
        return current

    def _make_pods(self, item: Obj, owner: Obj, template: Obj, count: int) -> list[Obj] | None:
        """The pods, or None when admission refuses them."""
        resource = find("v1", "pods")
        namespace = item["metadata"]["namespace"]
        component = {"ReplicaSet": "replicaset-controller", "Job": "job-controller"}.get(owner["kind"], "controller")
        pods = []
        for _ in range(count):
            metadata = {"generateName": owner["metadata"]["name"] + "-", "ownerReferences": _owned_by(owner)}
            metadata["labels"] = dict(template.get("metadata", {}).get("labels", {}))
            pod = {"metadata": metadata, "spec": copy.deepcopy(template["spec"]), "status": {"phase": "Pending"}}
            try:
                admission.admit(self.store, namespace, resource, pod)
                pods.append(self.store.create(resource, pod, namespace))
            except ApiError as error:
                self.event(owner, "FailedCreate", f"Error creating: {error}", component, warning=True)
                if owner["kind"] == "ReplicaSet":
                    failure = {
                        "type": "ReplicaFailure",
                        "status": "True",
                        "reason": "FailedCreate",
                        "message": str(error),
                    }
                    self.status(item, {"conditions": [*_started("deployments", count, "")["conditions"], failure]})
                return None
            self.event(owner, "SuccessfulCreate", f"Created pod: {pods[-1]['metadata']['name']}", component)
        return pods


def _owned_by(item: Obj) -> list[Obj]:
    reference = {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": item["metadata"]["name"]}
    return [reference | {"uid": item["metadata"]["uid"], "controller": True}]


def _started(plural: str, count: int, digest: str) -> Obj:
    if plural == "deployments":
        conditions = [
            {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"},
            {"type": "Available", "status": "False" if count else "True", "reason": "MinimumReplicasUnavailable"},
        ]
        ready = {"readyReplicas": 0, "availableReplicas": 0}
        return {
            "replicas": count,
            "updatedReplicas": count,
            "unavailableReplicas": count,
            "conditions": conditions,
        } | ready
    if plural == "daemonsets":
        scheduled = dict.fromkeys(("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled"), count)
        return scheduled | {"numberReady": 0, "numberAvailable": 0, "numberUnavailable": count}
    if plural == "statefulsets":
        revisions = {"currentRevision": digest, "updateRevision": digest}
        return {"replicas": count, "readyReplicas": 0, "currentReplicas": count, "updatedReplicas": count} | revisions
    return {"active": 1}


def _finished(plural: str, count: int) -> Obj:
    if plural == "deployments":
        conditions = [
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
            {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        ]
        ready = {"readyReplicas": count, "availableReplicas": count, "unavailableReplicas": 0}
        return {"replicas": count, "updatedReplicas": count, "conditions": conditions} | ready
    if plural == "daemonsets":
        return {"numberReady": count, "numberAvailable": count, "numberUnavailable": 0}
    if plural == "statefulsets":
        return {"readyReplicas": count, "availableReplicas": count}
    complete = {"type": "Complete", "status": "True", "reason": "CompletionsReached"}
    return {"active": 0, "succeeded": 1, "completionTime": now(), "conditions": [complete]}
