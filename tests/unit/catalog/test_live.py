"""Live lists: never waited for longer than asked, always with their origin, never an exception."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import wait_until
from tests.unit.catalog import loopback
from wizard.catalog import live
from wizard.catalog.bundled import chart_releases, code_server_tags
from wizard.catalog.live import Catalog
from wizard.catalog.models import Listing
from wizard.catalog.sources import Sources

NEWEST = code_server_tags()[0].tag
pytestmark = pytest.mark.tier("git")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    tags: dict[str, dict[str, str]] = {"v4.133.0": {}, "v4.998.0": {}, "v4.999.0-rc.1": {}, "other": {}}
    return str(loopback.make_repository(tmp_path_factory.mktemp("git") / "code-server", tags))


@pytest.fixture(autouse=True)
def no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which there is git and what it needs, but no npm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "ssh", "sh", "openssl"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def _packument(*versions: str) -> str:
    listed = ", ".join(f'"{version}": {{"engines": {{"node": "24"}}}}' for version in versions)
    return f'{{"dist-tags": {{"latest": "{versions[-1]}"}}, "versions": {{{listed}}}}}'


@pytest.fixture
def charts() -> Iterator[loopback.Site]:
    with loopback.serve({"/index.yaml": loopback.body(loopback.index_yaml(("4.90.0", "5.9.0")))}) as site:
        yield site


def test_git_tags_are_read_and_cached_for_the_next_process(repository: str, cache: Path) -> None:
    sources = Sources(code_server_git=repository)
    listing = Catalog(sources, cache).listing("code-server", wait=20)
    assert [tag.tag for tag in listing.items] == ["v4.999.0-rc.1", "v4.998.0", "v4.133.0"]
    assert (listing.source, listing.note, listing.refreshing, listing.age()) == ("live", "", False, "just now")
    again = Catalog(sources, cache).listing("code-server", wait=0)
    assert (again.items, again.source, again.refreshing) == (listing.items, "cache", False)
    assert again.describe() == "cached, read just now"


def test_git_and_npm_complete_each_other(repository: str, cache: Path) -> None:
    with loopback.serve({"/code-server": loopback.body(_packument("4.133.0", "4.997.0"))}) as registry:
        sources = Sources(code_server_git=repository, npm_registry=registry.address)
        listing = Catalog(sources, cache).listing("code-server", wait=20)
    assert [tag.tag for tag in listing.items] == ["v4.999.0-rc.1", "v4.998.0", "v4.997.0", "v4.133.0"]
    assert listing.note == ""


def test_npm_alone_is_laid_on_the_bundled_list_and_says_so(tmp_path: Path, cache: Path) -> None:
    with loopback.serve({"/code-server": loopback.body(_packument("4.997.0"))}) as registry:
        sources = Sources(code_server_git=str(tmp_path / "none"), npm_registry=registry.address)
        listing = Catalog(sources, cache).listing("code-server", wait=20)
    assert listing.source == "live"
    assert [tag.tag for tag in listing.items[:2]] == ["v4.997.0", NEWEST]
    assert listing.note.startswith("from npm only: git: fatal: ")


def test_without_any_source_the_bundled_list_and_both_reasons(tmp_path: Path, cache: Path) -> None:
    catalog = Catalog(Sources(code_server_git=str(tmp_path / "none")), cache)
    listing = catalog.listing("code-server", wait=20)
    assert (listing.items, listing.source) == (code_server_tags(), "bundled")
    assert "git: fatal" in listing.note
    assert "npm is not installed" in listing.note
    started = time.monotonic()
    assert catalog.listing("code-server", wait=20).note == listing.note  # not asked again at once
    assert time.monotonic() - started < 1
    assert not cache.exists()


def test_a_git_that_hangs_does_not_hold_up_npm(no_npm: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (no_npm / "git").unlink()
    (no_npm / "git").write_text("#!/bin/sh\nexec /bin/sleep 30\n", encoding="utf-8")
    (no_npm / "git").chmod(0o755)
    monkeypatch.setattr(live, "GRACE", 0.3)
    with loopback.serve({"/code-server": loopback.body(_packument("4.997.0"))}) as registry:
        listing = Catalog(Sources(npm_registry=registry.address, timeout=3), cache).listing("code-server", wait=2.5)
    assert listing.items[0].tag == "v4.997.0"
    assert listing.note == "from npm only: no answer in time"


def test_charts_are_read_from_the_index(charts: loopback.Site, cache: Path) -> None:
    listing = Catalog(Sources(chart_repository=charts.address + "/"), cache).listing("chart", wait=20)
    assert [release.version for release in listing.items] == ["4.90.0"]
    assert listing.source == "live"
    assert charts.requests[0][0] == "/index.yaml"


@pytest.mark.parametrize("mood", ["slow", "hanging"])
def test_a_slow_server_never_keeps_the_caller_longer_than_asked(mood: str, cache: Path) -> None:
    slow = loopback.delayed(1.2, loopback.body(loopback.index_yaml(("4.90.0", "5.9.0"))))
    answer = {"slow": slow, "hanging": loopback.hanging}[mood]
    with loopback.serve({"/index.yaml": answer}) as site:
        catalog = Catalog(Sources(chart_repository=site.address, timeout=3), cache)
        started = time.monotonic()
        first = catalog.listing("chart", wait=0.3)
        assert time.monotonic() - started < 1
        assert (first.items, first.source, first.refreshing) == (chart_releases(), "bundled", True)
        assert "not answered" in first.note
        later = catalog.listing("chart", wait=8)
        assert not later.refreshing
        assert later.source == ("live" if mood == "slow" else "bundled")
        assert ("no answer in time" in later.note) == (mood == "hanging")
        assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (500, "oops", "answered 500"),
        (200, "<html>Please log in</html>", "could not be read: it lists no releases"),
        (200, "entries: [", "could not be read: it is not a chart repository's index"),
    ],
)
def test_a_broken_repository_is_a_note(status: int, text: str, reason: str, cache: Path) -> None:
    with loopback.serve({"/index.yaml": loopback.body(text, status=status)}) as site:
        listing = Catalog(Sources(chart_repository=site.address), cache).listing("chart", wait=20)
    assert (listing.items, listing.source) == (chart_releases(), "bundled")
    assert listing.note.startswith("not live: ")
    assert reason in listing.note


def test_an_untrusted_certificate_is_a_note(tmp_path: Path, cache: Path) -> None:
    certificate = loopback.make_certificate(tmp_path)
    answers = {"/index.yaml": loopback.body(loopback.index_yaml(("4.90.0", "5.9.0")))}
    with loopback.serve(answers, certificate=certificate) as site:
        listing = Catalog(Sources(chart_repository=site.address), cache).listing("chart", wait=20)
        assert "certificate is not trusted" in listing.note
        trusting = Sources(chart_repository=site.address, ca_bundle=str(tmp_path / "cert.pem"))
        assert Catalog(trusting, cache).listing("chart", wait=20).source == "live"


def test_an_old_cache_is_given_while_a_newer_list_is_on_its_way(charts: loopback.Site, cache: Path) -> None:
    sources = Sources(chart_repository=charts.address)
    Catalog(sources, cache).listing("chart", wait=20)
    (file,) = cache.iterdir()
    text = file.read_text(encoding="utf-8")
    year = text.partition('"fetched_at": "')[2][:4]
    file.write_text(text.replace(f'"fetched_at": "{year}', '"fetched_at": "2020', 1), encoding="utf-8")
    later = Catalog(sources, cache)
    old = later.listing("chart", wait=0)
    assert [release.version for release in old.items] == ["4.90.0"]
    assert (old.source, old.refreshing) == ("cache", True)
    assert "days ago" in old.age()
    assert later.listing("chart", wait=20).source == "live"


def test_refresh_asks_again_and_calls_back_once(charts: loopback.Site, cache: Path) -> None:
    catalog = Catalog(Sources(chart_repository=charts.address), cache)
    catalog.listing("chart", wait=20)
    heard: list[Listing[object]] = []
    started = time.monotonic()

    def broken(_: Listing[object]) -> None:
        raise RuntimeError("the screen is gone")

    catalog.refresh("chart", broken)
    catalog.refresh("chart", heard.append)
    assert time.monotonic() - started < 0.5
    wait_until(lambda: heard, "the callback")
    assert heard[0].source == "live"
    assert len(charts.requests) == 2


def test_offline_nothing_is_asked(charts: loopback.Site, cache: Path) -> None:
    catalog = Catalog(Sources(chart_repository=charts.address, offline=True), cache)
    listing = catalog.listing("chart", wait=20)
    heard: list[Listing[object]] = []
    catalog.refresh("chart", heard.append)
    assert "CODEHUB_OFFLINE" in listing.note
    assert heard[0].source == "bundled"
    assert charts.requests == []


def test_best_asks_nobody(charts: loopback.Site, cache: Path) -> None:
    catalog = Catalog(Sources(chart_repository=charts.address), cache)
    assert catalog.best("chart").source == "bundled"
    assert catalog.best("image").items == ()
    assert charts.requests == []


def test_the_environment_names_the_sources() -> None:
    environment = {"CODEHUB_CODE_SERVER_GIT": "g", "CODEHUB_CHART_REPOSITORY": "c", "CODEHUB_OFFLINE": "1"}
    sources = Sources.from_environment(environment)
    assert (sources.code_server_git, sources.chart_repository, sources.offline) == ("g", "c", True)
    assert Sources.from_environment({"CODEHUB_OFFLINE": "0"}) == Sources()


def test_no_git_is_left_behind_when_codehub_ends(no_npm: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    (no_npm / "git").unlink()
    (no_npm / "git").write_text(f"#!/bin/sh\necho $$ >{pid}\nexec /bin/sleep 60\n", encoding="utf-8")
    (no_npm / "git").chmod(0o755)
    program = (
        "import time, pathlib\nfrom wizard.catalog import listing\nlisting('code-server', wait=0)\n"
        f"while not pathlib.Path({str(pid)!r}).exists(): time.sleep(0.02)\n"
    )
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20, cwd=Path(__file__).parents[3])
    assert time.monotonic() - started < 10
    number = pid.read_text(encoding="utf-8").strip()
    wait_until(lambda: not Path(f"/proc/{number}").exists(), "the end of git", seconds=5)
