"""Who really gets in: the rendered settings, loaded into the real authenticators of JupyterHub 5 and 6."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support import parts
from tests.unit.render.setups import AUTH, setup
from wizard.render.hub_settings import hub_settings
from wizard.render.secrets import Secrets
from wizard.setup.model import Setup

HUBS = [pytest.param("hub5", marks=pytest.mark.tier("hub")), pytest.param("hub6", marks=pytest.mark.tier("hub6"))]
HUB5 = pytest.mark.tier("hub")
CALLBACK = "https://hub.example.org/hub/oauth_callback"
OIDC = {f"hub__auth__oidc__{name}_url": f"https://id.example.org/{name}" for name in ("authorize", "token", "userdata")}


def oauth(kind: str, **fields: Any) -> Setup:
    more = OIDC if kind == "oidc" else {}
    return setup(hub__auth__kind=kind, hub__auth__client_id="abc", hub__auth__callback_url=CALLBACK, **more, **fields)


Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """What the real authenticator makes of the settings and the attempts; one Python for each hub answers all."""
    log = tmp_path_factory.mktemp("authenticators") / "log"
    with ExitStack() as stack, log.open("w") as errors:
        hubs: dict[str, subprocess.Popen[str]] = {}

        def start(hub: str) -> subprocess.Popen[str]:
            program = parts.program(hub)
            assert program
            command = [program.parent / "python", Path(__file__).parent / "authenticate.py"]
            pipe = subprocess.PIPE
            return stack.enter_context(subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=errors))

        def asked(
            hub: str, chosen: Setup, *attempts: dict[str, Any], secrets: Secrets | None = None, **more: Any
        ) -> dict[str, Any]:
            settings = hub_settings(chosen)
            for name, traits in (secrets or Secrets().complete(chosen)).config.items():
                settings.setdefault(name, {}).update(traits)
            process = hubs.get(hub) or hubs.setdefault(hub, start(hub))
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps({"settings": settings, "attempts": attempts, **more}) + "\n")
            process.stdin.flush()
            answered = process.stdout.readline()
            assert answered, log.read_text()
            answer: dict[str, Any] = json.loads(answered)
            return answer

        yield asked  # at the end the pipes are closed, which ends the programs


def login(name: str, password: str) -> dict[str, str]:
    return {"username": name, "password": password}


@pytest.mark.parametrize("hub", HUBS)
@pytest.mark.parametrize("kind", AUTH)
def test_every_setting_is_one_that_the_authenticator_has(hub: str, kind: str, ask: Ask) -> None:
    fields = {"hub__auth__users": ["alice"]}
    is_oauth = kind in {"github", "google", "oidc"}
    chosen = (
        oauth(kind, hub__auth__organizations=["acme"], **fields) if is_oauth else setup(hub__auth__kind=kind, **fields)
    )
    answer = ask(hub, chosen)
    assert answer["unrecognised"] == []
    assert not [line for line in answer["warnings"] if "allow config" in line or "not recognized" in line]


@pytest.mark.parametrize("hub", HUBS)
def test_shared_password_lets_in_the_named_and_nobody_else(hub: str, ask: Ask) -> None:
    chosen = setup(hub__auth__users=["alice"], hub__auth__admins=["admin"])
    secrets = Secrets().complete(chosen)
    passwords = dict(secrets.logins(chosen))
    users, admins = passwords["users"], passwords["admins"]
    attempts = [login("alice", users), login("admin", admins), login("bob", users), login("alice", "wrong")]
    attempts += [login("admin", users), login("alice", admins), login("bob", admins)]
    answer = ask(hub, chosen, *attempts, secrets=secrets)
    assert answer["let_in"] == ["alice", "admin", None, None, None, None, None]
    assert answer["admins"] == [False, True, False, False, False, False, False]


@HUB5
def test_allow_all_lets_in_whoever_knows_the_password(ask: Ask) -> None:
    chosen = setup(hub__auth__allow_all=True)
    secrets = Secrets().complete(chosen)
    users = dict(secrets.logins(chosen))["users"]
    assert ask("hub5", chosen, login("anyone", users), login("anyone", "x"), secrets=secrets)["let_in"] == [
        "anyone",
        None,
    ]


@HUB5
def test_dummy_needs_its_password(ask: Ask) -> None:
    chosen = setup(hub__auth__kind="dummy", hub__auth__users=["alice"])
    secrets = Secrets().complete(chosen)
    password = dict(secrets.logins(chosen))["everybody"]
    attempts = [login("alice", password), login("alice", ""), login("bob", password)]
    assert ask("hub5", chosen, *attempts, secrets=secrets)["let_in"] == ["alice", None, None]


@pytest.mark.parametrize("hub", HUBS)
def test_a_sign_up_waits_for_an_admin(hub: str, ask: Ask) -> None:
    chosen = setup(hub__auth__kind="native", hub__auth__users=["alice"])
    people = [login(name, f"correct horse {name}") for name in ("admin", "alice", "carol", "dave")]
    answer = ask(hub, chosen, *people, sign_up=people, approve=["carol"])
    assert answer["let_in"] == ["admin", "alice", "carol", None]
    assert answer["admins"] == [True, False, False, False]


@HUB5
def test_an_open_sign_up_waits_for_nobody(ask: Ask) -> None:
    people = [login("carol", "correct horse"), login("dave", "short")]
    answer = ask("hub5", setup(hub__auth__kind="native", hub__auth__allow_all=True), *people, sign_up=people)
    assert answer["let_in"] == ["carol", None]


def github(name: str, *organizations: str) -> dict[str, Any]:
    return {"provider_says": {"login": name, "email": f"{name}@example.org"}, "member_of": organizations}


@HUB5
def test_github_lets_in_members_and_the_named(ask: Ask) -> None:
    chosen = oauth("github", hub__auth__organizations=["acme"], hub__auth__users=["alice"])
    attempts = [github("alice"), github("carol", "acme"), github("dave", "other"), github("admin")]
    answer = ask("hub5", chosen, *attempts)
    assert answer["let_in"] == ["alice", "carol", None, "admin"]
    assert answer["admins"] == [False, False, False, True]


@HUB5
def test_github_without_a_rule_lets_in_the_admins_only(ask: Ask) -> None:
    assert ask("hub5", oauth("github"), github("alice"), github("admin"))["let_in"] == [None, "admin"]


def google(name: str, domain: str, *, hosted: bool = True) -> dict[str, Any]:
    said = {"email": f"{name}@{domain}", "verified_email": True, "domain": domain, "hd": domain if hosted else ""}
    return {"provider_says": said}


@HUB5
def test_google_lets_in_the_hosted_domain_only(ask: Ask) -> None:
    chosen = oauth("google", hub__auth__organizations=["acme.org"])
    attempts = [google("carol", "acme.org"), google("dave", "gmail.com"), google("eve", "acme.org", hosted=False)]
    assert ask("hub5", chosen, *attempts)["let_in"] == ["carol", None, None]


def oidc(name: str, *groups: str) -> dict[str, Any]:
    return {"provider_says": {"preferred_username": name, "groups": list(groups)}}


@HUB5
def test_oidc_lets_in_a_group_and_the_named(ask: Ask) -> None:
    chosen = oauth("oidc", hub__auth__organizations=["staff"], hub__auth__users=["alice"])
    attempts = [oidc("alice"), oidc("carol", "staff"), oidc("dave", "guests"), oidc("admin")]
    answer = ask("hub5", chosen, *attempts)
    assert answer["let_in"] == ["alice", "carol", None, "admin"]
    assert answer["admins"] == [False, False, False, True]


def test_charts_with_jupyterhub_4_get_what_it_knows() -> None:
    old = {"target__chart__version": "3.3.8"}
    assert "allow_existing_users" not in hub_settings(setup(**old))["Authenticator"]
    groups = hub_settings(oauth("oidc", hub__auth__organizations=["staff"], **old))["GenericOAuthenticator"]
    assert groups["claim_groups_key"] == "groups"
    assert "auth_state_groups_key" not in groups
    # There a list lets in nobody else, so everybody can only be no list at all.
    everybody = hub_settings(setup(hub__auth__allow_all=True, hub__auth__users=["alice"], **old))["Authenticator"]
    assert everybody["allowed_users"] == []
    sign_up = hub_settings(setup(hub__auth__kind="native", hub__auth__users=["alice"], **old))["Authenticator"]
    assert sign_up["allowed_users"] == []


def test_the_callback_is_written_whenever_it_is_known() -> None:
    assert hub_settings(oauth("github"))["GitHubOAuthenticator"]["oauth_callback_url"] == CALLBACK
    unknown = setup(hub__auth__kind="github", hub__auth__client_id="abc")
    assert "oauth_callback_url" not in hub_settings(unknown)["GitHubOAuthenticator"]


def test_the_same_for_every_target_but_for_old_charts() -> None:
    assert (
        hub_settings(setup(target__kind="docker")) == hub_settings(setup()) == hub_settings(setup(target__kind="local"))
    )
