"""The frame of the doctor's checks, and those that only look at this process."""

import asyncio
from pathlib import Path

import pytest

from wizard.errors import MissingError, StepFailed
from wizard.tools.doctor import CHECKS, examine
from wizard.tools.doctor_machine import proxies
from wizard.tools.doctor_model import Check, Finding, Scope, State, numbers


def check(name: str, ask: object, needed_by: frozenset[str] = frozenset()) -> Check:
    return Check(name=name, title=name.title(), ask=ask, needed_by=needed_by)  # type: ignore[arg-type]


async def fine(_scope: Scope) -> Finding:
    return Finding(name="fine", title="Fine", state=State.OK, found="1.0")


async def test_all_are_asked_at_the_same_time_and_kept_in_order() -> None:
    told: list[str] = []
    both = asyncio.Barrier(2)

    async def slow(_scope: Scope) -> Finding:
        async with asyncio.timeout(30), both:  # reached by one alone it is never passed
            while "fine" not in told:
                await asyncio.sleep(0.01)
        return Finding(name="slow", title="Slow", state=State.OK)

    findings = await examine(
        Scope(),
        checks=[check("slow", slow), check("slow", slow), check("fine", fine)],
        on_finding=lambda f: told.append(f.name),
    )
    assert [finding.name for finding in findings] == ["slow", "slow", "fine"]
    assert told == ["fine", "slow", "slow"]


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (
            MissingError("Docker is not there.", why="No socket.", fix="Start it."),
            State.MISSING,
            "Docker is not there.",
        ),
        (StepFailed("It refused."), State.UNKNOWN, "It refused."),
        (KeyError("odd"), State.UNKNOWN, "KeyError"),
    ],
)
async def test_a_check_that_fails_is_a_finding(error: Exception, state: State, said: str) -> None:
    async def fails(_scope: Scope) -> Finding:
        raise error

    finding, other = await examine(Scope(), checks=[check("bad", fails), check("fine", fine)])
    assert (finding.name, finding.title, finding.state) == ("bad", "Bad", state)
    assert said in finding.why
    assert other.state is State.OK


async def test_a_check_that_hangs_is_unknown() -> None:
    async def hangs(_scope: Scope) -> Finding:
        await asyncio.sleep(300)
        return await fine(_scope)

    (finding,) = await examine(Scope(), checks=[check("slow", hangs)], limit=0.05)
    assert finding.state is State.UNKNOWN
    assert "0.05 seconds" in finding.why


async def test_only_what_the_target_needs_blocks() -> None:
    async def absent(_scope: Scope) -> Finding:
        return Finding(name="helm", title="Helm", state=State.MISSING)

    helm = check("helm", absent, frozenset({"kubernetes"}))
    for target, blocks in (("kubernetes", True), ("docker", False)):
        (finding,) = await examine(Scope(target=target), checks=[helm])
        assert finding.blocks is blocks


async def test_each_target_is_asked_only_for_what_matters() -> None:
    names = {
        target: [finding.name for finding in await examine(Scope(target=target))]
        for target in ("kubernetes", "docker", "local")
    }
    assert {"docker", "buildx", "helm", "context", "cluster", "git", "disk", "python", "network"} <= set(
        names["kubernetes"]
    )
    assert "helm" not in names["docker"]
    assert "docker" in names["docker"]
    assert not {"docker", "helm", "cluster"} & set(names["local"])
    assert len({one.name for one in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize(
    ("environment", "ca_bundle", "state", "said"),
    [
        ({}, "", State.OK, ""),
        (
            {"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"},
            "",
            State.WARN,
            "https_proxy and HTTPS_PROXY differ",
        ),
        ({"HTTPS_PROXY": "http://a:1"}, "", State.WARN, "no NO_PROXY"),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": "localhost"}, "", State.OK, ""),
        ({"SSL_CERT_FILE": "/etc/ca.pem"}, "", State.WARN, "CA bundle of its own"),
        ({"SSL_CERT_FILE": "/etc/ca.pem"}, "/etc/ca.pem", State.OK, ""),
    ],
)
def test_proxies_and_certificates(environment: dict[str, str], ca_bundle: str, state: State, said: str) -> None:
    finding = proxies(environment, Scope(ca_bundle=ca_bundle))
    assert finding.state is state
    assert said in finding.why
    assert bool(finding.fix) is (state is State.WARN)


def test_a_proxys_password_is_not_shown() -> None:
    finding = proxies({"HTTPS_PROXY": "http://me:hunter22@proxy:3128", "NO_PROXY": "x"}, Scope())
    assert "hunter22" not in str(finding)
    assert "proxy:3128" in finding.found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v3.17.3+g1a2b", (3, 17, 3)),
        ("1.41", (1, 41)),
        ("4", (4,)),
        ("none", ()),
        ("", ()),
        ("v1.31.2-gke.1", (1, 31, 2)),
    ],
)
def test_numbers_of_versions(text: str, expected: tuple[int, ...]) -> None:
    assert numbers(text) == expected


async def test_a_file_in_place_of_the_folder_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    findings = await examine(Scope(target="local", folder=tmp_path / "file" / "hub"))
    folder = next(finding for finding in findings if finding.name == "folder")
    assert folder.blocks
    assert "is not a folder" in folder.why
