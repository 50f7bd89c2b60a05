"""The causes of failed builds: real messages of Docker, apt, npm, pip and the network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.tools.build_causes import DAEMON_LOST, explain
from wizard.tools.build_failure import describe_failure
from wizard.tools.build_progress import FailedStep

LOAD = "[internal] load metadata for docker.io/library/debian:nope"


@pytest.mark.parametrize(
    "error, lines, step, why, fix",
    [
        ("write /var/lib/docker/x: no space left on device", [], "", "full", "docker builder prune"),
        ('process "/bin/sh -c make" did not complete successfully: exit code: 137', [], "", "memory", "more memory"),
        (
            "x: exit code: 1",
            ["curl: (60) SSL certificate problem: self-signed certificate"],
            "",
            "TLS",
            "build.ca_bundle",
        ),
        ("x: exit code: 1", ["npm error code SELF_SIGNED_CERT_IN_CHAIN"], "", "TLS", "build.ca_bundle"),
        (
            "x: exit code: 1",
            ["Err:1 Certificate verification failed: The certificate is NOT trusted."],
            "",
            "TLS",
            "ca_bundle",
        ),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            [],
            LOAD,
            "daemon",
            "certs.d",
        ),
        (
            "pull access denied, repository does not exist or may require authorization",
            [],
            LOAD,
            "debian:nope",
            "docker login",
        ),
        ("docker.io/library/debian:nope: not found", [], LOAD, "debian:nope does not exist", "name and tag"),
        ("dial tcp: lookup registry-1.docker.io: no such host", [], LOAD, "could not be reached", "proxy"),
        ("toomanyrequests: You have reached your pull rate limit", [], LOAD, "limits", "docker login"),
        ("x: exit code: 100", ["E: Unable to locate package libfoo"], "", "libfoo", "code_server.packages"),
        (
            "x: exit code: 100",
            ["E: Package 'foo' has no installation candidate"],
            "",
            "called foo",
            "code_server.packages",
        ),
        (
            "x: exit code: 100",
            ["E: Version '9' for 'git' was not found"],
            "",
            "version 9 of the package git",
            "version",
        ),
        ("x: exit code: 100", ["E: Release file for http://m/InRelease is not valid yet"], "", "clock", "clock"),
        ("x: exit code: 1", ["curl: (6) Could not resolve host: example.org"], "", "resolved", "HTTPS_PROXY"),
        ("x: exit code: 1", ["npm error code ECONNREFUSED"], "", "reached", "proxy"),
        ("x: exit code: 1", ["npm error code E404", "npm error 404 Not Found"], "", "npm", "code_server.version"),
        ("x: exit code: 1", ["npm error code ETARGET"], "", "ETARGET", "network"),
        ("x: exit code: 1", ["gyp ERR! build error"], "", "native", "compilers"),
        (
            "x: exit code: 1",
            ["ERROR: No matching distribution found for jupyterhub==99"],
            "",
            "jupyterhub==99",
            "PIP_INDEX_URL",
        ),
        ("x: exit code: 1", ["Received HTTP code 407 Proxy Authentication Required"], "", "proxy", "HTTP_PROXY"),
        ("exec /bin/sh: exec format error", [], "", "platform", "build.platforms"),
        ("failed to solve: dockerfile parse error on line 3: unknown instruction: RUNN", [], "", "RUNN", "Mend"),
        ('"/extensions": not found', [], "[3/9] COPY extensions /x", "/extensions", ".dockerignore"),
        (
            "docker exporter does not currently support exporting manifest lists",
            [],
            "",
            "several platforms",
            "registry",
        ),
        ('no builder "team" found', [], "", "team", "docker buildx create"),
        ("x: exit code: 127", ["/bin/sh: 1: make: not found"], "", "no command called make", "base image"),
    ],
)
def test_known_causes(error: str, lines: list[str], step: str, why: str, fix: str) -> None:
    cause = explain(error, lines, step=step)
    assert cause is not None
    assert why in cause.why
    assert fix in cause.fix


@pytest.mark.parametrize(
    "command",
    ["echo no space left on device", "curl x || echo 'certificate verify failed'", "echo npm error code E404"],
)
@pytest.mark.parametrize(
    "message",
    [
        "executor failed running [/bin/sh -c {}]: exit code: 3",
        'process "/bin/sh -c {}" did not complete successfully: exit code: 3',
        "The command '/bin/sh -c {}' returned a non-zero code: 3",
    ],
)
def test_words_of_the_command_are_no_cause(command: str, message: str) -> None:
    assert explain(message.format(command)) is None


def test_a_killed_sibling_is_not_short_of_memory() -> None:
    assert explain("executor failed running [x]: exit code: 137: context canceled: context canceled") is None


@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=5), st.text(max_size=60))
def test_any_text_is_explained_or_not_but_never_raises(error: str, lines: list[str], step: str) -> None:
    cause = explain(error, lines, step=step)
    assert cause is None or (cause.why and cause.fix)


@pytest.mark.parametrize(
    "message",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
        'rpc error: code = Unavailable desc = closing transport due to: connection error: desc = "error reading"',
    ],
)
def test_a_lost_daemon_is_recognised(message: str) -> None:
    assert DAEMON_LOST.search(message)


def test_the_error_shows_step_cause_last_lines_and_no_password() -> None:
    lines = (*(f"line {number}" for number in range(40)), "fetching https://me:hunter2@mirror/x")
    failed = FailedStep(name="[notebook 3/12] RUN make", error="exit code: 2", exit_code=2, lines=lines)
    text = str(describe_failure("notebook image", failed, final="failed to solve"))
    assert "notebook image failed to build at [notebook 3/12] RUN make" in text
    assert "exit code 2" in text
    assert "line 39" in text
    assert "line 1\n" not in text
    assert "hunter2" not in text
    assert "•••@mirror" in text
