"""What a person should know of the chart's versions on the way, each with a condition on their own setup.

Sources: the chart's changelog (z2jh.jupyterhub.readthedocs.io/en/stable/changelog.html), JupyterHub's and
KubeSpawner's; tried with the charts themselves, 0.9 to 4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.catalog import chart_release, parse_version
from wizard.render.merge import at, merged
from wizard.upgrade import migrate

_OAUTH_CLASSES = ("GitHubOAuthenticator", "GoogleOAuthenticator", "GenericOAuthenticator", "AzureAdOAuthenticator")


@dataclass(frozen=True)
class Case:
    """One upgrade of a chart.

    own: the values in values.extra.yaml, as far as they are migrated; rendered: those of config.yaml; kubernetes:
    version of the cluster, empty when it is not known.
    """

    own: Mapping[str, Any]
    rendered: Mapping[str, Any]
    before: str
    after: str
    kubernetes: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """All values without secrets."""
        return merged(self.rendered, self.own)


@dataclass(frozen=True)
class Entry:
    """What came with a chart version.

    concerns: whether it matters to a case; migrate: changes the person's own values (in place, comments stay) so that
    they go on meaning the same, True when it had something to do.
    """

    version: str
    text: str
    concerns: Callable[[Case], bool]
    migrate: Callable[[dict[str, Any]], bool] | None = None


@dataclass(frozen=True)
class Advice:
    """An entry that concerns somebody; migrated: values.extra.yaml was changed for it."""

    version: str
    text: str
    migrated: bool = False

    def __str__(self) -> str:
        done = " values.extra.yaml is changed accordingly." if self.migrated else ""
        return f"Chart {self.version}: {self.text}{done}"


def _always(_: Case) -> bool:
    return True


def _has(*paths: str) -> Callable[[Case], bool]:
    return lambda case: any(at(case.own, path) is not None for path in paths)


def _oauth_without_rule(case: Case) -> bool:
    config = at(case.values, "hub.config", {})
    used = [name for name in _OAUTH_CLASSES if at(config, name)]
    rules = ("allow_all", "allowed_users", "allowed_organizations", "allowed_groups", "hosted_domain")
    sections = [at(config, name, {}) or {} for name in ("Authenticator", *used)]
    return bool(used) and not any(section.get(rule) for section in sections for rule in rules)


def _own_login(case: Case) -> bool:
    """A login that the person configured beside the answers, where codehub's own allow rules may not be meant."""
    own = at(case.own, "hub.config", {}) or {}
    configured = any(name.endswith("Authenticator") for name in own) or at(own, "JupyterHub.authenticator_class")
    section = at(case.values, "hub.config.Authenticator", {}) or {}
    return bool(configured) and not (section.get("allow_all") or section.get("allowed_users"))


def _other_database(case: Case) -> bool:
    return bool(at(case.values, "hub.db.type", "sqlite-pvc") != "sqlite-pvc")


def _too_old_a_cluster(case: Case) -> bool:
    found = parse_version(case.kubernetes.removeprefix("v").partition("-")[0].partition("+")[0])
    return found is None or (found.major, found.minor) < (1, 32)


def _old_names(case: Case) -> bool:
    return at(case.values, "hub.config.KubeSpawner.slug_scheme") is None


ENTRIES = (
    Entry(
        "0.10.0",
        "network policies are on: what users' pods, the proxy and the hub reach beside the internet has to be allowed "
        "in singleuser.networkPolicy, proxy.chp.networkPolicy and hub.networkPolicy.",
        _always,
    ),
    Entry(
        "0.11.0",
        "the login is configured below hub.config, no longer below auth.",
        _has("auth"),
        migrate.auth_to_hub_config,
    ),
    Entry(
        "1.0.0",
        "hub.extraConfig is a map of named snippets, no longer one text.",
        lambda case: isinstance(at(case.own, "hub.extraConfig"), str),
        migrate.extra_config_to_map,
    ),
    Entry(
        "1.0.0",
        "the chart makes proxy.secretToken and hub.cookieSecret itself and keeps them; keep yours in secrets.yaml for "
        "this upgrade, or everybody is logged out once.",
        _has("proxy.secretToken", "hub.cookieSecret"),
    ),
    Entry("1.0.0", "deleting a user in the hub deletes that user's volume too.", _always),
    Entry(
        "1.0.0",
        "values are checked against a schema: a key that the chart does not know stops the upgrade.",
        lambda case: bool(case.own),
    ),
    Entry("2.0.0", "JupyterHub goes from 1 to 3: running servers have to be restarted by their users.", _always),
    Entry(
        "2.0.0",
        "sudo in users' containers is blocked unless singleuser.allowPrivilegeEscalation is true.",
        _has("singleuser.extraEnv.GRANT_SUDO"),
        migrate.allow_sudo,
    ),
    Entry(
        "3.0.0",
        "links and forms need an XSRF token: own pages, services and scripts that post to the hub must send it.",
        _has("hub.services", "hub.templatePaths", "hub.extraConfig"),
    ),
    Entry(
        "3.0.0",
        "a login at another site lets nobody in without an allow rule: set hub.auth.users, hub.auth.organizations or "
        "hub.auth.allow_all.",
        _oauth_without_rule,
    ),
    Entry(
        "3.2.0",
        "the chart's images moved from Docker Hub to quay.io.",
        lambda case: str(at(case.own, "hub.image.name", "")) == "jupyterhub/k8s-hub",
        migrate.hub_image_to_quay,
    ),
    Entry(
        "4.0.0",
        "JupyterHub 5 lets nobody in without allow_all, allowed_users or a rule of the login; admin_users alone does "
        "not count.",
        _own_login,
    ),
    Entry(
        "4.0.0",
        "KubeSpawner names pods and volumes of users in another way; `escape` keeps the names of the volumes that are "
        "there.",
        _old_names,
        migrate.keep_volume_names,
    ),
    Entry(
        "4.3.0",
        "sections of hub.config that begin with a lower-case letter are refused: they are class names.",
        lambda case: any(str(name)[:1].islower() for name in at(case.own, "hub.config", {}) or {}),
        migrate.class_names,
    ),
    Entry("5.0.0", "Kubernetes 1.32 or newer is needed.", _too_old_a_cluster),
)
"""By version, oldest first."""

_DATABASE = Entry(
    "",
    "the hub's database is not upgraded by itself: back it up, set hub.db.upgrade: true for this upgrade, and take it "
    "out again afterwards.",
    _other_database,
    migrate.upgrade_database,
)
"""With every new JupyterHub major or minor."""


def advice_for(case: Case, own: dict[str, Any]) -> list[Advice]:
    """The advice for all versions passed on the way, migrating `own` (the person's values, round-trip YAML)."""
    before, after = parse_version(case.before), parse_version(case.after)
    if before is None or after is None or after <= before:
        return []
    passed = [entry for entry in ENTRIES if before < _order(entry.version) <= after]
    found = [_advice(entry, entry.version, own) for entry in passed if entry.concerns(case)]
    hubs = [parse_version(chart_release(version).jupyterhub) for version in (case.before, case.after)]
    if hubs[0] and hubs[1] and hubs[0][:2] != hubs[1][:2] and _DATABASE.concerns(case):
        found.append(_advice(_DATABASE, case.after, own))
    return found


def _advice(entry: Entry, version: str, own: dict[str, Any]) -> Advice:
    return Advice(version, entry.text, migrated=bool(entry.migrate and entry.migrate(own)))


def _order(version: str) -> Any:  # noqa: ANN401 - the catalogue's sort key
    """A final release comes after its pre-releases, which have the change already."""
    return parse_version(f"{version}-0")
