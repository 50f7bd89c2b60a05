"""An in-memory Kubernetes API on loopback, on which the real Helm 3 and 4 and the Python clients work.

It is no cluster: controllers, scheduler and kubelets are played by `simulator`, and `Scenario` says what they
do wrong. Start one in a test with `FakeCluster(folder)`, by hand with `python -m tests.kubeapi PORT`.
"""

from tests.kubeapi.cluster import FakeCluster
from tests.kubeapi.scenario import Scenario

__all__ = ["FakeCluster", "Scenario"]
