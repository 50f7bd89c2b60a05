"""What Helm 3.17 and 4.1 really said, and what people are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import CodehubError, MissingError, StepFailed, UsageError
from wizard.tools.helm_errors import FieldConflict, NotReady, ReleaseLocked, explain

SAID = [
    (
        "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
        ReleaseLocked,
        "The release jhub is locked",
    ),
    (
        (
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\njupyterhub:\n"
            "- hub: Additional property colour is not allowed\n"
        ),
        UsageError,
        "The chart refuses some of the values",
    ),
    (
        (
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\njupyterhub:\n"
            "- at '/hub': additional properties 'colour' not allowed\n"
        ),
        UsageError,
        "The chart refuses some of the values",
    ),
    (
        "Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred:\n\t* timed out waiting for the condition",
        NotReady,
        "A hook job of the chart",
    ),
    (
        (
            'level=WARN msg="failed"\nError: failed pre-install: resource Job/codehub/hook-image-awaiter not ready. '
            "status: InProgress, message: Job in progress\ncontext deadline exceeded"
        ),
        NotReady,
        "A hook job of the chart",
    ),
    (
        (
            "Error: UPGRADE FAILED: release jhub failed, and has been rolled back due to atomic being set: "
            "context deadline exceeded"
        ),
        NotReady,
        "did not get ready in time",
    ),
    (
        (
            "Error: UPGRADE FAILED: release jhub failed, has been rolled back due to rollback-on-failure being set: "
            "resource Deployment/codehub/hub not ready. status: InProgress, message: Available: 0/1\n"
            "context deadline exceeded"
        ),
        NotReady,
        "did not get ready in time",
    ),
    (
        "Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials",
        MissingError,
        "does not accept your credentials",
    ),
    (
        (
            'Error: kubernetes cluster unreachable: Get "https://127.0.0.1:6443/version": dial tcp 127.0.0.1:6443: '
            "connect: connection refused"
        ),
        MissingError,
        "The Kubernetes cluster does not answer",
    ),
    (
        (
            'Error: UPGRADE FAILED: Get "https://10.0.0.1:6443/api/v1/namespaces/codehub/secrets?a=x": dial tcp '
            "10.0.0.1:6443: i/o timeout"
        ),
        MissingError,
        "The Kubernetes cluster does not answer",
    ),
    ('Error: Kubernetes cluster unreachable: context "nope" does not exist', UsageError, "no kube context nope"),
    (
        (
            'Error: 1 error occurred:\n\t* namespaces is forbidden: User "tester" cannot create resource '
            '"namespaces" in API group "" at the cluster scope'
        ),
        StepFailed,
        "You are not allowed",
    ),
    (
        'Error: INSTALLATION FAILED: pods "hub-1" is forbidden: exceeded quota: small, requested: pods=1',
        StepFailed,
        "quota",
    ),
    (
        (
            'Error: Unable to continue with install: ServiceAccount "hub" in namespace "codehub" exists and cannot be '
            "imported into the current release: invalid ownership metadata; annotation validation error: key "
            '"meta.helm.sh/release-name" must equal "j2": current value is "jhub"'
        ),
        StepFailed,
        "already has objects",
    ),
    (
        (
            "Error: UPGRADE FAILED: conflict occurred while applying object codehub/hub apps/v1, Kind=Deployment: "
            'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas'
        ),
        FieldConflict,
        "changed fields by hand",
    ),
    (
        "Error: UPGRADE FAILED: chart requires kubeVersion: >=1.28.0-0 which is incompatible with Kubernetes v1.20.0",
        MissingError,
        "does not support this cluster's Kubernetes version",
    ),
    (
        (
            'Error: looks like "https://hub.acme/" is not a valid chart repository or cannot be reached: Get '
            '"https://hub.acme/index.yaml": dial tcp: lookup hub.acme: no such host'
        ),
        MissingError,
        "The chart could not be fetched",
    ),
    (
        (
            'Error: failed to perform "FetchReference": Get "https://127.0.0.1:9/v2/x/y/manifests/1.0.0": dial tcp '
            "127.0.0.1:9: connect: connection refused"
        ),
        MissingError,
        "The chart could not be fetched",
    ),
    (
        (
            'Error: chart "jupyterhub" matching 9.9.9 not found in https://hub.jupyter.org/helm-chart/ index. (try '
            "'helm repo update'): no chart version found for jupyterhub-9.9.9"
        ),
        UsageError,
        "no such version of the chart",
    ),
    ("Error: repo nosuch not found", UsageError, "not where it was looked for"),
    ('Error: path "/nope.tgz" not found', UsageError, "not where it was looked for"),
    ("Error: open /nope.yaml: no such file or directory", UsageError, "A values file could not be read"),
    (
        "Error: failed to parse /x/values.extra.yaml: error converting YAML to JSON: yaml: line 2: oops",
        UsageError,
        "A values file could not be read",
    ),
    (
        (
            'Error: UPGRADE FAILED: resource mapping not found for name: "x" from "": no matches for kind '
            '"HTTPRoute" in version "gateway.networking.k8s.io/v1"'
        ),
        StepFailed,
        "does not know the kind HTTPRoute",
    ),
    (
        'Error: admission webhook "policy.acme.io" denied the request: no LoadBalancers here',
        StepFailed,
        "(policy.acme.io)",
    ),
    ("Error: release: not found", StepFailed, "There is no release jhub"),
]


@pytest.mark.parametrize("stderr, kind, text", SAID, ids=[row[2][:30] for row in SAID])
def test_each_error_is_told_by_its_cause(stderr: str, kind: type[CodehubError], text: str) -> None:
    error = explain("upgrade", stderr, release="jhub", namespace="codehub")
    assert type(error) is kind
    assert text in error.what
    assert error.fix
    assert "{" not in error.what + error.fix
    assert "level=" not in error.why
    assert "\n" not in error.why


def test_an_unknown_error_is_quoted() -> None:
    error = explain("upgrade", "Error: UPGRADE FAILED: the moon is full\n", release="jhub", namespace="codehub")
    assert (error.what, error.why) == ("`helm upgrade` failed.", "the moon is full")


def test_silence_is_explained_by_the_exit() -> None:
    assert "signal 9" in explain("upgrade", "", release="a", namespace="b", code=-9).why
    assert "exit code 1" in explain("upgrade", "", release="a", namespace="b").why


def test_credentials_in_an_address_are_not_repeated() -> None:
    said = 'Error: looks like "https://bob:hush@charts.acme/" is not a valid chart repository or cannot be reached'
    assert "hush" not in str(explain("upgrade", said, release="jhub", namespace="codehub"))


@given(st.text())
def test_any_text_becomes_an_error_of_bounded_size(stderr: str) -> None:
    error = explain("upgrade", stderr, release="jhub", namespace="codehub")
    assert error.what
    assert len(error.why) <= 1000
    assert "\x1b" not in error.why
