"""What this cluster is like and what goes wrong in it; all of it may be changed while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Scenario:
    """Knobs of the API and of the simulated controllers.

    Objects do the rest, as on a cluster: a ResourceQuota is held, `pod-security.kubernetes.io/enforce` on a
    namespace is held, a PVC without a class stays pending when no StorageClass is the default.
    """

    version: str = "v1.33.1"
    step: float = 0.05
    """Seconds that an image pull, a container start and a job take each."""
    nodes: int = 1
    node_cpu: str = "4"
    node_memory: str = "8Gi"
    node_images: list[str] = field(default_factory=list)
    """Images that nodes have already: the only ones that `imagePullPolicy: Never` can start (empty: any)."""
    default_storage_class: bool = True
    load_balancers: bool = True
    """Services of type LoadBalancer get an address."""

    bad_images: set[str] = field(default_factory=set)
    """Parts of image names that cannot be pulled: not found."""
    private_images: set[str] = field(default_factory=set)
    """Parts of image names that need a pull secret which is not there."""
    crashing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Container name → what it logs before it exits with 1, again and again."""
    unready: dict[str, str] = field(default_factory=dict)
    """Container name → why its readiness probe keeps failing."""
    pending_volumes: set[str] = field(default_factory=set)
    """Names of PVCs that no provisioner ever binds."""
    stuck_jobs: set[str] = field(default_factory=set)
    """Parts of names of Jobs that run for ever."""
    failing_jobs: set[str] = field(default_factory=set)
    """Parts of names of Jobs whose pod fails."""
    logs: dict[str, list[str]] = field(default_factory=dict)
    """Container name → its log lines; followers get a new one every `log_interval`."""
    log_interval: float = 0.2

    mounts: dict[str, Path] = field(default_factory=dict)
    """Folder in every container → folder here: commands run for real, with the one in place of the other."""

    forward_to: dict[int, int] = field(default_factory=dict)
    """Port of a container → port of this machine that a port-forward to it leads to; others refuse."""

    forbidden: set[tuple[str, str]] = field(default_factory=set)
    """(verb, plural) pairs that are answered with 403 and denied in access reviews; `*` stands for any."""
    tokens: set[str] | None = None
    """Bearer tokens that are accepted; None accepts everybody, an empty set nobody."""
    latency: float = 0.0
    """Seconds before each answer."""
    failures: list[int] = field(default_factory=list)
    """Status codes that the next requests are answered with, one each."""
    cut_watches_after: float | None = None
    """Seconds after which a watch's connection is cut in the middle of a chunk."""
    fat_bytes: int = 0
    """Bytes of padding in each watched object: real events exceed 64 KiB."""
