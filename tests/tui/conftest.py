"""The wizard in a terminal of the test's own size, with checks that are the same on every machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.pictures import SIZES, Picture, Take, Walk, put_on
from wizard.app import CodehubApp
from wizard.tools import doctor
from wizard.tools.doctor_model import Check, Finding, Scope, State

PATIENCE = 80.0
"""Seconds to wait for something in the background on a busy machine."""

_FINDINGS = (
    Finding(name="docker", title="Docker daemon", state=State.OK, found="28.2.2, API 1.50", why="Builds the images."),
    Finding(
        name="buildx",
        title="Docker buildx",
        state=State.WARN,
        why="Without this plugin images are built by Docker's old builder: no parallel steps, no build secrets.",
        fix="Install the plugin.",
        command="sudo apt-get install docker-buildx-plugin",
    ),
    Finding(name="helm", title="Helm", state=State.MISSING, why="It is not on the PATH.", fix="Install it."),
)


def _check(finding: Finding) -> Check:
    async def ask(_scope: Scope) -> Finding:
        return finding

    needed = frozenset({"kubernetes"}) if finding.name == "helm" else frozenset()
    return Check(name=finding.name, title=finding.title, ask=ask, needed_by=needed)


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, no blinking cursor, and checks whose answers are known."""
    checks, examine = tuple(map(_check, _FINDINGS)), doctor.examine
    monkeypatch.setattr(doctor, "CHECKS", checks)
    monkeypatch.setattr(
        doctor, "examine", lambda scope, on_finding: examine(scope, checks=checks, on_finding=on_finding)
    )
    monkeypatch.setattr(Input, "_toggle_cursor", lambda self: None)
    monkeypatch.setenv("CODEHUB_OFFLINE", "1")
    monkeypatch.delenv("CODEHUB_THEME", raising=False)


@pytest.fixture
def folder(clean_home: Path) -> Path:
    """An empty folder, shown as ~/hub."""
    path = clean_home / "hub"
    path.mkdir()
    return path


@pytest.fixture
def picture(folder: Path, snapshot: SnapshotAssertion) -> Take:
    """Take pictures of the wizard in `folder` after a walk, and hold them against those that were accepted."""

    async def take(walk: Walk, *, size: str = "80x24", looks: Iterable[str] = (), theme: str = "codehub-dark") -> None:
        app = CodehubApp(folder, theme=theme)
        app.animation_level = "none"
        taken = {}
        async with app.run_test(size=SIZES[size], notifications=True) as pilot:
            await walk(pilot)
            await settled(pilot)
            for look in looks:
                await put_on(pilot, look)
                taken[look] = app.export_screenshot(simplify=True)
            if not taken:
                taken[""] = app.export_screenshot(simplify=True)
        accepted = snapshot.use_extension(Picture)
        others = [look for look, drawn in taken.items() if drawn != accepted(name=look or None)]
        for look in others:
            folder.with_name(f"{look or 'picture'}.svg").write_text(taken[look], encoding="utf-8")
        assert others == [], f"not as accepted; see what was drawn in {folder.parent}"

    return take


async def until(pilot: Pilot[int], condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Wait for something; fails when it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():
            await pilot.pause(0.05)
    await pilot.pause()


async def settled(pilot: Pilot[int], *, seconds: float = PATIENCE) -> None:
    """Wait until nothing is at work behind the screen and its text has stayed as it is for half a second."""
    app = pilot.app
    assert isinstance(app, CodehubApp)
    last, still = "", 0
    async with asyncio.timeout(seconds):
        while still < 5:
            await pilot.pause(0.1)
            text = shown(app)
            busy = any(not worker.is_finished for worker in app.workers)
            still = 0 if busy or text != last else still + 1
            last = text


async def on_screen(pilot: Pilot[int], name: str) -> None:
    """Wait for a screen, by the name of its class."""
    try:
        await until(pilot, lambda: type(pilot.app.screen).__name__ == name and pilot.app.screen.is_mounted)
    except TimeoutError:
        pytest.fail(f"{type(pilot.app.screen).__name__} is shown instead of {name}")


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Press the keys of a text."""
    names = {".": "full_stop", "/": "slash", ",": "comma", "-": "minus", " ": "space", "=": "equals_sign", ":": "colon"}
    await pilot.press(*(names.get(letter, letter) for letter in text))


@asynccontextmanager
async def wizard(
    folder: Path, step: str = "", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[CodehubApp, Pilot[int]]]:
    """The app in a folder, begun by Enter on the start screen, at a step."""
    app = CodehubApp(folder)
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await on_screen(pilot, "ChecksScreen")
        if step:
            app.go_to(step)
            await until(pilot, lambda: getattr(app.screen, "key", "") == step)
        yield app, pilot


def shown(app: CodehubApp) -> str:
    """The text of the screen, line by line."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())
