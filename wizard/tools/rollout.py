"""Why a rollout does not get on: from a namespace's objects to causes in words. Pure functions.

The texts that are recognised are those of Kubernetes' own components: kubelet, scheduler, the controllers and the
admission plug-ins.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from wizard.text import clean
from wizard.tools.rollout_model import Cause, Obj, Objects, Problem, age, name_of, uid_of
from wizard.tools.rollout_pods import pod_problem

PATIENCE = 30.0
"""Seconds that a pod or a hook job may take before it is called slow."""


def diagnose(objects: Objects, *, now: dt.datetime | None = None, patience: float = PATIENCE) -> tuple[Problem, ...]:
    """What keeps the rollout, causes before their consequences, each only once.

    patience: seconds that something may just be slow; 0 asks what is not ready, whatever the reason.
    """
    moment = now or dt.datetime.now(dt.UTC)
    found = [
        *_not_made(objects),
        *(problem for claim in objects.claims if (problem := _claim_problem(claim, objects))),
        *(problem for pod in objects.pods if (problem := pod_problem(pod, objects, moment, patience))),
        *(problem for job in objects.jobs if (problem := _job_problem(job, objects, moment, patience))),
        *(problem for service in objects.services if (problem := _address_problem(service, moment, patience))),
    ]
    return in_order(found)


def in_order(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """Causes before their consequences, each only once."""
    order = list(Cause)
    return tuple(sorted(_once(_without_consequences(list(found))), key=lambda problem: order.index(problem.cause)))


def _without_consequences(found: list[Problem]) -> list[Problem]:
    """A pod that waits for a claim that is a problem itself, and a hook that waits for pods that are, go without."""
    claims = any(problem.cause is Cause.VOLUME for problem in found)
    pods = any(problem.cause not in {Cause.HOOK, Cause.ADDRESS, Cause.VOLUME} for problem in found)
    return [
        problem
        for problem in found
        if not (claims and problem.cause is Cause.UNSCHEDULABLE and "PersistentVolumeClaim" in problem.why)
        and not (pods and problem.cause is Cause.HOOK and not problem.container)
    ]


def _once(found: Iterable[Problem]) -> list[Problem]:
    """Replicas of one pod have one problem."""
    seen: dict[tuple[Cause, str], Problem] = {}
    for problem in found:
        seen.setdefault(
            (problem.cause, problem.what.replace(problem.pod, "*") if problem.pod else problem.what), problem
        )
    return list(seen.values())


_MADE_IN_VAIN = (
    (
        Cause.QUOTA,
        r"exceeded quota|failed quota|maximum \w+ usage per|minimum \w+ usage per",
        "The namespace's quota does not let the pods of {owner} be made.",
        "Ask for less memory, CPU or storage, or have the quota raised: `kubectl describe quota,limitrange`.",
    ),
    (
        Cause.POD_SECURITY,
        r"violates PodSecurity",
        "The namespace's Pod Security Standard refuses the pods of {owner}.",
        "Use a namespace with a less strict standard, or turn off what it names in values.extra.yaml.",
    ),
    (
        Cause.REFUSED,
        r"",
        "The cluster refuses to make the pods of {owner}.",
        "Read the reason; a policy or an admission webhook of the cluster is the usual cause: ask whoever runs it.",
    ),
)


def _not_made(objects: Objects) -> list[Problem]:
    """Pods that a controller is not allowed to make."""
    found = []
    for owner in [*objects.owners, *objects.jobs]:
        failed = [event for event in objects.events_of(uid_of(owner)) if event.get("reason") == "FailedCreate"]
        if not failed or any(_owned(pod, owner) for pod in objects.pods):
            continue
        why = clean(str(failed[-1].get("message", "")).removeprefix("Error creating: "))
        title = f"{owner.get('kind', 'object')} {name_of(owner)}"
        cause, _, what, fix = next(row for row in _MADE_IN_VAIN if re.search(row[1], why))
        found.append(
            Problem(cause=cause, subject=title, uid=uid_of(owner), what=what.format(owner=title), why=why, fix=fix)
        )
    return found


def _owned(pod: Obj, owner: Obj) -> bool:
    return any(reference.get("uid") == uid_of(owner) for reference in pod["metadata"].get("ownerReferences") or ())


def _claim_problem(claim: Obj, objects: Objects) -> Problem | None:
    if (claim.get("status") or {}).get("phase") == "Bound":
        return None
    events = objects.events_of(uid_of(claim))
    telling = [event for event in events if event.get("reason") != "WaitForFirstConsumer"]
    if not telling:
        return None
    message = clean(str(telling[-1].get("message", "")))
    if "no storage class is set" in message:
        fix = "Choose a storage class (`kubectl get storageclass`), or have one made the cluster's default."
    elif "storageclass" in message and "not found" in message:
        fix = "Choose one of the storage classes that `kubectl get storageclass` lists."
    else:
        fix = "Check the cluster's storage provisioner: `kubectl describe pvc` shows what it says."
    name = name_of(claim)
    what = f"The volume {name} cannot be made."
    return Problem(cause=Cause.VOLUME, subject=f"PVC {name}", uid=uid_of(claim), what=what, why=message, fix=fix)


def _job_problem(job: Obj, objects: Objects, now: dt.datetime, patience: float) -> Problem | None:
    status, name = job.get("status") or {}, name_of(job)
    conditions = {entry.get("type"): entry for entry in status.get("conditions") or () if entry.get("status") == "True"}
    if "Complete" in conditions:
        return None
    pods = [pod for pod in objects.pods if _owned(pod, job)]
    pod = name_of(pods[-1]) if pods else ""
    containers = pods[-1].get("spec", {}).get("containers") or [{}] if pods else [{}]
    if "Failed" in conditions:
        return Problem(
            cause=Cause.HOOK,
            subject=f"job {name}",
            uid=uid_of(job),
            what=f"The job {name} failed.",
            why=clean(str(conditions["Failed"].get("message", ""))),
            fix="Its log says why; correct that, and run the same command again.",
            pod=pod,
            container=clean(str(containers[0].get("name", ""))),
        )
    if age(job, now) < patience:
        return None
    why, fix = "", f"Look at its log: `kubectl logs job/{name}`."
    if "image-awaiter" in name:
        why = "It waits until every node has pulled the images."
        fix = "Look at the pods of hook-image-puller, or set prePuller.hook.enabled: false in values.extra.yaml."
    what = f"The job {name} is still running: Helm waits for it."
    return Problem(cause=Cause.HOOK, subject=f"job {name}", uid=uid_of(job), what=what, why=why, fix=fix)


def _address_problem(service: Obj, now: dt.datetime, patience: float) -> Problem | None:
    waits = service.get("spec", {}).get("type") == "LoadBalancer"
    has = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if not waits or has or age(service, now) < patience:
        return None
    return Problem(
        cause=Cause.ADDRESS,
        subject=f"service {name_of(service)}",
        uid=uid_of(service),
        what=f"The service {name_of(service)} has no external address.",
        why="Nothing in the cluster gives addresses to services of type LoadBalancer, or it has none left.",
        fix="Expose the hub by ingress, NodePort or port-forward instead; on minikube, `minikube tunnel` gives one.",
    )


def waiting_for(objects: Objects) -> tuple[str, ...]:
    """The workloads and volumes that are not ready, as `Deployment hub`; empty when all are."""
    waits = [
        f"{owner['kind']} {name_of(owner)}"
        for owner in objects.owners
        if owner["kind"] != "ReplicaSet" and not _is_ready(owner)
    ]
    waits += [
        f"PVC {name_of(claim)}" for claim in objects.claims if (claim.get("status") or {}).get("phase") != "Bound"
    ]
    return tuple(waits)


def _is_ready(owner: Obj) -> bool:
    """By the fields that `kubectl rollout status` reads."""
    status, spec = owner.get("status") or {}, owner.get("spec") or {}
    if int(status.get("observedGeneration") or 0) < int(owner["metadata"].get("generation") or 0):
        return False
    if owner["kind"] == "DaemonSet":
        wanted = int(status.get("desiredNumberScheduled") or 0)
        return int(status.get("updatedNumberScheduled") or 0) >= wanted <= int(status.get("numberAvailable") or 0)
    wanted = int(1 if spec.get("replicas") is None else spec["replicas"])
    updated, ready = int(status.get("updatedReplicas") or 0), int(status.get("readyReplicas") or 0)
    return updated >= wanted and ready >= wanted and int(status.get("replicas") or 0) == updated
