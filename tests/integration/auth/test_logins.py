"""Every way to log in, on one real hub whose answers change: who gets in, what the others see, what is kept.

The providers are on loopback; where GitHub's and Google's are is said in secrets.yaml, as for GitHub Enterprise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.integration.auth.hubs import LocalHub, Seen, log_in_at, seen
from tests.integration.auth.provider import Provider
from tests.integration.local.conftest import TIERS
from tests.integration.local.tried import open_editor
from tests.integration.singleuser.person import Person, people
from tests.support.program import codehub

pytestmark = [pytest.mark.tier(*TIERS), pytest.mark.timeout(600)]

ALICE = {
    "login": "alice", "preferred_username": "alice", "groups": ["staff"],
    "email": "alice@acme.example", "verified_email": True, "hd": "acme.example",
}  # fmt: skip
MALLORY = {
    "login": "mallory", "preferred_username": "mallory", "groups": ["guests"],
    "email": "mallory@else.example", "verified_email": True, "hd": "else.example",
}  # fmt: skip


def endpoints(kind: str, url: str) -> tuple[list[str], Mapping[str, str]]:
    """The answers for a provider, and the traits that lead to this one in place of the public one."""
    oidc = {"authorize_url": "oauth2/authorize", "token_url": "oauth2/token", "userdata_url": "userinfo"}
    return {
        "github": (["hub.auth.organizations=acme"], {"github_url": url}),
        "google": (
            ["hub.auth.organizations=acme.example"],
            {"authorize_url": f"{url}/o/oauth2/v2/auth", "google_api_url": url},
        ),
        "oidc": (
            ["hub.auth.organizations=staff", *(f"hub.auth.oidc.{name}={url}/{path}" for name, path in oidc.items())],
            {},
        ),
    }[kind]


CLASSES = {"github": "GitHubOAuthenticator", "google": "GoogleOAuthenticator", "oidc": "GenericOAuthenticator"}


async def sign_up(person: Person, password: str) -> Seen:
    """By the page for it."""
    page = await person.ask("/hub/signup", follow=True)
    found = re.search(rb'name="_xsrf" value="([^"]*)"', page.body)
    form = {
        "username": person.name, "signup_password": password, "signup_password_confirmation": password,
        "_xsrf": found[1].decode() if found else "",
    }  # fmt: skip
    async with person.session.post(person.hub.url + "/hub/signup", data=form) as answer:
        return await seen(answer)


async def test_a_shared_password_and_its_allowed_users(hub: LocalHub) -> None:
    async with people(hub, "alice", password=hub.password("user_password")) as (alice,):
        await open_editor(alice)
    async with people(hub, "") as (bob,):
        bob.name = "bob"
        with pytest.raises(AssertionError, match="Invalid username or password"):
            await bob.log_in(hub.password("user_password"))
    async with people(hub, "admin", password=hub.password("admin_password")) as (admin,):
        assert (await admin.ask("/hub/admin", follow=True)).status == 200
    assert "Failed login for 'bob'" in hub.log


async def test_a_sign_up_waits_for_an_admin(hub: LocalHub) -> None:
    hub.answer("hub.auth.kind=native", "hub.auth.users=", "hub.auth.admins=admin")
    hub.apply()
    secret = "correct horse battery"
    async with people(hub, "", "", "") as (alice, admin, mallory):
        alice.name, admin.name, mallory.name = "alice", "admin", "mallory"
        assert (
            "short" in (await sign_up(mallory, "abc")).text.lower() or "password" in (await sign_up(mallory, "x")).text
        )
        for person in (alice, admin):
            assert (await sign_up(person, secret)).status == 200
        with pytest.raises(AssertionError):
            await alice.log_in(secret)
        await admin.log_in(secret)
        waiting = await admin.ask("/hub/authorize", follow=True)
        assert b"alice" in waiting.body
        found = re.search(rb'(/hub/authorize/alice[^"\']*)', waiting.body)
        assert found
        assert (await admin.ask(found[1].decode(), follow=True)).status == 200
        await alice.log_in(secret)
        await open_editor(alice)
    assert (hub.home / "alice" / "kept.txt").read_text() == "alice's"


@pytest.mark.parametrize("kind", ["github", "google", "oidc"])
async def test_a_provider(hub: LocalHub, provider: Provider, kind: str) -> None:
    provider.register(f"{hub.url}/hub/oauth_callback")
    provider.members = {("acme", "alice")}
    provider.add("alice", ALICE)
    provider.add("mallory", MALLORY)
    answers, traits = endpoints(kind, provider.url)
    hub.answer(f"hub.auth.kind={kind}", f"hub.auth.client_id={provider.client_id}", "hub.auth.users=", *answers)
    missing = codehub("apply", hub.folder, "--yes", env=hub.env)
    missing.refused(2, "client secret of the login is not there yet", "--client-secret", fix=False)
    wrong = codehub("render", hub.folder, "--client-secret", "-", env=hub.env, stdin="not-it\n")
    assert wrong.code == 0, wrong.err
    lines = "".join(f"      {name}: {value}\n" for name, value in traits.items())
    secrets = hub.folder / "secrets.yaml"
    heading = f"    {CLASSES[kind]}:\n"
    assert heading in secrets.read_text()
    secrets.write_text(secrets.read_text().replace(heading, heading + lines))
    assert f"{hub.url}/hub/oauth_callback" in (hub.folder / "README.md").read_text()
    hub.apply()
    async with people(hub, "") as (alice,):
        refused = await log_in_at(provider, alice, "alice")
        assert refused.status == 500
        assert "tell your administrator: its client id or client secret was refused" in refused.text
        assert not re.search("invalid_client|not-it|Traceback", refused.text)
        assert (await alice.ask("/hub/home")).status == 302
    assert re.search("401|invalid_client|not returned", hub.log)
    assert "not-it" not in hub.log

    given = hub.folder.parent / f"{kind}-secret"
    given.write_text(provider.client_secret)
    put = codehub("render", hub.folder, "--client-secret", given, env=hub.env)
    assert put.code == 0, put.err
    hub.apply()
    async with people(hub, "", "", "") as (alice, mallory, denied):
        entered = await log_in_at(provider, alice, "alice")
        assert (entered.status, entered.url) == (200, f"{hub.url}/hub/home"), entered
        assert "alice" in entered.text
        alice.name = "alice"
        await open_editor(alice)
        outside = await log_in_at(provider, mallory, "mallory")
        assert outside.status == 403
        assert "contact the hub administrator" in outside.text
        unwilling = await log_in_at(provider, denied, "alice", deny=True)
        assert unwilling.status == 400
        assert "denied" in unwilling.text
    assert re.search(r"mallory\S* not allowed|Blocked mallory", hub.log)
    assert provider.client_secret not in hub.log
    assert provider.client_secret not in (hub.folder / ".codehub" / "local" / "jupyterhub_config.py").read_text()
    assert (hub.home / "alice" / "kept.txt").read_text() == "alice's"


def test_a_client_secret_where_none_is_used(hub: LocalHub) -> None:
    hub.answer("hub.auth.kind=shared-password", "hub.auth.users=alice")
    ended = codehub("render", hub.folder, "--client-secret", "-", env=hub.env, stdin="hunter2\n")
    ended.refused(2, "does not use one")
    assert "hunter2" not in ended.err + ended.out


@pytest.mark.parametrize("given", [b"", b"\n", b"two\nlines", b"\xff", b"x" * 5000])
def test_what_is_no_client_secret(hub: LocalHub, given: bytes) -> None:
    ended = codehub("render", hub.folder, "--client-secret", "-", env=hub.env, stdin=given)
    ended.refused(2, "does not have a client secret")


async def test_a_dummy_login_here_alone(hub: LocalHub) -> None:
    hub.answer("hub.auth.kind=dummy", "hub.auth.users=alice")
    hub.apply()
    async with people(hub, "alice", password=hub.password("password")) as (alice,):
        await open_editor(alice)
    elsewhere = codehub("init", hub.folder.parent / "other", "--set", "hub.auth.kind=dummy", env=hub.env)
    elsewhere.refused(2, "insecure_dummy", fix=False)
