"""Whether there is room: quotas of the namespace, and what the nodes have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wizard.text import clean
from wizard.tools.doctor_model import Finding, State
from wizard.tools.preflight_facts import Facts, Intent
from wizard.tools.preflight_kinds import WORKLOADS
from wizard.tools.quantity import quantity, requests

_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory"}


def quotas(facts: Facts, intent: Intent) -> Finding:
    """The namespace's quotas against what the chart's own pods ask for, with one user."""
    title = "Quota"
    if facts.quotas is None:
        why = "Your rights do not let codehub look at quotas."
        return Finding(name="quota", title=title, state=State.UNKNOWN, why=why)
    if not facts.quotas:
        return Finding(name="quota", title=title, state=State.OK, found="none")
    needed = _needed(intent)
    for quota in facts.quotas:
        status = quota.get("status") or {}
        hard, used = quota["spec"].get("hard") or {}, status.get("used") or {}
        for name, limit in hard.items():
            key = _SHORT.get(name, name)
            left = _number(limit) - _number(used.get(name, 0))
            if key in needed and needed[key] > left:
                why = (
                    f"The quota {clean(str(quota['metadata']['name']))} leaves {_shown(key, left)} of {name}; "
                    f"the hub with one user needs {_shown(key, needed[key])}."
                )
                fix = "Ask for less (hub.resources), or have the quota raised."
                return Finding(name="quota", title=title, state=State.WARN, why=why, fix=fix)
    return Finding(name="quota", title=title, state=State.OK, found=f"{len(facts.quotas)}, with room")


def _needed(intent: Intent) -> dict[str, float]:
    total: dict[str, float] = {"pods": 1.0, "persistentvolumeclaims": float(intent.user_storage)}
    for item in intent.objects:
        if item["kind"] == "PersistentVolumeClaim":
            total["persistentvolumeclaims"] += 1
        if item["kind"] not in WORKLOADS or item["kind"] == "DaemonSet":
            continue
        copies = float(item["spec"].get("replicas", 1) or 0)
        total["pods"] += copies
        for name, amount in requests(item["spec"]["template"]["spec"]).items():
            total[f"requests.{name}"] = total.get(f"requests.{name}", 0.0) + copies * amount
    for name, amount in _user(intent).items():
        total[f"requests.{name}"] = total.get(f"requests.{name}", 0.0) + amount
    return total


def _user(intent: Intent) -> dict[str, float]:
    asked = {"cpu": intent.user_cpu, "memory": intent.user_memory}
    return {name: _number(amount) for name, amount in asked.items() if amount}


def capacity(facts: Facts, intent: Intent) -> Finding:
    """What the nodes have left, against the largest pod and one user; says how many users fit."""
    title = "Capacity"
    if facts.nodes is None or facts.pods is None:
        why = "Your rights do not let codehub look at all nodes and pods."
        return Finding(name="capacity", title=title, state=State.UNKNOWN, why=why)
    room = free(facts.nodes, facts.pods)
    if not room:
        why = "No node is ready to take pods."
        fix = "`kubectl get nodes` shows why; start or uncordon one."
        return Finding(name="capacity", title=title, state=State.MISSING, why=why, fix=fix, required=True)
    workloads = [item for item in intent.objects if item["kind"] in WORKLOADS]
    asking = {
        f"{item['kind']} {item['metadata']['name']}": requests(item["spec"]["template"]["spec"]) for item in workloads
    }
    asking["a user's server"] = _user(intent)
    for what, asked in asking.items():
        if not any(all(left.get(name, 0) >= amount for name, amount in asked.items()) for left in room):
            most = {name: max(left.get(name, 0) for left in room) for name in asked}
            wants = ", ".join(f"{_shown(name, amount)} of {name}" for name, amount in asked.items())
            has = ", ".join(f"{_shown(name, amount)} of {name}" for name, amount in most.items())
            why = f"No node has room for {what}: it asks for {wants}; the most that a node has left is {has}."
            fix = "Ask for less (hub.resources), or give the cluster more room; an autoscaler may add a node."
            return Finding(name="capacity", title=title, state=State.WARN, why=why, fix=fix)
    return Finding(name="capacity", title=title, state=State.OK, found=_users_that_fit(room, _user(intent)))


def _users_that_fit(room: Sequence[Mapping[str, float]], user: Mapping[str, float]) -> str:
    needs = {name: amount for name, amount in user.items() if amount > 0}
    if not needs:
        return "users are guaranteed nothing, so any number is accepted"
    fitting = sum(min(int(left.get(name, 0) // amount) for name, amount in needs.items()) for left in room)
    return f"room for about {fitting} users at a time"


def free(nodes: Sequence[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """What each node that takes pods has left: allocatable less what its running pods ask for."""
    left: dict[str, dict[str, float]] = {}
    for node in nodes:
        status, spec = node.get("status") or {}, node.get("spec") or {}
        ready = any(
            entry.get("type") == "Ready" and entry.get("status") == "True" for entry in status.get("conditions") or ()
        )
        blocked = any(taint.get("effect") in {"NoSchedule", "NoExecute"} for taint in spec.get("taints") or ())
        if ready and not blocked and not spec.get("unschedulable"):
            amounts = (status.get("allocatable") or {}).items()
            left[str(node["metadata"]["name"])] = {name: _number(amount) for name, amount in amounts}
    for pod in pods:
        node_name = str((pod.get("spec") or {}).get("nodeName", ""))
        if node_name in left and (pod.get("status") or {}).get("phase") not in {"Succeeded", "Failed"}:
            for name, amount in requests(pod.get("spec")).items():
                left[node_name][name] = left[node_name].get(name, 0.0) - amount
    return list(left.values())


def _number(amount: object) -> float:
    try:
        return quantity(amount)
    except ValueError:
        return 0.0


def _shown(name: str, amount: float) -> str:
    if name.endswith(("memory", "storage")):
        return f"{max(0.0, amount) / 2**20:,.0f} Mi"
    return f"{max(0.0, amount):g}"
