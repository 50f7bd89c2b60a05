"""Kubernetes quantities as numbers."""

from __future__ import annotations

import re

_UNITS = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|([a-zA-Z]{0,2}))")


def quantity(text: object) -> float:
    """`500m`, `2Gi`, `1e3`, `0.5` as a number (cores, bytes, a count); JupyterHub's `512K` too.

    Raises ValueError for anything else.
    """
    found = _QUANTITY.fullmatch(str(text).strip())
    if found is None or (found[3] or "") not in _UNITS:
        raise ValueError(f"{text!r} is no Kubernetes quantity")
    return float(f"{found[1]}e{found[2]}") if found[2] else float(found[1]) * _UNITS[found[3] or ""]


def requests(pod_spec: object) -> dict[str, float]:
    """What a pod's spec asks for: cores of `cpu`, bytes of `memory` (the larger of init and other containers)."""
    if not isinstance(pod_spec, dict):
        return {}
    running = _sum(pod_spec.get("containers"), add=True)
    starting = _sum(pod_spec.get("initContainers"), add=False)
    return {name: max(running.get(name, 0.0), starting.get(name, 0.0)) for name in running.keys() | starting.keys()}


def _sum(containers: object, *, add: bool) -> dict[str, float]:
    total: dict[str, float] = {}
    for container in containers if isinstance(containers, list) else ():
        asked = (container.get("resources") or {}).get("requests") or {}
        for name, amount in asked.items():
            try:
                value = quantity(amount)
            except ValueError:
                continue
            total[name] = total.get(name, 0.0) + value if add else max(total.get(name, 0.0), value)
    return total
