"""Settings: a flag wins over its variable; what is wrong is named; without a hub nothing starts by accident."""

import re
from pathlib import Path

import pytest
from codehub_singleuser.environment import for_editor
from codehub_singleuser.errors import BadSetting, Refused
from codehub_singleuser.known_logins import KnownLogins
from codehub_singleuser.settings import HUB_VARIABLES, SCOPES, Settings, parser, read_settings, truth
from hypothesis import given
from hypothesis import strategies as st

from tests.support import parts

TOLD = {
    "JUPYTERHUB_API_TOKEN": "secret",
    "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
    "JUPYTERHUB_ACTIVITY_URL": "http://hub:8081/hub/api/users/alice/activity",
    "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-alice",
    "JUPYTERHUB_SERVICE_PREFIX": "/user/alice/",
    "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/alice/",
    "JUPYTERHUB_USER": "alice",
    "JUPYTERHUB_SERVER_NAME": "",
    "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=alice/"]',
}


def test_the_hubs_words() -> None:
    settings = read_settings([], TOLD)
    assert settings.hub is not None
    assert (settings.hub.address, settings.hub.port, settings.prefix) == ("0.0.0.0", 8888, "/user/alice")
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("name", [*HUB_VARIABLES, SCOPES])
@pytest.mark.parametrize("value", [None, ""])
def test_each_missing_word_is_named(name: str, value: str | None) -> None:
    told = {**TOLD, name: value or ""}
    if value is None:
        del told[name]
    with pytest.raises(Refused) as refused:
        read_settings([], told)
    assert name in refused.value.why


@pytest.mark.parametrize("scopes", ["[]", "null", "nonsense", '""', "{}", "0"])
def test_no_scopes_never_mean_everybody(scopes: str) -> None:
    with pytest.raises(Refused, match="No JupyterHub"):
        read_settings([], {**TOLD, SCOPES: scopes})


@pytest.mark.parametrize("url", ["ftp://x/", "http://x:99999/", "nonsense"])
def test_a_service_address_that_is_none(url: str) -> None:
    with pytest.raises(BadSetting, match="JUPYTERHUB_SERVICE_URL"):
        read_settings([], {**TOLD, "JUPYTERHUB_SERVICE_URL": url})


def test_alone() -> None:
    assert read_settings(["--no-hub"], {}).hub is None
    assert read_settings([], {"CODEHUB_NO_HUB": "true"}).hub is None
    assert read_settings(["--no-hub"], {}).prefix == ""


def test_alone_under_a_hub_is_refused() -> None:
    with pytest.raises(BadSetting, match="open this person's editor"):
        read_settings([], {**TOLD, "CODEHUB_NO_HUB": "1"})


def test_a_flag_wins_over_its_variable(tmp_path: Path) -> None:
    environment = {
        **TOLD,
        "CODEHUB_LOGIN_CACHE": "7",
        "CODEHUB_TERMINAL_COUNTS": "yes",
        "CODEHUB_FOLDER": str(tmp_path),
    }
    settings = read_settings(["--activity-interval", "5", "--login-cache=9"], environment)
    assert (settings.login_cache, settings.activity_interval, settings.terminal_counts) == (9, 5, True)
    assert settings.folder == str(tmp_path)
    assert settings.max_message_size == 256 * 2**20


def test_the_hubs_notebook_dir_is_the_folder(tmp_path: Path) -> None:
    assert read_settings([], {**TOLD, "JUPYTERHUB_ROOT_DIR": str(tmp_path)}).folder == str(tmp_path)
    assert read_settings([], {**TOLD, "JUPYTERHUB_ROOT_DIR": "/no/such/folder"}).folder == str(Path.home())


def test_what_a_hub_may_add_is_taken() -> None:
    """Spawner.debug and Spawner.disable_user_config put these behind the command."""
    settings = read_settings(["--debug", "--disable-user-config"], TOLD)
    assert settings.debug


def test_what_stands_behind_the_dashes_goes_to_code_server() -> None:
    assert read_settings(["--debug", "--", "--locale", "de", "--"], TOLD).extra == ("--locale", "de", "--")


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["--login-cache", "soon"], {}, "--login-cache"),
        ([], {"CODEHUB_LOGIN_CACHE": "0"}, "CODEHUB_LOGIN_CACHE"),  # HubOAuth: never ask again
        ([], {"CODEHUB_LOGIN_CACHE": "0.5"}, "CODEHUB_LOGIN_CACHE"),
        ([], {"CODEHUB_ACTIVITY_INTERVAL": "-1"}, "CODEHUB_ACTIVITY_INTERVAL"),
        ([], {"CODEHUB_ACTIVITY_INTERVAL": "nan"}, "CODEHUB_ACTIVITY_INTERVAL"),
        ([], {"CODEHUB_TERMINAL_COUNTS": "maybe"}, "CODEHUB_TERMINAL_COUNTS"),
        (["--port", "x", "--no-hub"], {}, "--port"),
    ],
)
def test_wrong_values_are_named(arguments: list[str], environment: dict[str, str], named: str) -> None:
    told = {} if "--no-hub" in arguments else TOLD
    with pytest.raises(BadSetting, match=named):
        read_settings(arguments, {**told, **environment})


def test_the_help_names_every_setting() -> None:
    text = parser().format_help()
    for field in Settings.__dataclass_fields__:
        if field not in {"hub", "extra", "no_hub_port", "keep_hub_environment"}:
            assert f"--{field.replace('_', '-')}" in text
    assert "CODEHUB_KEEP_HUB_ENVIRONMENT" in text
    assert "CODEHUB_NO_HUB" in text


@given(st.text())
def test_truth_is_yes_no_or_an_error(text: str) -> None:
    try:
        assert truth(text) in {True, False}
    except ValueError:
        assert text.strip().lower() not in {"", "0", "1", "true", "false", "yes", "no", "on", "off"}


def test_the_editors_environment_has_no_secret() -> None:
    environment = {
        **TOLD, "JPY_API_TOKEN": "secret", "JUPYTERHUB_SSL_KEYFILE": "/k", "JUPYTERHUB_OAUTH_CALLBACK_URL": "/x",
        "JUPYTERHUB_ANYTHING_NEW": "secret", "CONFIGPROXY_AUTH_TOKEN": "secret", "PATH": "/bin", "HOME": "/home/coder",
        "PORT": "80", "PASSWORD": "p", "VSCODE_IPC_HOOK_CLI": "/s", "GITHUB_TOKEN": "the user's own",
    }  # fmt: skip
    left = for_editor(environment, activity_folder="/run/windows")
    assert left == {
        "JUPYTERHUB_SERVICE_PREFIX": "/user/alice/", "JUPYTERHUB_USER": "alice", "JUPYTERHUB_SERVER_NAME": "",
        "PATH": "/bin", "HOME": "/home/coder", "GITHUB_TOKEN": "the user's own",
        "CODEHUB_ACTIVITY_FOLDER": "/run/windows",
    }  # fmt: skip
    assert for_editor(environment, activity_folder="/w", keep_hub=True)["JUPYTERHUB_API_TOKEN"] == "secret"


@given(st.dictionaries(st.from_regex(r"JUPYTERHUB_[A-Z_]{0,20}", fullmatch=True), st.text(min_size=1)))
def test_only_public_words_of_the_hub_pass(environment: dict[str, str]) -> None:
    left = for_editor(environment, activity_folder="/w")
    assert not [name for name in left if "TOKEN" in name or "OAUTH" in name or "SSL" in name or "CLIENT" in name]


def test_known_logins_last_for_the_grace_and_no_longer() -> None:
    now = 0.0
    known = KnownLogins(300, clock=lambda: now)
    known.confirm("one", {"name": "alice"})
    assert known.recall("one") == {"name": "alice"}
    assert known.recall("two") is None
    now = 300.0
    assert known.recall("one") == {"name": "alice"}
    now = 300.5
    assert known.recall("one") is None
    known.confirm("two", {"name": "bob"})
    known.refuse("two")
    assert known.recall("two") is None
    known.refuse("never seen")


def test_the_manual_lists_every_setting() -> None:
    manual = (parts.ROOT / "docs" / "single-user-server.md").read_text()
    flags = re.findall(r"(--[a-z-]+).*?\[(CODEHUB_[A-Z_]+)", parser().format_help().replace("\n", " "))
    assert len(flags) >= 14
    for flag, variable in flags:
        assert f"`{flag}`" in manual, flag
        assert f"`{variable}`" in manual, variable
