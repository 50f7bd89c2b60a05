"""Whether a deploy can work, before anything is changed: each check passes, warns or blocks, with reason and fix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wizard.errors import MissingError
from wizard.text import clean
from wizard.tools.clusters import storage_class
from wizard.tools.doctor_model import Finding, State, numbers
from wizard.tools.helm_release import Revision
from wizard.tools.kube import connect
from wizard.tools.preflight_capacity import capacity, quotas
from wizard.tools.preflight_facts import Facts, Intent, gather_facts
from wizard.wording import counted

RELEASE = "release"
"""The name of the finding that blocks where the release is locked, and for no other reason."""

_POD_SECURITY = "pod-security.kubernetes.io/enforce"


async def preflight(context: str, intent: Intent, *, kubeconfig: str = "") -> tuple[Finding, ...]:
    """All checks of one deploy against one cluster; a cluster that cannot be asked is the only finding then."""
    try:
        async with connect(context, kubeconfig) as cluster:
            facts = await gather_facts(cluster, intent)
    except MissingError as error:
        return (_blocks("cluster", "Cluster", error.why or error.what, error.fix),)
    return judge(facts, intent)


def judge(facts: Facts, intent: Intent) -> tuple[Finding, ...]:
    """The findings, from what the cluster said."""
    return tuple(rule(facts, intent) for rule in _RULES)


def _ok(name: str, title: str, found: str) -> Finding:
    return Finding(name=name, title=title, state=State.OK, found=found)


def _warns(name: str, title: str, why: str, fix: str, *, found: str = "") -> Finding:
    return Finding(name=name, title=title, state=State.WARN, why=why, fix=fix, found=found)


def _blocks(name: str, title: str, why: str, fix: str, *, command: str = "") -> Finding:
    return Finding(name=name, title=title, state=State.MISSING, why=why, fix=fix, command=command, required=True)


def _unknown(name: str, title: str, what: str) -> Finding:
    return Finding(
        name=name,
        title=title,
        state=State.UNKNOWN,
        why=f"Your rights do not let codehub look at {what}.",
        fix="Nothing, if whoever runs the cluster says that it is all right.",
    )


def _version(facts: Facts, intent: Intent) -> Finding:
    wanted = intent.min_kubernetes
    if wanted and numbers(facts.version) < numbers(wanted):
        why = f"The chart needs Kubernetes {wanted} or newer, the cluster has {facts.version}."
        return _blocks("kubernetes", "Kubernetes", why, "Update the cluster, or choose an older chart.")
    return _ok("kubernetes", "Kubernetes", facts.version)


def _namespace(facts: Facts, intent: Intent) -> Finding:
    title = "Namespace"
    if not facts.namespace_known:
        return _unknown("namespace", title, f"the namespace {intent.namespace}")
    if facts.namespace is None:
        return _ok("namespace", title, f"{intent.namespace} will be made")
    if (facts.namespace.get("status") or {}).get("phase") == "Terminating":
        why = f"The namespace {intent.namespace} is being deleted."
        return _blocks("namespace", title, why, "Wait until it has gone, or choose another one.")
    level = ((facts.namespace["metadata"].get("labels")) or {}).get(_POD_SECURITY, "privileged")
    if level == "restricted":
        why = "It enforces the Pod Security Standard restricted, which the hub's and the users' pods must keep to."
        return _warns(
            "namespace", title, why, "Set singleuser.cloudMetadata.blockWithIptables: false.", found=str(level)
        )
    return _ok("namespace", title, intent.namespace)


def _rights(facts: Facts, intent: Intent) -> Finding:
    if facts.denied is None:
        return _unknown("rights", "Your rights", "your own rights")
    if facts.denied:
        shown = ", ".join(facts.denied[:6]) + (f" and {len(facts.denied) - 6} more" if len(facts.denied) > 6 else "")
        cluster_wide = any("clusterrole" in right or "priorityclass" in right for right in facts.denied)
        fix = "Ask whoever runs the cluster for the role `admin` in that namespace."
        if cluster_wide:
            fix = "Set scheduling.userScheduler.enabled: false in values.extra.yaml, or ask for a cluster-wide role."
        return _blocks("rights", "Your rights", f"In {intent.namespace} you may not: {shown}.", fix)
    return _ok("rights", "Your rights", "all that Helm and the chart need")


def _storage(facts: Facts, intent: Intent) -> Finding:
    title = "Storage"
    claims = [item for item in intent.objects if item["kind"] == "PersistentVolumeClaim"]
    wanted = {str(item["spec"].get("storageClassName") or "") for item in claims}
    wanted |= {intent.user_storage_class} if intent.user_storage else set()
    if not wanted:
        return _ok("storage", title, "none needed")
    if facts.storage_classes is None:
        return _unknown("storage", title, "storage classes")
    classes = {entry.name: entry for entry in map(storage_class, facts.storage_classes)}
    default = next((entry.name for entry in classes.values() if entry.default), "")
    names = ", ".join(classes) or "none"
    for name in sorted(wanted - {""} - classes.keys()):
        return _blocks(
            "storage", title, f"There is no storage class {name}; there are: {names}.", "Choose one of them."
        )
    if "" in wanted and not default:
        why = f"No storage class is the default, so volumes would wait for ever; there are: {names}."
        fix = "Choose one (hub.storage.storage_class), or have one made the default."
        return _blocks("storage", title, why, fix, command="kubectl get storageclass")
    return _ok("storage", title, ", ".join(sorted(name or f"{default} (default)" for name in wanted)))


def _ingress(facts: Facts, intent: Intent) -> Finding:
    title = "Ingress"
    wanted = [str(item["spec"].get("ingressClassName") or "") for item in intent.objects if item["kind"] == "Ingress"]
    if not wanted:
        return _ok("ingress", title, "not used")
    if facts.ingress_classes is None:
        return _unknown("ingress", title, "ingress classes")
    key = "ingressclass.kubernetes.io/is-default-class"
    defaults = {
        str(item["metadata"]["name"]): (item["metadata"].get("annotations") or {}).get(key) == "true"
        for item in facts.ingress_classes
    }
    names = clean(", ".join(defaults)) or "none"
    if not defaults:
        why = "The cluster has no ingress class: no ingress controller is installed."
        return _blocks("ingress", title, why, "Install one (minikube: `minikube addons enable ingress`).")
    if wanted[0] and wanted[0] not in defaults:
        why = f"There is no ingress class {wanted[0]}; there are: {names}."
        return _blocks("ingress", title, why, "Choose one of them (target.expose.ingress_class).")
    if not wanted[0] and not any(defaults.values()):
        why = f"No ingress class is chosen, and none is the default; there are: {names}."
        return _warns("ingress", title, why, "Choose one of them (target.expose.ingress_class).")
    return _ok("ingress", title, wanted[0] or "the default class")


def _release(facts: Facts, intent: Intent) -> Finding:
    title = "Release"
    if facts.releases is None:
        return _unknown(RELEASE, title, "Helm's records in the namespace")
    labels = [item["metadata"].get("labels") or {} for item in facts.releases]
    revisions = sorted((int(row.get("version", 0)), str(row.get("status", ""))) for row in labels)
    if not revisions:
        return _ok(RELEASE, title, f"{intent.release} is new")
    number, status = revisions[-1]
    if Revision(number=number, status=status).locked:
        why = f"Revision {number} is {status}: an earlier Helm was killed, or is still at work."
        fix = "If nobody else is deploying it, free it: codehub apply --repair."
        return _blocks(RELEASE, title, why, fix, command=f"helm history {intent.release} -n {intent.namespace}")
    return _ok(RELEASE, title, f"{intent.release}, revision {number}, {status}")


def _owners(facts: Facts, intent: Intent) -> Finding:
    title = "Other releases"
    foreign = [trial for trial in facts.trials if trial.owner]
    if foreign:
        owners = ", ".join(sorted({trial.owner for trial in foreign}))
        shown = ", ".join(trial.title for trial in foreign[:4])
        why = f"{shown} in {intent.namespace} belong to {owners}: one namespace holds one JupyterHub."
        return _blocks("owners", title, why, "Choose another namespace, or remove what is there.")
    return _ok("owners", title, "nothing of theirs is touched")


def _trials(facts: Facts, _: Intent) -> Finding:
    """What the server said to a dry run of every object."""
    title = "Dry run"
    refused = [trial for trial in facts.trials if trial.refused and not _lacks_rights(trial.refused)]
    if refused:
        first = refused[0]
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        return _blocks("dry-run", title, f"{first.title} is refused: {first.refused}{more}", _advice(first.refused))
    warned = [(trial.title, warning) for trial in facts.trials for warning in trial.warnings]
    if warned:
        why = "; ".join(f"{title_}: {warning}" for title_, warning in warned[:3])
        return _warns("dry-run", title, why, "Correct what is named, or make sure that it is meant.")
    if any(trial.refused for trial in facts.trials):
        return _unknown("dry-run", title, "what the server would say to each object")
    tried = (
        f"{counted(len(facts.trials), 'object')} accepted"
        if facts.trials
        else "not possible before the namespace is there"
    )
    return _ok("dry-run", title, tried)


def _user_pod(facts: Facts, _: Intent) -> Finding:
    """What the server said to a dry run of a user's pod: the hub would start, and nobody's editor.

    It never blocks: a quota that running editors have used up refuses it too.
    """
    name, title, trial = "user-pod", "A user's pod", facts.user_trial
    if trial is None:
        return _ok(name, title, "not tried before the namespace is there")
    if trial.refused and _lacks_rights(trial.refused):
        return _unknown(name, title, "what the server would say to it")
    if trial.refused:
        return _warns(name, title, f"It is refused: {trial.refused}", _advice(trial.refused))
    if trial.warnings:
        fix = "Correct what is named, or make sure that it is meant."
        return _warns(name, title, "; ".join(trial.warnings[:3]), fix)
    return _ok(name, title, "accepted")


def _lacks_rights(why: str) -> bool:
    return "cannot " in why and "User " in why


def _advice(why: str) -> str:
    if "quota" in why:
        return "Ask for less (hub.resources), or have the quota raised: `kubectl describe quota`."
    if "PodSecurity" in why:
        return (
            "Use a namespace with a less strict Pod Security Standard, or correct what is named in values.extra.yaml."
        )
    if "immutable" in why:
        return "Kubernetes cannot change that in place: remove the object first, if nothing in it is needed."
    return "Correct what is named, or ask whoever runs the cluster."


_RULES: Sequence[Callable[[Facts, Intent], Finding]] = (
    _version,
    _namespace,
    _rights,
    _release,
    _owners,
    _storage,
    _ingress,
    quotas,
    capacity,
    _trials,
    _user_pod,
)
