"""What a pod's state means: how kubectl would name it, and what keeps it from being ready."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.text import clean
from wizard.tools.rollout_model import Cause, Obj, Objects, Problem, age, name_of, uid_of
from wizard.tools.rollout_pull import PULL_REASONS, pull_problem


@dataclass(frozen=True, kw_only=True)
class PodState:
    """A pod as `kubectl get pods` shows it; `component` is hub, proxy, singleuser-server and the like."""

    name: str
    component: str
    status: str
    ready: bool
    finished: bool
    restarts: int
    containers: tuple[int, int]
    node: str = ""


def pod_state(pod: Obj) -> PodState:
    """The state of one pod."""
    status, metadata = pod.get("status") or {}, pod["metadata"]
    labels = metadata.get("labels") or {}
    containers = list(status.get("containerStatuses") or ())
    ready = sum(bool(container.get("ready")) for container in containers)
    total = len(pod.get("spec", {}).get("containers") or ())
    phase = str(status.get("phase", "Unknown"))
    return PodState(
        name=name_of(pod),
        component=clean(str(labels.get("app.kubernetes.io/component") or labels.get("component") or "")),
        status="Terminating" if metadata.get("deletionTimestamp") else clean(_word(pod, phase)),
        ready=phase == "Running" and total > 0 and ready == total and not metadata.get("deletionTimestamp"),
        finished=phase == "Succeeded",
        restarts=max((int(container.get("restartCount") or 0) for container in containers), default=0),
        containers=(ready, total),
        node=clean(str(pod.get("spec", {}).get("nodeName") or "")),
    )


def _word(pod: Obj, phase: str) -> str:
    """The STATUS column: the reason of the first container that has one."""
    status = pod.get("status") or {}
    for place, container in enumerate(status.get("initContainerStatuses") or ()):
        state = container.get("state") or {}
        if (state.get("terminated") or {}).get("exitCode") == 0:
            continue
        reason = _reason(state)
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        return f"Init:{place}/{len(status['initContainerStatuses'])}"
    for container in status.get("containerStatuses") or ():
        reason = _reason(container.get("state") or {})
        if reason:
            return reason
    return str(status.get("reason") or phase)


def _reason(state: Mapping[str, Any]) -> str:
    for kind in ("waiting", "terminated"):
        if kind in state and state[kind] is not None:
            return str(state[kind].get("reason") or ("Error" if state[kind].get("exitCode") else ""))
    return ""


def pod_problem(pod: Obj, objects: Objects, now: dt.datetime, patience: float) -> Problem | None:
    """What keeps a pod from being ready, or None."""
    state = pod_state(pod)
    if state.ready or state.finished or pod["metadata"].get("deletionTimestamp"):
        return None
    status = pod.get("status") or {}
    owners = {reference.get("kind") for reference in pod["metadata"].get("ownerReferences") or ()}
    if status.get("phase") == "Failed" and "Job" in owners:
        return None  # the job tells
    if problem := _scheduling_problem(pod):
        return problem
    statuses = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for container in statuses:
        if problem := _container_problem(pod, container, objects):
            return problem
    if problem := _mount_problem(pod, objects, statuses):
        return problem
    return _slow_pod(pod, state, objects) if age(pod, now) >= patience else None


def _problem(pod: Obj, cause: Cause, what: str, fix: str, **more: Any) -> Problem:  # noqa: ANN401 - Problem's own fields
    subject = f"pod {name_of(pod)}"
    return Problem(cause=cause, subject=subject, uid=uid_of(pod), pod=name_of(pod), what=what, fix=fix, **more)


_SCHEDULING = (
    (
        r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\" not found",
        "its volume is not there",
        "Look at the volume: `kubectl get pvc`.",
    ),
    (
        r"Insufficient (?P<what>[\w/-]+(?:\.[\w/-]+)*)",
        "no node has enough {what} left",
        "Ask for less in the answers (hub.resources), or give the cluster more nodes or bigger ones.",
    ),
    (r"Too many pods", "every node has as many pods as it may have", "Give the cluster more nodes."),
    (
        r"untolerated taint|had taint",
        "the nodes have taints that it does not tolerate",
        "Set hub.tolerations, proxy.chp.tolerations or singleuser.extraTolerations in values.extra.yaml.",
    ),
    (
        r"didn't match Pod's node affinity|node selector",
        "no node matches its node selector or affinity",
        "Correct nodeSelector or affinity in values.extra.yaml, or label a node.",
    ),
    (
        r"volume node affinity conflict",
        "its volume is in another zone or on another node",
        "Free that node, or remove the volume if nothing in it is needed.",
    ),
    (
        r"no nodes available|unschedulable",
        "no node takes new pods",
        "`kubectl get nodes` shows whether they are ready; uncordon one, or add one.",
    ),
)


def _scheduling_problem(pod: Obj) -> Problem | None:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    scheduled = next((entry for entry in conditions if entry.get("type") == "PodScheduled"), None)
    if scheduled is None or scheduled.get("status") == "True" or scheduled.get("reason") != "Unschedulable":
        return None
    message = clean(str(scheduled.get("message", "")))
    reason, fix = "the scheduler finds no node for it", "`kubectl describe pod` shows what the scheduler says."
    for pattern, words, advice in _SCHEDULING:
        if match := re.search(pattern, message):
            reason, fix = words.format(**match.groupdict()), advice
            break
    what = f"The pod {name_of(pod)} cannot be placed: {reason}."
    return _problem(pod, Cause.UNSCHEDULABLE, what, fix, why=message)


_CONFIG_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}


def _container_problem(pod: Obj, container: Mapping[str, Any], objects: Objects) -> Problem | None:
    state = container.get("state") or {}
    waiting = state.get("waiting") or {}
    reason = str(waiting.get("reason", ""))
    if reason in PULL_REASONS:
        return pull_problem(pod, container, reason, str(waiting.get("message", "")), objects)
    if reason in _CONFIG_REASONS:
        what = f"The container {container['name']} of pod {name_of(pod)} cannot be started."
        fix = "Correct what is named: usually a Secret or a ConfigMap that is not there, or a wrong command."
        return _problem(pod, Cause.CONFIG, what, fix, why=clean(str(waiting.get("message", ""))))
    ended = state.get("terminated") or (container.get("lastState") or {}).get("terminated") or {}
    failed = bool(ended) and int(ended.get("exitCode") or 0) != 0
    if reason == "CrashLoopBackOff" or (failed and not container.get("ready") and "running" not in state):
        return _crash_problem(pod, container, ended, previous=reason == "CrashLoopBackOff")
    return None


def _crash_problem(pod: Obj, container: Mapping[str, Any], ended: Mapping[str, Any], *, previous: bool) -> Problem:
    name, code = clean(str(container.get("name", ""))), ended.get("exitCode")
    out_of_memory = ended.get("reason") == "OOMKilled"
    manner = "runs out of memory" if out_of_memory else f"exits with {code}" if code is not None else "exits"
    restarts = int(container.get("restartCount") or 0)
    why = f"It was started {restarts + 1} times." if restarts else ""
    fix = (
        "Give it more memory." if out_of_memory else "Its last lines say why; correct that, and run the command again."
    )
    what = f"The container {name} of pod {name_of(pod)} {manner} each time it is started."
    return _problem(pod, Cause.CRASH, what, fix, why=why, container=name, previous=previous)


def _mount_problem(pod: Obj, objects: Objects, statuses: list[Mapping[str, Any]]) -> Problem | None:
    if any("running" in (container.get("state") or {}) for container in statuses):
        return None
    reasons = {"FailedMount", "FailedAttachVolume"}
    failed = [event for event in objects.events_of(uid_of(pod)) if event.get("reason") in reasons]
    if not failed:
        return None
    what = f"A volume of the pod {name_of(pod)} cannot be mounted."
    fix = "Correct what is named: a Secret, a ConfigMap or a volume that is not there or in use elsewhere."
    return _problem(pod, Cause.MOUNT, what, fix, why=clean(str(failed[-1].get("message", ""))))


def _slow_pod(pod: Obj, state: PodState, objects: Objects) -> Problem:
    events = objects.events_of(uid_of(pod))
    probes = [event for event in events if event.get("reason") == "Unhealthy"]
    if probes:
        why = clean(str(probes[-1].get("message", "")))
        spec = pod.get("spec", {}).get("containers") or [{}]
        what = f"The pod {state.name} runs but is not ready."
        fix = "Its log says what it is busy with; give it more time if it is just starting."
        return _problem(pod, Cause.UNREADY, what, fix, why=why, container=clean(str(spec[0].get("name", ""))))
    last = clean(str(events[-1].get("message", ""))) if events else ""
    what = f"The pod {state.name} is not ready yet ({state.status})."
    return _problem(pod, Cause.UNREADY, what, "With big images or a slow network, give it more time.", why=last)
