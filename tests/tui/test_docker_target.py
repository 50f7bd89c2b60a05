"""One Docker host on the wizard's screens: its questions on the Target screen, and what the Done screen says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from tests.tui.conftest import shown, until, wizard
from wizard.app import CodehubApp
from wizard.errors import MissingError
from wizard.plan.kubernetes import DEPLOY
from wizard.plan.model import StepRecord
from wizard.run.folder import SetupFolder
from wizard.screens import done
from wizard.screens.done import DoneScreen
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.setup.store import with_settings
from wizard.targets.docker_standing import OnDocker
from wizard.targets.session import rendering, write
from wizard.tools.docker_host import Container
from wizard.widgets.answer_field import AnswerField, field_id
from wizard.widgets.choices import Choices

HUB = Container(id="1", name="codehub-hub", status="running", image="i", service="hub", restarts=2)
PROXY = Container(id="2", name="codehub-proxy", status="exited", image="i", service="proxy", exit_code=137)


def field(app: CodehubApp, path: str) -> AnswerField:
    return app.screen.query_one(f"#{field_id(path)}", AnswerField)


def choose(app: CodehubApp, path: str, value: str) -> None:
    field(app, path).query_one(Choices).chosen = value


def hint(app: CodehubApp, path: str) -> str:
    return str(field(app, path).query_one(".hint", Static).content)


async def test_the_questions_of_a_docker_host(folder: Path) -> None:
    """They come as they apply, in their order, and what does not fit is said below the field."""
    async with wizard(folder, "target") as (app, pilot):
        assert not field(app, "target.docker.name").display
        choose(app, "target.kind", "docker")
        await until(pilot, lambda: field(app, "target.docker.name").display)
        assert not field(app, "target.context").display
        assert not field(app, "target.namespace").display
        assert field(app, "target.expose.port").display
        assert not field(app, "target.docker.certificate").display
        choose(app, "target.docker.tls", "files")
        await until(pilot, lambda: field(app, "target.docker.certificate").display)
        await until(pilot, lambda: hint(app, "target.docker.key").startswith("✖ Is needed for TLS"))
        assert not field(app, "target.docker.email").display
        choose(app, "target.docker.tls", "letsencrypt")
        await until(pilot, lambda: field(app, "target.docker.email").display)
        assert not field(app, "target.docker.key").display
        assert app.session.draft.setup.target.docker.tls == "letsencrypt"


@pytest.fixture
def started(folder: Path) -> SetupFolder:
    """A folder whose hub was started."""
    place = SetupFolder(folder)
    store.save(place.answers, with_settings(Setup(), ["target.kind=docker", "hub.auth.users=alice"]))
    record = StepRecord("f", "done", "2026-01-02T03:04:05+00:00", {"url": "http://127.0.0.1:8000/"})
    write(place, rendering(place)).with_step(DEPLOY, record).save(place.state_file)
    return place


async def test_where_it_stands(started: SetupFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked(_setup: Setup) -> OnDocker:
        return OnDocker((PROXY, HUB), (), ("alice",), (), 1, answers=False)

    monkeypatch.setattr(done, "on_docker", asked)
    app = CodehubApp(started.path)
    async with app.run_test(size=(120, 60)) as pilot:
        await app.push_screen(DoneScreen(started))
        await until(pilot, lambda: "Editors running: 1 (alice)" in shown(app))
        for said in (
            "✔ Deployed.",
            "http://127.0.0.1:8000/",
            "JupyterHub started: http://127.0.0.1:8000/ (2026-01-02 03:04 UTC)",
            "In Docker now",
            "Container codehub-hub: running, started again 2 times by Docker",
            "Container codehub-proxy: exited (exit code 137)",
            "JupyterHub does not answer at its front door",
            "--of hub",
            "backup.sh",
        ):
            assert said in shown(app), said


async def test_docker_that_does_not_answer(started: SetupFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked(_setup: Setup) -> OnDocker:
        raise MissingError("The Docker daemon does not answer.", fix="Start it.")

    monkeypatch.setattr(done, "on_docker", asked)
    app = CodehubApp(started.path)
    async with app.run_test(size=(120, 60)) as pilot:
        await app.push_screen(DoneScreen(started))
        await until(pilot, lambda: "It could not be asked. The Docker daemon does not answer" in shown(app))
