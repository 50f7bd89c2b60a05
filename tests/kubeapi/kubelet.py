"""Scheduler and kubelets: takes pods from Pending to Running, Succeeded, or into trouble."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

from tests.kubeapi import admission
from tests.kubeapi.recorder import Recorder
from tests.kubeapi.resources import Obj, find
from tests.kubeapi.store import now

_SCHEDULER = "default-scheduler"


class Kubelet(Recorder):
    """Plays one pod after the other; nothing of it outlives its pod."""

    async def run(self, pod: Obj) -> bool:
        """Start a pod; True once it is ready or has succeeded, False when it will not be."""
        if not await self._schedule(pod):
            return False
        for place, container in enumerate(pod["spec"].get("initContainers", [])):
            if not await self._start(pod, container, "initContainerStatuses", place):
                return False
            self._set(pod, "initContainerStatuses", container, {"terminated": {"exitCode": 0, "reason": "Completed"}})
        ready = True
        for place, container in enumerate(pod["spec"]["containers"]):
            ready &= await self._start(pod, container, "containerStatuses", place)
        if not ready:
            return False
        job = pod["metadata"].get("labels", {}).get("job-name", "")
        if pod["spec"].get("restartPolicy") not in {"Never", "OnFailure"}:
            return await self._become_ready(pod)
        self._phase(pod, "Running", ready=True)
        return await self._finish(pod, job)

    async def _schedule(self, pod: Obj) -> bool:
        """Find a node; waits for the pod's volumes, and while nothing fits."""
        while self.alive(pod):
            if not (problem := self._problem(pod)):
                break
            self.event(pod, "FailedScheduling", problem, _SCHEDULER, warning=True)
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": problem}
            self.status(pod, {"phase": "Pending", "conditions": [condition]})
            await asyncio.sleep(max(self.scenario.step, 0.05))
        if not self.alive(pod):
            return False
        metadata = pod["metadata"]
        placed = copy.deepcopy(self.store.get(find("v1", "pods"), metadata["namespace"], metadata["name"]))
        placed["spec"]["nodeName"] = next(self.store.all("nodes"))["metadata"]["name"]
        self.store.put(find("v1", "pods"), placed, "MODIFIED")
        where = f"{metadata['namespace']}/{metadata['name']} to {placed['spec']['nodeName']}"
        self.event(pod, "Scheduled", f"Successfully assigned {where}", _SCHEDULER)
        waiting = {"waiting": {"reason": "ContainerCreating"}}
        init = bool(pod["spec"].get("initContainers"))
        statuses = [_container_status(container, waiting) for container in pod["spec"]["containers"]]
        conditions = [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "False"}]
        self.status(pod, {"containerStatuses": statuses, "conditions": conditions})
        if init:
            statuses = [_container_status(container, waiting) for container in pod["spec"]["initContainers"]]
            self.status(pod, {"initContainerStatuses": statuses})
        return True

    def _problem(self, pod: Obj) -> str:
        """Why no node takes the pod, in the scheduler's words; "" when one does."""
        namespace = pod["metadata"]["namespace"]
        claims = {item["metadata"]["name"]: item for item in self.store.all("persistentvolumeclaims", namespace)}
        nodes = list(self.store.all("nodes"))
        if not nodes:
            return "no nodes available to schedule pods"
        for volume in pod["spec"].get("volumes", []):
            wanted = volume.get("persistentVolumeClaim", {}).get("claimName")
            if wanted and wanted not in claims:
                return f'persistentvolumeclaim "{wanted}" not found'
            if wanted and claims[wanted].get("status", {}).get("phase") != "Bound":
                return f"0/{len(nodes)} nodes are available: pod has unbound immediate PersistentVolumeClaims."
        usage = admission.pod_usage(pod["spec"])
        for name in ("cpu", "memory"):
            fitting = [
                node
                for node in nodes
                if admission.quantity(node["status"]["allocatable"][name]) >= usage.get(f"requests.{name}", 0)
            ]
            if not fitting:
                return f"0/{len(nodes)} nodes are available: {len(nodes)} Insufficient {name}."
        return ""

    async def _start(self, pod: Obj, container: Obj, kind: str, place: int) -> bool:
        """Pull one container's image and start it."""
        image, name = container["image"], container["name"]
        scenario = self.scenario
        if container.get("imagePullPolicy") == "Never":
            if scenario.node_images and image not in scenario.node_images:
                message = f'Container image "{image}" is not present with pull policy of Never'
                self.event(pod, "ErrImageNeverPull", message, "kubelet", warning=True)
                self._set(pod, kind, container, {"waiting": {"reason": "ErrImageNeverPull", "message": message}})
                return False
        else:
            self.event(pod, "Pulling", f'Pulling image "{image}"', "kubelet")
            await asyncio.sleep(scenario.step)
            if cause := self._pull_problem(image):
                return self._pull_failed(pod, container, kind, cause)
            self.event(pod, "Pulled", f'Successfully pulled image "{image}"', "kubelet")
        if missing := self._missing_secret(pod, container):
            message = f'secret "{missing}" not found'
            self.event(pod, "Failed", f"Error: {message}", "kubelet", warning=True)
            self._set(pod, kind, container, {"waiting": {"reason": "CreateContainerConfigError", "message": message}})
            return False
        self.event(pod, "Created", f"Created container: {name}", "kubelet")
        if name in scenario.crashing:
            await self._crash(pod, container, kind)
            return False
        await asyncio.sleep(scenario.step)
        self.event(pod, "Started", f"Started container {name}", "kubelet")
        self._set(pod, kind, container, {"running": {"startedAt": now()}}, ready=name not in scenario.unready)
        return self.alive(pod)

    def _pull_problem(self, image: str) -> str:
        reference = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}"'
        if any(part in image for part in self.scenario.bad_images):
            return f"rpc error: code = NotFound desc = {reference}: {image}: not found"
        if any(part in image for part in self.scenario.private_images):
            return (
                f"{reference}: pull access denied, repository does not exist or may require authorization: "
                "authorization failed: no basic auth credentials"
            )
        return ""

    def _pull_failed(self, pod: Obj, container: Obj, kind: str, cause: str) -> bool:
        image = container["image"]
        self.event(pod, "Failed", f'Failed to pull image "{image}": {cause}', "kubelet", warning=True)
        self.event(pod, "Failed", "Error: ErrImagePull", "kubelet", warning=True)
        self.event(pod, "BackOff", f'Back-off pulling image "{image}"', "kubelet")
        message = f'Back-off pulling image "{image}": ErrImagePull: {cause}'
        self._set(pod, kind, container, {"waiting": {"reason": "ImagePullBackOff", "message": message}})
        return False

    def _missing_secret(self, pod: Obj, container: Obj) -> str:
        names = {item["metadata"]["name"] for item in self.store.all("secrets", pod["metadata"]["namespace"])}
        for variable in container.get("env", []):
            reference = variable.get("valueFrom", {}).get("secretKeyRef", {})
            if reference and reference["name"] not in names and not reference.get("optional"):
                return str(reference["name"])
        return ""

    async def _crash(self, pod: Obj, container: Obj, kind: str) -> None:
        name = container["name"]
        ended = {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": now(), "finishedAt": now()}}
        for restarts in (1, 2, 3):
            await asyncio.sleep(self.scenario.step)
            if not self.alive(pod):
                return
            where = f"{pod['metadata']['name']}_{pod['metadata']['namespace']}({pod['metadata']['uid']})"
            self.event(
                pod, "BackOff", f"Back-off restarting failed container {name} in pod {where}", "kubelet", warning=True
            )
            message = f"back-off {10 * 2 ** (restarts - 1)}s restarting failed container={name} pod={where}"
            waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
            self._set(pod, kind, container, waiting, restarts=restarts, last=ended)
        self.status(pod, {"phase": "Running"})

    async def _become_ready(self, pod: Obj) -> bool:
        names = [container["name"] for container in pod["spec"]["containers"]]
        while waiting := [name for name in names if name in self.scenario.unready]:
            if not self.alive(pod):
                return False
            self._phase(pod, "Running", ready=False)
            message = f"Readiness probe failed: {self.scenario.unready[waiting[0]]}"
            self.event(pod, "Unhealthy", message, "kubelet", warning=True)
            await asyncio.sleep(max(self.scenario.step, 0.1))
        for container in pod["spec"]["containers"]:
            self._set(pod, "containerStatuses", container, {"running": {"startedAt": now()}}, ready=True)
        self._phase(pod, "Running", ready=True)
        return self.alive(pod)

    async def _finish(self, pod: Obj, job: str) -> bool:
        while any(part in job for part in self.scenario.stuck_jobs):
            if not self.alive(pod):
                return False
            await asyncio.sleep(0.05)
        await asyncio.sleep(self.scenario.step)
        failed = any(part in job for part in self.scenario.failing_jobs)
        state = {"exitCode": 1, "reason": "Error"} if failed else {"exitCode": 0, "reason": "Completed"}
        for container in pod["spec"]["containers"]:
            self._set(pod, "containerStatuses", container, {"terminated": state})
        self._phase(pod, "Failed" if failed else "Succeeded", ready=False)
        return not failed

    def _phase(self, pod: Obj, phase: str, *, ready: bool) -> None:
        now_ready = "True" if ready else "False"
        conditions = [
            {"type": "PodScheduled", "status": "True"},
            {"type": "Initialized", "status": "True"},
            {"type": "ContainersReady", "status": now_ready},
            {"type": "Ready", "status": now_ready},
        ]
        self.status(pod, {"phase": phase, "podIP": "127.0.0.1", "startTime": now(), "conditions": conditions})

    def _set(
        self,
        pod: Obj,
        kind: str,
        container: Obj,
        state: Obj,
        *,
        ready: bool = False,
        restarts: int = 0,
        last: Obj | None = None,
    ) -> None:
        if not self.alive(pod):
            return
        metadata = pod["metadata"]
        current = self.store.get(find("v1", "pods"), metadata["namespace"], metadata["name"])
        statuses: list[Any] = [
            _container_status(container, state, ready=ready, restarts=restarts, last=last)
            if status["name"] == container["name"]
            else status
            for status in current["status"].get(kind, [])
        ]
        self.status(pod, {kind: statuses})


def _container_status(
    container: Obj, state: Obj, *, ready: bool = False, restarts: int = 0, last: Obj | None = None
) -> Obj:
    status = {"name": container["name"], "image": container["image"], "imageID": "", "ready": ready, "state": state}
    return status | {"restartCount": restarts, "started": ready, "lastState": last or {}}
