"""Pictures of every screen that collects answers, in two sizes and three ways of colour: look at them when they change.

`pytest tests/tui/test_snapshots.py --snapshot-update` accepts new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.kubeapi import FakeCluster
from tests.tui.conftest import on_screen, shown, type_text, until
from tests.tui.pictures import LOOKS, Take, Walk, in_every_size, named
from wizard import catalog
from wizard.app import CodehubApp
from wizard.catalog.models import CodeServerTag, Listing
from wizard.setup.model import Setup
from wizard.setup.store import save, with_settings
from wizard.tools import cluster_new
from wizard.widgets.answer_field import AnswerField
from wizard.widgets.version_table import VersionTable

ANSWERS = ("code_server.version=v4.112.0", "target.chart.version=4.2.0", "hub.auth.users=alice, bob")


def _tag(number: int) -> CodeServerTag:
    """v4.112.0 and older ones, a month apart, each fifth with a release candidate."""
    minor = 112 - number
    rc = "-rc.1" if number % 5 == 3 else ""
    made = date(2026 - (number + 6) // 12, 12 - (number + 6) % 12, 14)
    version = f"4.{minor}.0{rc}"
    return CodeServerTag(f"v{version}", version, made, f"1.{minor}.0", 22, bool(rc))


@pytest.fixture(autouse=True)
def known_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists that no new release changes."""
    tags = Listing(tuple(map(_tag, range(40))), "bundled", datetime(2026, 6, 20, tzinfo=UTC), "not live: no network")

    monkeypatch.setattr(cluster_new, "available", lambda: ())  # no machine's minikube, kind or k3d

    def listing(kind: str, **_options: object) -> Listing[CodeServerTag]:
        return tags if kind == "code-server" else Listing((), "bundled", None)

    monkeypatch.setattr(catalog, "listing", listing)
    monkeypatch.setattr(catalog, "best", listing)
    monkeypatch.setattr(Listing, "age", lambda self, now=None: "3 days ago")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    with FakeCluster(tmp_path / "cluster") as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


async def at(pilot: Pilot[int], key: str) -> None:
    """Begin, and go to a step."""
    app = app_of(pilot)
    await pilot.press("enter")
    await on_screen(pilot, "ChecksScreen")
    app.go_to(key)
    await until(pilot, lambda: getattr(app.screen, "key", "") == key and app.screen.query("#main *"))


def app_of(pilot: Pilot[int]) -> CodehubApp:
    assert isinstance(pilot.app, CodehubApp)
    return pilot.app


async def start(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: "Change or run" in shown(app_of(pilot)))


async def checks(pilot: Pilot[int]) -> None:
    await at(pilot, "checks")
    await until(pilot, lambda: "A run for kubernetes needs: Helm" in shown(app_of(pilot)))


async def code_server(pilot: Pilot[int]) -> None:
    await at(pilot, "code-server")
    await until(pilot, lambda: app_of(pilot).screen.query_one(VersionTable).row_count > 20)


async def images(pilot: Pilot[int]) -> None:
    await at(pilot, "images")
    app = app_of(pilot)
    field = app.screen.query_one("#field-images-notebook-tag", AnswerField)
    app.screen.set_focus(field.control)
    await pilot.press("end")
    await type_text(pilot, " !")
    await until(pilot, lambda: "✖ " in shown(app))


async def target(pilot: Pilot[int]) -> None:
    await at(pilot, "target")
    await until(pilot, lambda: "Kubernetes v1.33" in app_of(pilot).screen.query_one("#cluster").render().__str__())
    await until(pilot, lambda: "✓ v1.33" in shown(app_of(pilot)))


async def hub(pilot: Pilot[int]) -> None:
    await at(pilot, "hub")


async def hub_by_oidc(pilot: Pilot[int]) -> None:
    await at(pilot, "hub")
    await pilot.press("down", "down", "down", "down", "tab", "tab", "tab")
    await until(pilot, lambda: "Client" in shown(app_of(pilot)))


async def review(pilot: Pilot[int]) -> None:
    await at(pilot, "review")
    await until(pilot, lambda: "config.yaml" in shown(app_of(pilot)))


async def review_picture(pilot: Pilot[int]) -> None:
    await review(pilot)
    await pilot.press("4")
    await until(pilot, lambda: "people ──▶" in shown(app_of(pilot)))


async def review_problems(pilot: Pilot[int]) -> None:
    await pilot.press("enter")
    await on_screen(pilot, "ChecksScreen")
    app_of(pilot).session.draft.enter("hub.auth.kind", "github")
    app_of(pilot).session.draft.enter("images.notebook.name", "Not A Name")
    app_of(pilot).go_to("review")
    await until(pilot, lambda: "3 problems" in shown(app_of(pilot)))


async def help_of_a_field(pilot: Pilot[int]) -> None:
    await at(pilot, "hub")
    await pilot.press("f1")
    await on_screen(pilot, "HelpDialog")


async def quit_question(pilot: Pilot[int]) -> None:
    await at(pilot, "images")
    await type_text(pilot, "ghcr.io/acme")
    await pilot.press("ctrl+q")
    await on_screen(pilot, "Question")


async def open_folder(pilot: Pilot[int]) -> None:
    await start(pilot)
    await pilot.press("o")
    await on_screen(pilot, "FolderDialog")
    line = app_of(pilot).screen.query_one(Input)
    line.value = "~/"
    line.action_end()
    await until(pilot, lambda: "● hub" in shown(app_of(pilot)))
    await until(pilot, lambda: line._suggestion)


WALKS = (
    *(start, checks, code_server, images, target, hub, hub_by_oidc, review, review_picture, review_problems),
    *(help_of_a_field, quit_question, open_folder),
)


@in_every_size
@pytest.mark.parametrize("walk", WALKS, ids=named)
async def test_screen(walk: Walk, size: str, folder: Path, cluster: FakeCluster, picture: Take) -> None:
    save(folder / "codehub.yaml", with_settings(Setup(), [*ANSWERS, f"target.context={cluster.context}"]))
    await picture(walk, size=size, looks=LOOKS)


@pytest.mark.parametrize("theme", ["codehub-contrast", "ansi-dark", "ansi-light"])
async def test_other_themes(theme: str, folder: Path, picture: Take) -> None:
    save(folder / "codehub.yaml", with_settings(Setup(), ANSWERS))
    await picture(hub, theme=theme)


def test_a_small_terminal(folder: Path, snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(CodehubApp(folder), terminal_size=(40, 10))
