"""Which flags this code-server knows: an unknown one makes it exit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from codehub_singleuser.errors import BadSetting

Version = tuple[int, int, int]

OLDEST: Version = (3, 4, 1)

# The first version that knows a flag, from code-server's src/node/cli.ts at its tags and its CHANGELOG.
# What 3.4.1 knows already is not listed: --auth, --config, --socket, --disable-telemetry, --user-data-dir,
# --extensions-dir.
SINCE: dict[str, Version] = {
    "--disable-update-check": (3, 7, 4),
    "--ignore-last-opened": (3, 8, 0),
    "--socket-mode": (4, 1, 0),
    "--disable-getting-started-override": (4, 8, 2),
    "--abs-proxy-base-path": (4, 93, 1),
}

# Flags that would open a second way to the editor, past the hub's login, or break the one there is.
OURS = frozenset(
    [
        "--auth",
        "--bind-addr",
        "--cert",
        "--cert-host",
        "--cert-key",
        "--config",
        "--hashed-password",
        "--host",
        "--idle-timeout-seconds",
        "--link",
        "--password",
        "--port",
        "--session-socket",
        "--socket",
        "--socket-fd",
        "--socket-mode",
    ]
)

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Launch:
    """What code-server is started with. Paths are absolute; prefix is the public path without its last slash."""

    program: str
    socket: str
    config: str
    folder: str
    prefix: str = ""
    extensions_dir: str = ""
    user_data_dir: str = ""
    extra: tuple[str, ...] = field(default=())


def parse_version(text: str) -> Version | None:
    """The version at the start of what `code-server --version` prints, or of a tag; None if there is none.

    A pre-release counts as the release it leads to: its flags are there already.
    """
    found = _VERSION.match(text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def flags_in_help(text: str) -> frozenset[str]:
    """The long flags that `code-server --help` describes: for a build that has no version."""
    return frozenset(re.findall(r"(?:^|\s)(--[a-z][a-z0-9-]*)", text))


def knows(flag: str, version: Version | None, described: frozenset[str] = frozenset()) -> bool:
    """Whether this code-server takes the flag: by its version, or by its help text where that is not known."""
    if version is None:
        return flag in described
    return version >= SINCE.get(flag, OLDEST)


def check_extra(extra: Sequence[str]) -> None:
    """Refuse the extra flags for code-server that would undo the guard; raises BadSetting."""
    for word in extra:
        name = word.partition("=")[0]
        if name in OURS:
            raise BadSetting(
                f"{name} cannot be given to code-server here.",
                why="The single-user server alone decides where code-server listens and who may reach it.",
                fix=f"Leave {name} out of what stands after `--`.",
            )


def command(launch: Launch, version: Version | None, described: frozenset[str] = frozenset()) -> list[str]:
    """The command line of code-server: everything that keeps it private, and what its version can do besides.

    version: None where it is not known; then `described`, the flags of its help text, decides.
    Raises BadSetting for a version that is too old and for extra flags that would undo the guard.
    """
    if version is not None and version < OLDEST:
        raise BadSetting(
            f"code-server {'.'.join(map(str, version))} is too old.",
            why=f"The oldest that works behind a hub's login is {'.'.join(map(str, OLDEST))}.",
            fix="Choose a newer code-server version.",
        )
    check_extra(launch.extra)
    words = [launch.program, "--auth", "none", "--config", launch.config, "--socket", launch.socket]
    wished = [
        ["--socket-mode", "600"],
        ["--disable-telemetry"],
        ["--disable-update-check"],
        ["--disable-getting-started-override"],
        # Otherwise a folder of another day opens instead of the one that was set.
        ["--ignore-last-opened"],
    ]
    if launch.prefix:
        wished.append(["--abs-proxy-base-path", launch.prefix])
    if launch.extensions_dir:
        wished.append(["--extensions-dir", launch.extensions_dir])
    if launch.user_data_dir:
        wished.append(["--user-data-dir", launch.user_data_dir])
    for flag in wished:
        if knows(flag[0], version, described):
            words += flag
    return [*words, *launch.extra, launch.folder]
