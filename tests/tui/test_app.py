"""Going through the wizard: steps, keys, leaving, the draft, a terminal too small."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from tests.tui.conftest import on_screen, shown, type_text, until, wizard
from wizard.app import CodehubApp
from wizard.recent import recall
from wizard.screens.dialogs import Question, TooSmall
from wizard.screens.start import entries
from wizard.setup.model import Setup
from wizard.setup.store import save, with_settings
from wizard.widgets.answer_field import AnswerField

ORDER = ("checks", "code-server", "images", "target", "hub", "review")


def key_of(app: CodehubApp) -> str:
    return str(getattr(app.screen, "key", ""))


def at(app: CodehubApp, key: str) -> bool:
    """Whether the screen of a step is shown."""
    return key_of(app) == key


def is_shown(app: CodehubApp, text: str) -> bool:
    """Whether the screen has a text on one line."""
    return text in shown(app)


def notified(app: CodehubApp) -> list[str]:
    """The titles of what was notified."""
    return [notification.title for notification in app._notifications]


async def test_ctrl_n_and_escape_walk_through_the_steps(folder: Path) -> None:
    async with wizard(folder) as (app, pilot):
        for number, key in enumerate(ORDER, 1):
            await until(pilot, partial(at, app, key))
            await until(pilot, partial(is_shown, app, f"{number} of 7"))
            if key != "review":
                await pilot.press("ctrl+n")
        for key in reversed(ORDER[:-1]):
            await pilot.press("escape")
            await until(pilot, partial(at, app, key))
        await pilot.press("escape")
        await on_screen(pilot, "StartScreen")


async def test_a_step_that_does_not_apply_is_not_shown(folder: Path) -> None:
    async with wizard(folder, "target") as (app, pilot):
        app.session.draft.enter("target.kind", "local")
        app.go_back("target")
        await until(pilot, lambda: key_of(app) == "code-server")
        await until(pilot, lambda: "2 of 6" in shown(app))


async def test_answers_stay_when_going_back_and_on(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await until(pilot, lambda: app.focused is not None)
        await type_text(pilot, "registry/a")
        await pilot.press("escape", "ctrl+n")
        await until(pilot, lambda: key_of(app) == "images")
        assert app.session.draft.shown("images.registry") == "registry/a"
        assert app.screen.query_one("#field-images-registry", AnswerField).query_one(Input).value == "registry/a"


async def test_next_stops_at_an_answer_that_cannot_be_used(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        field = app.screen.query_one("#field-images-notebook-tag", AnswerField)
        field.control.focus()
        await pilot.press("space", "x", "ctrl+n")
        await pilot.pause()
        assert key_of(app) == "images"
        assert app.focused is field.control
        await pilot.press("escape")
        await until(pilot, lambda: key_of(app) == "code-server")


async def test_quitting_with_unsaved_answers_asks_and_keeps_them(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await until(pilot, lambda: app.focused is not None)
        await type_text(pilot, "ghcr.io/acme")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("escape")
        await until(pilot, lambda: key_of(app) == "images")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0
    kept = json.loads((folder / ".codehub" / "draft.yaml").read_text())
    assert kept["answers"]["images"]["registry"] == "ghcr.io/acme"


async def test_quitting_can_forget_the_draft(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await until(pilot, lambda: app.focused is not None)
        await pilot.press(*"acme")
        await until(pilot, (folder / ".codehub" / "draft.yaml").exists)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("right", "enter")
        await until(pilot, lambda: not app.is_running)
    assert not (folder / ".codehub" / "draft.yaml").exists()


async def test_quitting_without_changes_does_not_ask(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == 0


async def test_a_lost_connection_loses_no_answer(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await until(pilot, lambda: app.focused is not None)
        await type_text(pilot, "ghcr.io/acme")
        await pilot.press("tab", "A")
        draft = folder / ".codehub" / "draft.yaml"
        await until(pilot, lambda: draft.exists() and "code-server-notebookA" in draft.read_text())
    again = CodehubApp(folder)
    async with again.run_test() as pilot:
        await until(pilot, lambda: "Go on with your answers" in shown(again))
        await pilot.press("enter")
        await on_screen(pilot, "ChecksScreen")
        assert again.session.draft.shown("images.registry") == "ghcr.io/acme"
        assert again.session.draft.typed == {"images.notebook.name": "code-server-notebookA"}


async def test_an_unwritable_folder_is_said_once_and_nothing_is_lost(folder: Path) -> None:
    (folder / ".codehub").write_text("a file in the way")
    async with wizard(folder, "images") as (app, pilot):
        await until(pilot, lambda: app.focused is not None)
        await pilot.press(*"ac")
        await until(pilot, lambda: "Your answers are not kept on the disk" in notified(app))
        await pilot.press(*"me")
        assert app.session.draft.shown("images.registry") == "acme"
        await pilot.pause(1.2)
        assert len(notified(app)) == 1


@pytest.mark.parametrize("size", [(40, 10), (59, 24), (80, 17)])
async def test_a_terminal_too_small_says_what_it_needs(folder: Path, size: tuple[int, int]) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        await until(pilot, lambda: "60 columns and 18" in " ".join(shown(app).split()))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: key_of(app) == "images")


async def test_a_terminal_too_small_from_the_beginning(folder: Path) -> None:
    app = CodehubApp(folder)
    async with app.run_test(size=(40, 10)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        await pilot.resize_terminal(100, 30)
        await on_screen(pilot, "StartScreen")


async def test_the_start_screen_of_a_setup_offers_what_there_is(folder: Path) -> None:
    save(folder / "codehub.yaml", Setup())
    app = CodehubApp(folder)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 6)
        text = shown(app)
        assert "Change or run this setup" in text
        assert "Show its status" in text
        assert "History and rollback" in text
        assert "Begin a new setup" not in text


async def test_a_broken_setup_is_explained_and_not_opened(folder: Path) -> None:
    (folder / "codehub.yaml").write_text("schema: 1\ntarget: {kind: moon}\n")
    app = CodehubApp(folder)
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await on_screen(pilot, "HelpDialog")
        await until(pilot, lambda: "target.kind" in shown(app))
        await pilot.press("escape")
        await on_screen(pilot, "StartScreen")
        assert not app.has_session


async def test_another_folder_is_opened_by_its_path_with_completion(folder: Path) -> None:
    other = folder.parent / "second-hub"
    other.mkdir()
    save(other / "codehub.yaml", Setup())
    app = CodehubApp(folder)
    async with app.run_test() as pilot:
        await pilot.press("o")
        await on_screen(pilot, "FolderDialog")
        line = app.screen.query_one(Input)
        line.value = f"{folder.parent}/sec"
        line.action_end()
        await until(pilot, lambda: "● second-hub" in shown(app))
        await until(pilot, lambda: line._suggestion)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "ChecksScreen")
        assert app.session.folder.path == other
        assert app.session.saved == Setup()
    assert recall().folders[0] == str(other)


async def test_the_palette_knows_the_steps(folder: Path) -> None:
    async with wizard(folder) as (app, pilot):
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Go to Images", "Go to Review"} <= titles
        await pilot.pause()


async def test_keys_can_be_remapped(folder: Path, clean_home: Path) -> None:
    keys = clean_home / ".config" / "codehub" / "keys.yaml"
    keys.parent.mkdir(parents=True)
    keys.write_text("wizard.next: f8\n")
    async with wizard(folder) as (app, pilot):
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert key_of(app) == "checks"
        await pilot.press("f8")
        await until(pilot, lambda: key_of(app) == "code-server")


async def test_broken_keys_are_said_and_the_usual_ones_stay(folder: Path, clean_home: Path) -> None:
    keys = clean_home / ".config" / "codehub" / "keys.yaml"
    keys.parent.mkdir(parents=True)
    keys.write_text("[1, 2\n")
    async with wizard(folder) as (app, pilot):
        assert "Your keys are not used" in notified(app)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: key_of(app) == "code-server")


async def test_a_theme_that_is_chosen_is_remembered(folder: Path) -> None:
    async with wizard(folder) as (app, pilot):
        app.theme = "codehub-light"
        await pilot.pause()
    assert CodehubApp(folder).theme == "codehub-light"


async def test_a_try_shows_its_plan_and_leaves_the_folder_alone(folder: Path) -> None:
    save(folder / "codehub.yaml", with_settings(Setup(), ["hub.auth.users=carol", "hub.auth.kind=github"]))
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: "Try it on this machine" in shown(app))
        options = app.screen.query_one(OptionList)
        options.highlighted = [entry.key for entry in entries(folder)].index("try")
        await pilot.press("enter")
        await until(pilot, lambda: at(app, "review"))
        setup = app.session.draft.setup
        assert (setup.target.kind, setup.hub.auth.kind, setup.hub.auth.users) == ("local", "shared-password", ["carol"])
        assert app.session.folder.path != folder
        await pilot.press("ctrl+q")  # nothing of one's own to be lost, so nothing to ask
        await until(pilot, lambda: not app.is_running)
    assert sorted(path.name for path in folder.iterdir()) == ["codehub.yaml"]
