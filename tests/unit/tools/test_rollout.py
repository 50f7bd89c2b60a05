"""Causes from objects as real clusters have them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.tools.rollout import diagnose, waiting_for
from wizard.tools.rollout_model import Cause, Objects
from wizard.tools.rollout_pods import pod_state

NOW = dt.datetime(2026, 1, 1, 12, 0, 0, tzinfo=dt.UTC)
OLD = "2026-01-01T11:00:00Z"


def pod(name: str = "hub-1", *, status: dict[str, Any], uid: str = "p", owner: str = "") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "uid": uid, "creationTimestamp": OLD, "labels": {"component": "hub"}}
    if owner:
        metadata["ownerReferences"] = [{"kind": "ReplicaSet", "uid": owner}]
    image = "registry.acme/forbidden-hub:404"
    return {"metadata": metadata, "spec": {"containers": [{"name": "hub", "image": image}]}, "status": status}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    container = {"name": "hub", "image": "registry.acme/forbidden-hub:404", "ready": False, "state": state}
    return {"phase": "Pending", "containerStatuses": [container]}


def event(uid: str, reason: str, message: str) -> dict[str, Any]:
    return {"reason": reason, "message": message, "involvedObject": {"uid": uid}, "lastTimestamp": OLD}


@pytest.mark.parametrize(
    "reason, message, expected",
    [
        ("ImagePullBackOff", "rpc error: code = NotFound desc = failed to pull: not found", "is not in its registry"),
        ("ErrImagePull", "manifest unknown: manifest unknown", "is not in its registry"),
        ("ErrImagePull", "unexpected status: 401 Unauthorized", "wants a login"),
        ("ErrImagePull", "pull access denied, repository does not exist or may require authorization", "wants a login"),
        ("ErrImagePull", "dial tcp: lookup registry.acme: no such host", "cannot reach the registry"),
        ("ErrImagePull", "http: server gave HTTP response to HTTPS client", "speaks plain HTTP"),
        ("ErrImagePull", "tls: failed to verify certificate: x509: unknown authority", "does not trust"),
        ("ErrImagePull", "toomanyrequests: You have reached your pull rate limit", "rate limit"),
        ("ErrImagePull", "no match for platform in manifest: not found", "node's processor"),
        ("ErrImageNeverPull", "Container image is not present with pull policy of Never", "is not on the node"),
        ("InvalidImageName", "couldn't parse image name", "not a valid image name"),
        ("ImagePullBackOff", "something new", "cannot be pulled"),
    ],
)
def test_why_an_image_does_not_come(reason: str, message: str, expected: str) -> None:
    """The image's own name, with "forbidden" and "404" in it, must not be taken for the cause."""
    (problem,) = diagnose(Objects(pods=[pod(status=waiting(reason, message))]), now=NOW)
    assert problem.cause is Cause.IMAGE
    assert expected in problem.what
    assert problem.fix


def test_the_event_tells_more_than_the_back_off() -> None:
    status = waiting("ImagePullBackOff", 'Back-off pulling image "registry.acme/forbidden-hub:404"')
    said = 'Failed to pull image "registry.acme/forbidden-hub:404": denied: no access'
    (problem,) = diagnose(Objects(pods=[pod(status=status)], events=[event("p", "Failed", said)]), now=NOW)
    assert "wants a login" in problem.what


@pytest.mark.parametrize(
    "message, expected",
    [
        ("0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes", "enough memory"),
        ("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", "enough nvidia.com/gpu left"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint {a: b}.", "taints"),
        ("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", "node selector"),
        ("0/1 nodes are available: 1 Too many pods.", "as many pods"),
        ("0/2 nodes are available: 2 node(s) had volume node affinity conflict.", "another zone"),
        ("no nodes available to schedule pods", "no node takes"),
        ("something new", "the scheduler finds no node"),
    ],
)
def test_why_a_pod_is_not_placed(message: str, expected: str) -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    (problem,) = diagnose(Objects(pods=[pod(status={"phase": "Pending", "conditions": [condition]})]), now=NOW)
    assert problem.cause is Cause.UNSCHEDULABLE
    assert expected in problem.what
    assert problem.why == message


def test_a_volume_that_is_missing_is_told_once() -> None:
    claim = {"metadata": {"name": "hub-db-dir", "uid": "c"}, "status": {"phase": "Pending"}}
    said = "no persistent volumes available for this claim and no storage class is set"
    message = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    objects = Objects(
        pods=[pod(status={"phase": "Pending", "conditions": [condition]})],
        claims=[claim],
        events=[event("c", "FailedBinding", said)],
    )
    (problem,) = diagnose(objects, now=NOW)
    assert problem.cause is Cause.VOLUME
    assert "storage class" in problem.fix


def test_a_volume_that_waits_for_its_first_pod_is_no_problem() -> None:
    claim = {"metadata": {"name": "hub-db-dir", "uid": "c"}, "status": {"phase": "Pending"}}
    said = event("c", "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
    assert diagnose(Objects(claims=[claim], events=[said]), now=NOW) == ()


def test_a_crash_names_the_container_whose_log_tells() -> None:
    container = {
        "name": "hub",
        "ready": False,
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }
    status = {"phase": "Running", "containerStatuses": [container]}
    (problem,) = diagnose(Objects(pods=[pod(status=status)]), now=NOW)
    assert (problem.cause, problem.container, problem.previous) == (Cause.CRASH, "hub", True)
    assert "runs out of memory" in problem.what
    assert "4 times" in problem.why


def test_replicas_have_one_problem_together() -> None:
    pods = [pod(f"hub-{name}", status=waiting("ErrImagePull", "not found"), uid=name) for name in ("abcde", "fghij")]
    assert len(diagnose(Objects(pods=pods), now=NOW)) == 1


@pytest.mark.parametrize(
    "said, cause",
    [
        ('Error creating: pods "hub-1" is forbidden: exceeded quota: q, requested: pods=1', Cause.QUOTA),
        ('Error creating: pods "hub-1" is forbidden: failed quota: q: must specify limits.cpu for: hub', Cause.QUOTA),
        (
            'Error creating: pods "h" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
            Cause.QUOTA,
        ),
        (
            'Error creating: pods "h" is forbidden: violates PodSecurity "baseline:latest": privileged',
            Cause.POD_SECURITY,
        ),
        ('Error creating: admission webhook "policy.acme" denied the request', Cause.REFUSED),
    ],
)
def test_pods_that_may_not_be_made(said: str, cause: Cause) -> None:
    owner = {"kind": "ReplicaSet", "metadata": {"name": "hub-5d", "uid": "r"}, "spec": {"replicas": 1}}
    objects = Objects(owners=[owner], events=[event("r", "FailedCreate", said)])
    (problem,) = diagnose(objects, now=NOW)
    assert problem.cause is cause
    assert problem.why in said
    made = Objects(owners=[owner], events=objects.events, pods=[pod(status=ready(), owner="r")])
    assert diagnose(made, now=NOW) == (), "it was refused once, and is made now"


def ready() -> dict[str, Any]:
    return {"phase": "Running", "containerStatuses": [{"name": "hub", "ready": True, "state": {"running": {}}}]}


def test_slow_is_no_problem_until_patience_ends() -> None:
    young = pod(status={"phase": "Pending"})
    young["metadata"]["creationTimestamp"] = "2026-01-01T11:59:50Z"
    assert diagnose(Objects(pods=[young]), now=NOW, patience=30) == ()
    (problem,) = diagnose(Objects(pods=[young]), now=NOW, patience=5)
    assert problem.cause is Cause.UNREADY


def test_pods_that_end_well_or_are_going_are_left_alone() -> None:
    going = pod(status=waiting("ImagePullBackOff"))
    going["metadata"]["deletionTimestamp"] = OLD
    done = pod(status={"phase": "Succeeded", "containerStatuses": []})
    assert diagnose(Objects(pods=[going, done, pod(status=ready())]), now=NOW, patience=0) == ()


def test_states_as_kubectl_shows_them() -> None:
    init = {"name": "pull", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    states = [
        pod_state(pod(status=ready())),
        pod_state(pod(status=waiting("CrashLoopBackOff"))),
        pod_state(pod(status={"phase": "Pending", "initContainerStatuses": [init]})),
        pod_state(pod(status={"phase": "Failed", "reason": "Evicted"})),
    ]
    assert [state.status for state in states] == ["Running", "CrashLoopBackOff", "Init:ImagePullBackOff", "Evicted"]
    assert [state.ready for state in states] == [True, False, False, False]


@pytest.mark.parametrize(
    "kind, spec, status, ready_now",
    [
        (
            "Deployment",
            {"replicas": 2},
            {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2},
            True,
        ),
        (
            "Deployment",
            {"replicas": 2},
            {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 2, "readyReplicas": 3},
            False,
        ),
        ("Deployment", {}, {"observedGeneration": 0, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}, False),
        ("Deployment", {"replicas": 0}, {"observedGeneration": 1}, True),
        ("StatefulSet", {"replicas": 1}, {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}, False),
        (
            "DaemonSet",
            {},
            {"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1},
            False,
        ),
        ("DaemonSet", {}, {"observedGeneration": 1, "desiredNumberScheduled": 0}, True),
    ],
)
def test_what_a_rollout_waits_for(kind: str, spec: dict[str, Any], status: dict[str, Any], ready_now: bool) -> None:
    owner = {"kind": kind, "metadata": {"name": "x", "generation": 1}, "spec": spec, "status": status}
    assert waiting_for(Objects(owners=[owner])) == (() if ready_now else (f"{kind} x",))


@given(
    st.lists(st.sampled_from(["ErrImagePull", "CrashLoopBackOff", "", "ContainerCreating", "CreateContainerError"])),
    st.text(),
)
def test_never_fails_on_what_a_cluster_may_say(reasons: list[str], message: str) -> None:
    pods = [
        pod(f"hub-{number}", status=waiting(reason, message), uid=str(number)) for number, reason in enumerate(reasons)
    ]
    events = [event(str(number), "Failed", message) for number in range(len(reasons))]
    for problem in diagnose(Objects(pods=pods, events=events), now=NOW):
        assert problem.what
        assert problem.fix
        assert "\x1b" not in "".join(problem.lines())
