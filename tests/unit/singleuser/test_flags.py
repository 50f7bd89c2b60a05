"""Flags that this code-server does not know make it exit; flags that open a second way in are refused."""

import csv

import pytest
from codehub_singleuser import flags
from codehub_singleuser.errors import BadSetting
from hypothesis import given
from hypothesis import strategies as st

from tests.support import parts

LAUNCH = flags.Launch("code-server", "/run/x/s.sock", "/run/x/config.yaml", "/home/coder", prefix="/user/alice")
versions = st.tuples(st.integers(3, 5), st.integers(0, 150), st.integers(0, 20)).filter(lambda v: v >= flags.OLDEST)


def flag_names(command: list[str]) -> set[str]:
    return {word for word in command if word.startswith("--")}


@given(versions)
def test_no_flag_is_given_to_a_version_that_does_not_know_it(version: flags.Version) -> None:
    given_flags = flag_names(flags.command(LAUNCH, version))
    assert {name for name, since in flags.SINCE.items() if version < since}.isdisjoint(given_flags)
    assert {name for name, since in flags.SINCE.items() if version >= since} <= given_flags


@given(st.none() | versions)
def test_every_version_listens_on_the_private_socket_and_nowhere_else(version: flags.Version | None) -> None:
    command = flags.command(LAUNCH, version)
    assert command[command.index("--socket") + 1] == LAUNCH.socket
    assert command[command.index("--auth") + 1] == "none"
    assert command[command.index("--config") + 1] == LAUNCH.config
    assert not {"--bind-addr", "--host", "--port"} & set(command)
    assert command[-1] == LAUNCH.folder


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 4, 1), {"--auth", "--config", "--socket", "--disable-telemetry"}),
        ((3, 7, 4), {"--auth", "--config", "--socket", "--disable-telemetry", "--disable-update-check"}),
        (
            (4, 1, 0),
            {
                "--auth", "--config", "--socket", "--disable-telemetry", "--disable-update-check",
                "--ignore-last-opened", "--socket-mode",
            },
        ),
    ],
)  # fmt: skip
def test_known_versions(version: flags.Version, expected: set[str]) -> None:
    assert flag_names(flags.command(LAUNCH, version)) == expected


def test_an_unknown_version_is_asked_for_its_help() -> None:
    described = flags.flags_in_help(
        "Options\n      --auth   The type\n  -e --ignore-last-opened   Ignore\n --socket-mode x"
    )
    assert flag_names(flags.command(LAUNCH, None, described)) == {
        "--auth", "--config", "--socket", "--socket-mode", "--ignore-last-opened",
    }  # fmt: skip


def test_folders_are_passed_on_when_given() -> None:
    launch = flags.Launch("c", "/s", "/c", "/home", extensions_dir="/e", user_data_dir="/u", extra=("--locale", "de"))
    command = flags.command(launch, (4, 139, 1))
    assert command[-7:] == ["--extensions-dir", "/e", "--user-data-dir", "/u", "--locale", "de", "/home"]
    assert "--abs-proxy-base-path" not in command


@pytest.mark.parametrize("word", ["--bind-addr", "--bind-addr=0.0.0.0:8080", "--auth=none", "--socket", "--link"])
def test_extra_flags_cannot_open_a_second_way_in(word: str) -> None:
    with pytest.raises(BadSetting, match="cannot be given"):
        flags.command(flags.Launch("c", "/s", "/c", "/home", extra=("--locale", "de", word)), (4, 139, 1))


def test_a_version_that_is_too_old_is_refused() -> None:
    with pytest.raises(BadSetting, match="too old"):
        flags.command(LAUNCH, (3, 4, 0))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("4.139.1 53c2f3253bcf32886706fc023e794bbeb253c90f with Code 1.139.1", (4, 139, 1)),
        ("v4.1.0", (4, 1, 0)),
        ("3.10.0-rc.1", (3, 10, 0)),
        ("\n3.4.1 abc\n", (3, 4, 1)),
        ("development", None),
        ("", None),
    ],
)
def test_parse_version(text: str, version: flags.Version | None) -> None:
    assert flags.parse_version(text) == version


@given(st.text())
def test_any_text_is_a_version_or_none(text: str) -> None:
    assert flags.parse_version(text) is None or text.strip()


@pytest.mark.tier("shared")
def test_every_published_tag_has_a_command_line() -> None:
    with (parts.SHARED / "reference" / "code-server-tags.csv").open() as table:
        tags = [row["tag"] for row in csv.DictReader(table)]
    assert len(tags) > 200
    for tag in tags:
        version = flags.parse_version(tag)
        if not tag.startswith(("1.", "2.")):  # before 3 the names were not of this form
            assert version is not None, tag
        if version and version >= flags.OLDEST:
            assert "--socket" in flags.command(LAUNCH, version), tag
