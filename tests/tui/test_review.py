"""The review: files with their diffs, keeping or overwriting, problems, saving, and when there is no plan."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import OptionList, Static, TabbedContent

from tests.tui.conftest import on_screen, shown, until, wizard
from wizard.app import CodehubApp
from wizard.render.picture import picture
from wizard.setup.model import Setup
from wizard.setup.questions import questions
from wizard.setup.store import load, with_settings
from wizard.widgets.answer_field import AnswerField
from wizard.widgets.diff_view import DiffView
from wizard.widgets.file_tree import FileTree


def changes(app: CodehubApp) -> dict[str, str]:
    """The kinds of change that the tree shows, by path."""
    found: dict[str, str] = {}
    nodes = [tree.root for tree in app.screen.query(FileTree)]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        if node.data is not None:
            found[node.data.path] = node.data.kind
    return found


def diff(app: CodehubApp) -> str:
    return str(app.screen.query_one(DiffView).query_one(Static).content)


def tab(app: CodehubApp) -> str:
    return app.screen.query_one(TabbedContent).active


async def test_an_empty_folder_is_shown_as_new_and_saved(folder: Path) -> None:
    async with wizard(folder, "review") as (app, pilot):
        await until(pilot, lambda: "values.extra.yaml" in changes(app))
        assert set(changes(app).values()) == {"new"}
        assert {"codehub.yaml", "config.yaml", "secrets.yaml", "deploy.sh"} <= changes(app).keys()
        assert list(folder.iterdir()) == []
        await pilot.press("ctrl+s")
        await until(pilot, lambda: set(changes(app).values()) <= {"same", "kept"})
        assert not app.session.unsaved
    assert load(folder / "codehub.yaml") == Setup()
    assert stat.S_IMODE((folder / "secrets.yaml").stat().st_mode) == 0o600
    assert not (folder / ".codehub" / "draft.yaml").exists()


async def test_the_diff_shows_what_changes_and_no_secret(folder: Path) -> None:
    async with wizard(folder, "review") as (app, pilot):
        await until(pilot, lambda: "secrets.yaml" in changes(app))
        tree = app.screen.query_one(FileTree)
        for node in tree.root.children:
            if node.data is not None and node.data.path == "secrets.yaml":
                tree.move_cursor(node)
        await until(pilot, lambda: diff(app).startswith("secrets.yaml: new"))
        assert "user_password: •••" in diff(app)


async def test_an_edited_file_is_kept_or_overwritten_as_chosen(folder: Path) -> None:
    async with wizard(folder, "review") as (app, pilot):
        await until(pilot, lambda: "config.yaml" in changes(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: changes(app).get("config.yaml") == "same")
        (folder / "config.yaml").write_text("# mine\n")
        app.session.draft.enter("hub.auth.users", "alice")
        app.go_back("review")
        await until(pilot, lambda: getattr(app.screen, "key", "") == "hub")
        await at_review(app, pilot)
        await until(pilot, lambda: changes(app).get("config.yaml") == "edited")
        tree = app.screen.query_one(FileTree)
        tree.move_cursor(next(node for node in tree.root.children if node.data and node.data.path == "config.yaml"))
        await until(pilot, lambda: "edited by you" in diff(app) and "-# mine" in diff(app))

        await pilot.press("ctrl+s")
        await until(pilot, lambda: load(folder / "codehub.yaml").hub.auth.users == ["alice"])
        await until(pilot, lambda: changes(app).get("config.yaml") in {"kept", "edited"})
        assert (folder / "config.yaml").read_text() == "# mine\n"

        app.session.draft.enter("hub.auth.users", "alice, bob")
        app.screen.look()  # type: ignore[attr-defined]
        await until(pilot, lambda: changes(app).get("config.yaml") == "edited")
        tree.focus()
        tree.move_cursor(next(node for node in tree.root.children if node.data and node.data.path == "config.yaml"))
        await until(pilot, lambda: "edited by you" in diff(app))
        await pilot.press("o")
        await until(pilot, lambda: "will be overwritten" in diff(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "bob" in (folder / "config.yaml").read_text())
        assert app.session.overwrite == set()


async def at_review(app: CodehubApp, pilot: Pilot[int]) -> None:
    app.go_to("review")
    await until(pilot, lambda: getattr(app.screen, "key", "") == "review" and app.screen.query(TabbedContent))


async def test_a_problem_is_shown_and_leads_to_its_field(folder: Path) -> None:
    async with wizard(folder, "hub") as (app, pilot):
        app.session.draft.enter("images.notebook.base", "not an image")
        await at_review(app, pilot)
        await until(pilot, lambda: tab(app) == "problems")
        options = app.screen.query_one("#problem-list", OptionList)
        await until(pilot, lambda: options.option_count >= 1)
        await pilot.press("ctrl+s")
        await pilot.pause(0.3)
        assert not (folder / "codehub.yaml").exists()
        options.focus()
        options.highlighted = 0
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.screen, "key", "") == "images")
        # An advanced question: it is shown because something is wrong with it.
        wanted = app.screen.query_one("#field-images-notebook-base", AnswerField)
        await until(pilot, lambda: app.focused is wanted.control)


async def test_a_client_secret_goes_into_secrets_yaml_only(folder: Path) -> None:
    async with wizard(folder, "hub") as (app, pilot):
        draft = app.session.draft
        for path, text in (
            ("hub.auth.kind", "github"),
            ("hub.auth.client_id", "the-app"),
            ("hub.auth.callback_url", "https://hub.example.org/hub/oauth_callback"),
            ("hub.auth.users", "alice"),
        ):
            assert draft.enter(path, text) is None
        app.session.client_secret = "hunter2-of-the-app"
        await at_review(app, pilot)
        await until(pilot, lambda: "secrets.yaml" in changes(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: changes(app).get("secrets.yaml") == "same")
    holders = {path.name for path in folder.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()}
    assert holders == {"secrets.yaml"}


async def test_without_a_cluster_the_plan_says_so_and_the_answers_can_be_saved(folder: Path) -> None:
    async with wizard(folder, "review", (100, 40)) as (app, pilot):
        await until(pilot, lambda: "config.yaml" in changes(app))
        await pilot.press("2")
        await until(pilot, lambda: "There is no plan yet." in shown(app))
        await pilot.press("ctrl+r")
        await pilot.pause(0.3)
        assert getattr(app.screen, "key", "") == "review"
        assert not (folder / "codehub.yaml").exists()
        await pilot.press("ctrl+s")
        await until(pilot, (folder / "config.yaml").exists)


async def test_a_folder_that_became_read_only_is_said_and_loses_nothing(folder: Path) -> None:
    async with wizard(folder, "review") as (app, pilot):
        await until(pilot, lambda: "config.yaml" in changes(app))
        (folder / "codehub.yaml").mkdir()  # what root, who may write anywhere, cannot write to
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any(one.title == "Not saved" for one in app._notifications))
        assert getattr(app.screen, "key", "") == "review"


async def test_the_commands_that_do_the_same_are_shown_and_copied(folder: Path) -> None:
    async with wizard(folder, "hub", (100, 40)) as (app, pilot):
        app.session.draft.enter("hub.auth.users", "alice, bob")
        await at_review(app, pilot)
        await until(pilot, lambda: "config.yaml" in changes(app))
        await pilot.press("ctrl+y")
        await on_screen(pilot, "HelpDialog")
        # However the dialog breaks a long path into lines.
        await until(pilot, lambda: f"codehubapply{folder}--yes" in re.sub(r"[\s│┃]+", "", shown(app)))
        assert app.clipboard.startswith(f"codehub init {folder} --set")


SETTINGS = st.lists(
    st.sampled_from([f"{one.path}={choice.value}" for one in questions() for choice in one.ask.choices])
    | st.sampled_from(["target.expose.host=hub.example.org", "images.registry=ghcr.io/acme", "hub.auth.users=a,b"]),
    max_size=8,
)


@given(SETTINGS)
def test_the_picture_is_a_closed_box_for_every_setup(settings: list[str]) -> None:
    setup = with_settings(Setup(), settings)
    lines = picture(setup)
    box = [line for line in lines if line[:1] in "┌│└"]
    assert len({len(line) for line in box}) == 1
    assert any(setup.code_server.version in line for line in box)
    assert (setup.notebook_reference in "\n".join(lines)) == setup.builds_images


@pytest.mark.parametrize("size", [(60, 18), (200, 60)])
async def test_it_fits_other_terminals(folder: Path, size: tuple[int, int]) -> None:
    async with wizard(folder, "review", size) as (app, pilot):
        await until(pilot, lambda: "config.yaml" in changes(app))
        for key, name in (("2", "plan"), ("3", "problems"), ("4", "picture"), ("1", "files")):
            await pilot.press(key)
            await until(pilot, lambda name=name: tab(app) == name)  # type: ignore[misc]
            assert app.screen.query_one("#main").max_scroll_x == 0
