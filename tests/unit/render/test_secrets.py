"""Secrets: made once, kept for ever, never outside secrets.yaml."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.render.setups import AUTH, setup
from wizard.errors import UsageError
from wizard.render import render
from wizard.render.secrets import PLACEHOLDER, Secrets

OAUTH = {"hub__auth__kind": "github", "hub__auth__client_id": "abc"}


def test_generated_passwords_are_what_the_hub_accepts_and_differ() -> None:
    one, two = (Secrets().complete(setup()) for _ in range(2))
    traits = one.config["SharedPasswordAuthenticator"]
    assert len(traits["user_password"]) >= 8
    assert len(traits["admin_password"]) >= 32
    assert traits["user_password"] != traits["admin_password"]
    assert one.text != two.text
    assert one.problems(setup()) == []


def test_completing_again_changes_nothing() -> None:
    first = Secrets().complete(setup())
    assert Secrets.parse(first.text).complete(setup()) == first


@pytest.mark.parametrize("kind", AUTH)
def test_each_login_has_what_it_needs_and_no_other_file_has_it(kind: str) -> None:
    chosen = setup(hub__auth__kind=kind)
    secrets = Secrets().complete(chosen)
    files = render(chosen, secrets)
    assert ("secrets.yaml" in files) == (kind != "native")
    for path, file in files.items():
        if path != "secrets.yaml":
            assert not any(value.encode() in file.content for value in secrets.values()), path


def test_secrets_are_for_the_owner_alone() -> None:
    file = render(setup(), Secrets().complete(setup()))["secrets.yaml"]
    assert (file.mode, file.secret, file.merge) == (0o600, True, True)


def test_repr_shows_nothing() -> None:
    secrets = Secrets().complete(setup())
    assert repr(secrets) == "Secrets()"
    assert not any(value in repr(render(setup(), secrets)) for value in secrets.values())


def test_another_login_keeps_the_secrets_of_the_first() -> None:
    first = Secrets().complete(setup())
    both = first.complete(setup(**OAUTH))
    assert both.config["SharedPasswordAuthenticator"] == first.config["SharedPasswordAuthenticator"]
    assert both.config["GitHubOAuthenticator"] == {"client_secret": PLACEHOLDER}
    assert both.complete(setup()) == both


def test_what_a_person_wrote_stays_comments_too() -> None:
    text = """# mine
proxy:
  secretToken: abc  # old one
hub:
  config:
    SharedPasswordAuthenticator:
      user_password: "my own one"
"""
    done = Secrets.parse(text).complete(setup())
    assert "# mine" in done.text
    assert "# old one" in done.text
    assert done.config["SharedPasswordAuthenticator"]["user_password"] == "my own one"
    assert len(done.config["SharedPasswordAuthenticator"]["admin_password"]) >= 32
    assert set(done.values()) >= {"abc", "my own one"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "hub:\n",
        "hub:\n  config:\n",
        "{}\n",
        "hub: {config: {}}\n",
        "proxy: {secretToken: a}\n",
    ],
)
def test_any_beginning_can_be_completed(text: str) -> None:
    done = Secrets.parse(text).complete(setup())
    assert done.problems(setup()) == []
    assert yaml.safe_load(done.text)["hub"]["config"]["SharedPasswordAuthenticator"]
    assert text.strip().splitlines()[:1] == [] or not text.startswith("#") or "# only a comment" in done.text


class TestClientSecret:
    def test_a_placeholder_blocks(self) -> None:
        (problem,) = Secrets().complete(setup(**OAUTH)).problems(setup(**OAUTH))
        assert "client_secret" in problem.field
        assert "provider" in problem.fix

    def test_the_placeholder_is_not_a_secret_to_blot_out(self) -> None:
        assert Secrets().complete(setup(**OAUTH)).values() == []

    @given(st.text(min_size=1).filter(lambda text: text.strip() == text and text.isprintable()))
    def test_is_kept_exactly(self, secret: str) -> None:
        done = Secrets().complete(setup(**OAUTH)).with_client_secret(setup(**OAUTH), secret)
        assert done.config["GitHubOAuthenticator"]["client_secret"] == secret
        assert Secrets.parse(done.text) == done
        assert done.problems(setup(**OAUTH)) == [] or secret == PLACEHOLDER

    def test_line_end_of_a_pasted_secret_is_dropped(self) -> None:
        done = Secrets().with_client_secret(setup(**OAUTH), "abc\n")
        assert done.values() == ["abc"]

    def test_is_refused_where_the_login_has_none(self) -> None:
        with pytest.raises(UsageError, match="shared-password"):
            Secrets().with_client_secret(setup(), "abc")

    def test_an_empty_one_is_refused(self) -> None:
        with pytest.raises(UsageError, match="empty"):
            Secrets().with_client_secret(setup(**OAUTH), " \n")


class TestBroken:
    @pytest.mark.parametrize(
        "text",
        [
            "hub: [hunter2",
            "- hunter2\n",
            "hub: hunter2\n",
            "hub: {config: [hunter2]}\n",
            "hub: {config: {A: hunter2}}\n",
            "a: !!python/object:hunter2 1\n",
            "a: 2024-99-99\n",
            "[" * 5000,
        ],
    )
    def test_is_a_message_without_the_content(self, text: str) -> None:
        with pytest.raises(UsageError) as caught:
            Secrets.parse(text, "/x/secrets.yaml")
        assert "/x/secrets.yaml" in str(caught.value)
        assert "hunter2" not in str(caught.value)

    def test_a_key_that_is_there_twice(self) -> None:
        with pytest.raises(UsageError, match="twice"):
            Secrets.parse("proxy: {a: hunter2}\nproxy: {a: hunter3}\n").complete(setup())

    @pytest.mark.parametrize(
        ("traits", "said"),
        [
            ({"user_password": "short", "admin_password": "x" * 32}, "at least 8"),
            ({"user_password": "long enough", "admin_password": "x" * 31}, "at least 32"),
            ({"user_password": "x" * 32, "admin_password": "x" * 32}, "must differ"),
            ({"user_password": 1234567890, "admin_password": "x" * 32}, "must be text"),
        ],
    )
    def test_a_password_that_the_hub_refuses_is_a_problem(self, traits: dict[str, object], said: str) -> None:
        text = yaml.safe_dump({"hub": {"config": {"SharedPasswordAuthenticator": traits}}})
        (problem,) = Secrets.parse(text).problems(setup())
        assert said in problem.rule

    def test_aliases_that_multiply_or_turn_in_circles_end(self) -> None:
        bomb = "a0: &a0 [secret, secret]\n" + "".join(
            f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
        )
        for text in (bomb, "a: &a\n  b: *a\n  c: secret\n"):
            with pytest.raises(UsageError) as refused:
                Secrets.parse(text)
            assert "secret, secret" not in str(refused.value)


def test_logins_to_show() -> None:
    assert [who for who, _ in Secrets().complete(setup()).logins(setup())] == ["users", "admins"]
    dummy = setup(hub__auth__kind="dummy")
    assert [who for who, _ in Secrets().complete(dummy).logins(dummy)] == ["everybody"]
    native = setup(hub__auth__kind="native")
    assert Secrets().complete(native).logins(native) == []
