"""What the API server's admission plugins refuse or warn of: quotas and Pod Security Standards."""

from __future__ import annotations

from typing import Any

from tests.kubeapi.errors import ApiError
from tests.kubeapi.resources import Obj, Resource, find
from tests.kubeapi.store import Store

_UNITS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_POD_SECURITY = "pod-security.kubernetes.io/"


def quantity(text: Any) -> float:
    """A Kubernetes quantity as a number: 500m, 2Gi, 0.5."""
    value = str(text)
    for unit in sorted(_UNITS, key=len, reverse=True):
        if value.endswith(unit):
            return float(value.removesuffix(unit)) * _UNITS[unit]
    return float(value)


def admit(store: Store, namespace: str | None, resource: Resource, item: Obj) -> None:
    """Raise ApiError 403 when a new pod or claim may not be made in this namespace."""
    if resource.plural == "pods":
        if broken := violations(store, namespace, item["spec"], "enforce"):
            raise _forbidden("pods", item, broken)
        _hold_quotas(store, namespace, "pods", item, pod_usage(item["spec"]))
    if resource.plural == "persistentvolumeclaims":
        _hold_quotas(store, namespace, "persistentvolumeclaims", item, claim_usage(item["spec"]))


def warnings(store: Store, namespace: str | None, resource: Resource, item: Obj) -> list[str]:
    """What the Warning headers of an answer say."""
    spec = item.get("spec", {})
    template = spec.get("template", {}).get("spec")
    if resource.plural not in {"deployments", "daemonsets", "statefulsets", "jobs"} or not template:
        return []
    broken = violations(store, namespace, template, "warn")
    return [f"would violate {broken.removeprefix('violates ')}"] if broken else []


def violations(store: Store, namespace: str | None, spec: Obj, mode: str) -> str:
    """`violates PodSecurity "restricted:latest": …`, or "" when the pod keeps to the namespace's standard."""
    try:
        labels = store.get(find("v1", "namespaces"), None, namespace or "")["metadata"].get("labels", {})
    except ApiError:
        return ""
    level = labels.get(_POD_SECURITY + mode, "privileged")
    found = _baseline(spec) if level in {"baseline", "restricted"} else []
    found += _restricted(spec) if level == "restricted" else []
    return f'violates PodSecurity "{level}:latest": {", ".join(found)}' if found else ""


def _containers(spec: Obj) -> list[Obj]:
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def _baseline(spec: Obj) -> list[str]:
    found = []
    for container in _containers(spec):
        context = container.get("securityContext") or {}
        if context.get("privileged"):
            found.append(f'privileged (container "{container["name"]}" must not set securityContext.privileged=true)')
        if set((context.get("capabilities") or {}).get("add", [])) - {"NET_BIND_SERVICE", "CHOWN"}:
            found.append(f'non-default capabilities (container "{container["name"]}" must not add capabilities)')
    if any("hostPath" in volume for volume in spec.get("volumes", [])):
        found.append("hostPath volumes")
    return found


def _restricted(spec: Obj) -> list[str]:
    found = []
    pod = spec.get("securityContext") or {}
    for container in _containers(spec):
        context, name = container.get("securityContext") or {}, container["name"]
        if context.get("allowPrivilegeEscalation") is not False:
            rule = "must set securityContext.allowPrivilegeEscalation=false"
            found.append(f'allowPrivilegeEscalation != false (container "{name}" {rule})')
        if "ALL" not in (context.get("capabilities") or {}).get("drop", []):
            rule = 'must set securityContext.capabilities.drop=["ALL"]'
            found.append(f'unrestricted capabilities (container "{name}" {rule})')
        if not (context.get("runAsNonRoot") or pod.get("runAsNonRoot")):
            found.append(f'runAsNonRoot != true (pod or container "{name}" must set securityContext.runAsNonRoot=true)')
        if "seccompProfile" not in context and "seccompProfile" not in pod:
            found.append(f'seccompProfile (pod or container "{name}" must set securityContext.seccompProfile.type)')
    return found


def pod_usage(spec: Obj) -> dict[str, float]:
    """What a pod counts for in a quota."""
    usage = {"pods": 1.0, "count/pods": 1.0}
    for container in spec.get("containers", []):
        for side, asked in (container.get("resources") or {}).items():
            for name, amount in (asked or {}).items():
                usage[f"{side}.{name}"] = usage.get(f"{side}.{name}", 0) + quantity(amount)
    usage |= {name: usage[f"requests.{name}"] for name in ("cpu", "memory") if f"requests.{name}" in usage}
    return usage


def claim_usage(spec: Obj) -> dict[str, float]:
    """What a PVC counts for in a quota."""
    asked = spec.get("resources", {}).get("requests", {}).get("storage", 0)
    return {"persistentvolumeclaims": 1.0, "requests.storage": quantity(asked)}


def usage_of(store: Store, namespace: str | None) -> dict[str, float]:
    """What a namespace uses of its quotas."""
    used: dict[str, float] = {}
    claims = [claim_usage(claim["spec"]) for claim in store.all("persistentvolumeclaims", namespace)]
    pods = [
        pod_usage(pod["spec"])
        for pod in store.all("pods", namespace)
        if pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
    ]
    for counted in [*claims, *pods]:
        for name, amount in counted.items():
            used[name] = used.get(name, 0) + amount
    return used


def _hold_quotas(store: Store, namespace: str | None, plural: str, item: Obj, usage: dict[str, float]) -> None:
    used = usage_of(store, namespace)
    for quota in store.all("resourcequotas", namespace):
        hard, name = quota["spec"]["hard"], quota["metadata"]["name"]
        asked_of_pods = [
            limit for limit in hard if limit.startswith(("requests.", "limits.")) and "storage" not in limit
        ]
        missing = [limit for limit in asked_of_pods if limit not in usage]
        if plural == "pods" and missing:
            containers = ",".join(container["name"] for container in item["spec"]["containers"])
            text = "; ".join(f"must specify {limit} for: {containers}" for limit in missing)
            raise _forbidden(plural, item, f"failed quota: {name}: {text}")
        for counted, limit in hard.items():
            now, wanted = used.get(counted, 0), usage.get(counted, 0)
            if wanted and now + wanted > quantity(limit):
                text = f"requested: {counted}={wanted:g}, used: {counted}={now:g}, limited: {counted}={limit}"
                raise _forbidden(plural, item, f"exceeded quota: {name}, {text}")


def _forbidden(plural: str, item: Obj, why: str) -> ApiError:
    metadata = item.get("metadata", {})
    name = metadata.get("name") or metadata.get("generateName", "")
    return ApiError(403, "Forbidden", f'{plural} "{name}" is forbidden: {why}')
