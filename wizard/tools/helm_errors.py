"""What Helm's error texts mean: every failure has exit code 1, only the words tell them apart (Helm 3's and 4's)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wizard.errors import CodehubError, MissingError, StepFailed, UsageError
from wizard.text import clean, without_credentials


class ReleaseLocked(StepFailed):
    """Helm takes an earlier operation as still going on; `helm_release.repair_for` says what frees the release."""


class NotReady(StepFailed):
    """Helm waited in vain; `wizard.tools.rollout` says what for."""


class FieldConflict(StepFailed):
    """Somebody changed fields by hand that the chart sets; `force_conflicts` takes them over."""


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    what: str
    fix: str
    address: str
    kind: type[CodehubError] = StepFailed


def _rule(pattern: str, what: str, fix: str, address: str, kind: type[CodehubError] = StepFailed) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE | re.DOTALL), what, fix, address, kind)


# The first rule that fits is taken: causes come before their consequences ("failed, and has been rolled back").
_RULES = (
    _rule(
        r"another operation \(install/upgrade/rollback\) is in progress",
        "The release {release} is locked: an earlier Helm run was killed, or another one is at work.",
        "If nobody else is deploying it, roll it back to its last good revision "
        "(`helm history {release} -n {namespace}` shows them), then run the same command again.",
        "release-locked",
        ReleaseLocked,
    ),
    _rule(
        r"context \"?(?P<found>[^\"\n]+?)\"? does not exist",
        "There is no kube context {found}.",
        "Choose one of those that `kubectl config get-contexts` lists.",
        "cluster-context",
        UsageError,
    ),
    _rule(
        r"provide credentials|unauthorized.*(cluster|server)|token (has )?expired|exec plugin|getting credentials",
        "The cluster does not accept your credentials.",
        "Log in to the cluster again, check with `kubectl get namespaces`, and run the same command again.",
        "cluster-login",
        MissingError,
    ),
    _rule(
        r"cluster unreachable|(get|post|put|patch|delete) \"https?://[^\"]+/apis?/[^\"]*\": ",
        "The Kubernetes cluster does not answer.",
        "Start it, or connect to its network (VPN), check with `kubectl cluster-info`, and run the same command again.",
        "cluster-unreachable",
        MissingError,
    ),
    _rule(
        r"exceeded quota|failed quota",
        "The namespace {namespace} has a quota that this deployment does not fit in.",
        "Ask for less (memory, CPU, storage), or have the quota raised: `kubectl describe quota -n {namespace}`.",
        "cluster-quota",
    ),
    _rule(
        r"violates PodSecurity",
        "The namespace {namespace} refuses pods that do not keep to its Pod Security Standard.",
        "Use a namespace with a less strict standard, or ask whoever runs the cluster.",
        "cluster-policy",
    ),
    _rule(
        r"values don't meet the specifications of the schema",
        "The chart refuses some of the values.",
        "Correct what is named: in values.extra.yaml if it is yours, else in the answers (`codehub init`).",
        "chart-values",
        UsageError,
    ),
    _rule(
        r"chart requires kubeVersion: (?P<found>.+)",
        "The chart does not support this cluster's Kubernetes version.",
        "Update the cluster, or choose a chart that fits: `codehub versions chart`.",
        "chart-version",
        MissingError,
    ),
    _rule(
        r"invalid ownership metadata|cannot be imported into the current release",
        "The namespace {namespace} already has objects that this release would need to own.",
        "Choose another namespace, or remove what is there: only one JupyterHub fits into a namespace.",
        "release-conflict",
    ),
    _rule(
        r"conflict occurred while applying|conflicts? with \"|Apply failed with \d+ conflict",
        "Somebody changed fields by hand that the chart sets.",
        "Undo that change with kubectl, or deploy again and take the fields over (`helm upgrade --force-conflicts`).",
        "release-conflict",
        FieldConflict,
    ),
    _rule(
        r"admission webhook \"?(?P<found>[^\"\s]+)\"? denied",
        "A policy of the cluster ({found}) refuses an object of the chart.",
        "Ask whoever runs the cluster what the policy wants, and set it in values.extra.yaml.",
        "cluster-policy",
    ),
    _rule(
        r"namespaces \"(?P<found>[^\"]+)\" not found",
        "There is no namespace {found}.",
        "Create it: `kubectl create namespace {found}`.",
        "cluster-namespace",
    ),
    _rule(
        r"is forbidden: User|forbidden: .* cannot (get|list|create|patch|update|delete|watch)",
        "You are not allowed to do that in the cluster.",
        "Ask whoever runs the cluster for the missing right, or choose a namespace that you administer.",
        "cluster-rights",
    ),
    _rule(
        r"no matches for kind \"(?P<found>[^\"]+)\"",
        "The cluster does not know the kind {found}, which the chart uses.",
        "Choose a newer chart (`codehub versions chart`), or install what provides that kind.",
        "chart-version",
    ),
    _rule(
        r"(not a valid chart repository|failed to (fetch|perform|do request|download)|could not download|"
        r"no such host|x509:|certificate).*|dial tcp",
        "The chart could not be fetched.",
        "Check the address, the network and the proxy (HTTPS_PROXY), or use a chart's .tgz or folder as the source.",
        "chart-source",
        MissingError,
    ),
    _rule(
        r"chart \"[^\"]+\" (matching|version)[^\n]* not found|no chart (name|version) found|"
        r"manifest unknown|: not found.*oci",
        "There is no such version of the chart.",
        "Choose one that `codehub versions chart` lists.",
        "chart-version",
        UsageError,
    ),
    _rule(
        r"repo \S+ not found|path \"[^\"]+\" not found|Chart\.yaml file is missing|file does not appear to be a gzip",
        "The chart is not where it was looked for.",
        "Give a repository's URL, an oci:// reference, a chart's folder or its .tgz as target.chart.source.",
        "chart-source",
        UsageError,
    ),
    _rule(
        r"(open|read) \S+\.ya?ml: no such file|error (parsing|converting|unmarshaling)|failed to parse \S+\.ya?ml",
        "A values file could not be read.",
        "Run `codehub render` to write the files again, and check values.extra.yaml.",
        "chart-values",
        UsageError,
    ),
    _rule(
        r"hooks? failed|failed pre-|failed post-|BackoffLimitExceeded|DeadlineExceeded: Job",
        "A hook job of the chart did not finish.",
        "Usually an image cannot be pulled; `kubectl get pods -n {namespace}` shows which. Correct it and run again.",
        "not-ready",
        NotReady,
    ),
    _rule(
        r"timed out waiting|context deadline exceeded|not ready\. status|rate limiter",
        "The release {release} did not get ready in time.",
        "See above for what was not ready; with a slow network or big images give it more time.",
        "not-ready",
        NotReady,
    ),
    _rule(
        r"release: not found|has no deployed releases",
        "There is no release {release} in the namespace {namespace}.",
        "Check the release's name and namespace: `helm list -A`.",
        "release-missing",
    ),
)


def explain(action: str, stderr: str, *, release: str, namespace: str, code: int = 1) -> CodehubError:
    """The error for people of a failed `helm ACTION`, from what it wrote to stderr."""
    said = _essence(stderr)
    for rule in _RULES:
        if match := rule.pattern.search(said):
            found = clean((match.groupdict().get("found") or "").strip())
            names = {"release": release, "namespace": namespace, "found": found}
            what, fix = rule.what.format(**names), rule.fix.format(**names)
            return rule.kind(what, why=_after(said), fix=fix, address=rule.address)
    ended = f"It was stopped by signal {-code}." if code < 0 else f"It ended with exit code {code} and said nothing."
    return StepFailed(
        f"`helm {action}` failed.",
        why=_after(said) if said else ended,
        fix="Correct what Helm names, and run the same command again.",
        address="helm-failed",
    )


def _essence(stderr: str) -> str:
    """The error without Helm 4's log lines (which repeat it) and the empty lines of Helm 3's lists."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    plain = [line for line in lines if not re.match(r"(time=\S+ )?level=|WARNING: ", line)]
    return without_credentials("\n".join(plain or lines))


def _after(said: str) -> str:
    """Helm's own words as one readable line of at most 1,000 characters."""
    start = said.find("Error: ")
    text = said[start + len("Error: ") :] if start >= 0 else said
    text = text.removeprefix("UPGRADE FAILED: ").removeprefix("INSTALLATION FAILED: ")
    line = clean("; ".join(part.strip().removeprefix("* ") for part in text.splitlines()))
    return line if len(line) <= 1000 else line[:999] + "…"
