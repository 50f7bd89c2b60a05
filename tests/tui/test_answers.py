"""Giving answers: fields by kind, hints as one types, help, lists to pick from, pastes, and the live lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.kubeapi import FakeCluster
from tests.tui.conftest import on_screen, shown, type_text, until, wizard
from wizard.app import CodehubApp
from wizard.setup.draft import MAX_TYPED
from wizard.setup.questions import questions
from wizard.widgets.answer_field import AnswerField, field_id
from wizard.widgets.choices import Choices
from wizard.widgets.context_table import ContextTable
from wizard.widgets.secret_field import SecretField
from wizard.widgets.version_table import VersionTable


def field(app: CodehubApp, path: str) -> AnswerField:
    return app.screen.query_one(f"#{field_id(path)}", AnswerField)


def hint(app: CodehubApp, path: str) -> str:
    """What stands below a field's control."""
    return str(field(app, path).query_one(".hint", Static).content)


async def focus(pilot: Pilot[int], app: CodehubApp, path: str) -> None:
    control = field(app, path).control
    app.screen.set_focus(control)
    await until(pilot, lambda: app.focused is control)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """A cluster that answers, named by KUBECONFIG."""
    with FakeCluster(tmp_path / "cluster") as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


async def test_every_question_that_applies_can_be_reached(folder: Path) -> None:
    seen: set[str] = set()
    async with wizard(folder) as (app, pilot):
        app.session.advanced = True
        for key in ("code-server", "images", "target", "hub"):
            app.go_to(key)
            await until(pilot, partial(_at_with_fields, app, key))
            seen |= {one.question.path for one in app.screen.query(AnswerField) if one.display}
        setup = app.session.draft.setup
    wanted = {one.path for one in questions() if one.applies(setup)}
    unasked = {"images.hub.name", "images.hub.tag"}  # no hub image is built
    assert seen == wanted - unasked


def _at_with_fields(app: CodehubApp, key: str) -> bool:
    return getattr(app.screen, "key", "") == key and any(one.display for one in app.screen.query(AnswerField))


async def test_the_hint_says_what_the_answer_becomes_and_what_is_wrong(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await focus(pilot, app, "images.notebook.tag")
        assert hint(app, "images.notebook.tag") == '→ config.yaml: singleuser.image.tag: "1.0.0"'
        await pilot.press("end")
        await type_text(pilot, "-b")
        await until(pilot, lambda: hint(app, "images.notebook.tag").endswith('"1.0.0-b"'))
        await pilot.press("space")
        await until(pilot, lambda: hint(app, "images.notebook.tag").startswith("✖ "))
        assert app.session.draft.setup.images.notebook.tag == "1.0.0-b"
        assert app.session.draft.typed == {"images.notebook.tag": "1.0.0-b "}
        await pilot.press("backspace")
        await until(pilot, lambda: hint(app, "images.notebook.tag").startswith("→ "))


async def test_questions_come_and_go_with_the_answers(folder: Path) -> None:
    async with wizard(folder, "target") as (app, pilot):
        await focus(pilot, app, "target.expose.kind")
        assert not field(app, "target.expose.host").display
        field(app, "target.expose.kind").query_one(Choices).chosen = "ingress"
        await until(pilot, lambda: field(app, "target.expose.host").display)
        await until(pilot, lambda: hint(app, "target.expose.host").startswith("✖ Is needed for an ingress"))


async def test_arrows_choose_and_enter_goes_on(folder: Path) -> None:
    async with wizard(folder, "hub") as (app, pilot):
        await until(pilot, lambda: isinstance(app.focused, Choices))
        await pilot.press("down")
        assert app.session.draft.shown("hub.auth.kind") == "native"
        await pilot.press("up", "up")
        assert app.session.draft.shown("hub.auth.kind") == "dummy"
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is field(app, "hub.auth.users").control)


async def test_enter_alone_goes_through_a_whole_step(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await until(pilot, lambda: app.focused is not None)
        before = app.session.draft.setup
        for _ in range(3):
            await pilot.press("enter")
        await until(pilot, lambda: getattr(app.screen, "key", "") == "target")
        assert app.session.draft.setup == before


async def test_a_click_chooses(folder: Path) -> None:
    async with wizard(folder, "hub") as (app, pilot):
        await until(pilot, lambda: isinstance(app.focused, Choices))
        await pilot.click(field(app, "hub.auth.kind").query_one(Choices), offset=(2, 2))
        await until(pilot, lambda: app.session.draft.setup.hub.auth.kind == "github")


async def test_ctrl_t_shows_all_questions(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        assert not field(app, "build.platforms").display
        await pilot.press("ctrl+t")
        await until(pilot, lambda: field(app, "build.platforms").display)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: not field(app, "build.platforms").display)


async def test_f1_explains_the_focused_field(folder: Path) -> None:
    async with wizard(folder, "hub", (100, 40)) as (app, pilot):
        await until(pilot, lambda: isinstance(app.focused, Choices))
        await pilot.press("f1")
        await on_screen(pilot, "HelpDialog")
        text = shown(app)
        assert "Everybody's editor is guarded by it." in text
        assert "OpenID Connect: Keycloak" in text
        assert "codehub init --set hub.auth.kind=shared-password" in text


async def test_a_pasted_column_becomes_a_list(folder: Path) -> None:
    async with wizard(folder, "hub") as (app, pilot):
        await focus(pilot, app, "hub.auth.users")
        app.post_message(events.Paste("alice\nbob\r\n\ncarol\n"))
        await until(pilot, lambda: app.session.draft.setup.hub.auth.users == ["alice", "bob", "carol"])


async def test_a_paste_of_ten_megabytes_freezes_nothing(folder: Path) -> None:
    async with wizard(folder, "images") as (app, pilot):
        await focus(pilot, app, "images.notebook.name")
        line = field(app, "images.notebook.name").query_one(Input)
        begun = time.perf_counter()
        app.post_message(events.Paste("x" * 10_000_000))
        await until(pilot, lambda: len(line.value) == MAX_TYPED)
        await pilot.press("end", "backspace")
        await until(pilot, lambda: len(line.value) == MAX_TYPED - 1)
        assert time.perf_counter() - begun < 5
        assert len(app.session.draft.typed["images.notebook.name"]) == MAX_TYPED - 1


async def test_the_client_secret_is_asked_unseen_and_never_drafted(folder: Path) -> None:
    async with wizard(folder, "hub") as (app, pilot):
        field(app, "hub.auth.kind").query_one(Choices).chosen = "github"
        secret = app.screen.query_one(SecretField)
        await until(pilot, lambda: secret.display)
        assert "Is needed" in str(secret.query_one(".hint", Static).content)
        secret.query_one(Input).focus()
        await type_text(pilot, "hunter2hunter2")
        await until(pilot, lambda: app.session.client_secret == "hunter2hunter2")
        assert "hunter2" not in shown(app)
        await until(pilot, (folder / ".codehub" / "draft.yaml").exists)
        await pilot.pause(1.0)
    kept = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert kept
    assert not any("hunter2" in text for text in kept)


async def test_a_version_is_searched_and_chosen_from_the_table(folder: Path) -> None:
    async with wizard(folder, "code-server", (100, 40)) as (app, pilot):
        table = app.screen.query_one(VersionTable)
        await until(pilot, lambda: table.row_count > 20)
        await until(pilot, lambda: "bundled with codehub" in shown(app))
        newest = app.session.draft.setup.code_server.version
        await until(pilot, lambda: f"{newest}" in shown(app))
        app.screen.query_one("#search", Input).focus()
        await type_text(pilot, "4.112")
        await until(pilot, lambda: 0 < table.row_count < 5)
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is table)
        await pilot.press("space")
        await until(pilot, lambda: app.session.draft.setup.code_server.version == "v4.112.0")
        assert field(app, "code_server.version").query_one(Input).value == "v4.112.0"


async def test_pre_releases_are_shown_when_asked_for(folder: Path) -> None:
    async with wizard(folder, "code-server", (100, 40)) as (app, pilot):
        table = app.screen.query_one(VersionTable)
        await until(pilot, lambda: table.row_count > 20)
        before = table.row_count
        app.screen.query_one("#prereleases").focus()
        await pilot.press("space")
        await until(pilot, lambda: table.row_count > before)
        await until(pilot, lambda: "[x] pre-releases" in shown(app))


async def test_the_contexts_and_what_their_cluster_has_are_read_live(folder: Path, cluster: FakeCluster) -> None:
    for name in ("team-a", "team-b"):
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    async with wizard(folder, "target", (100, 50)) as (app, pilot):
        table = app.screen.query_one(ContextTable)
        await until(pilot, lambda: (found := table.about(cluster.context)) and found.reachable)
        await until(pilot, lambda: "Kubernetes v1.33.1" in shown(app))
        await until(pilot, lambda: "to pick from" in hint(app, "target.namespace"))
        table.focus()
        await pilot.press("space")
        await until(pilot, lambda: app.session.draft.setup.target.context == cluster.context)
        await until(pilot, lambda: "to pick from" in hint(app, "target.namespace"))
        await focus(pilot, app, "target.namespace")
        await pilot.press("down")
        await on_screen(pilot, "Picker")
        await type_text(pilot, "team-b")
        await pilot.press("enter")
        await until(pilot, lambda: app.session.draft.setup.target.namespace == "team-b")


async def test_a_cluster_that_hangs_freezes_nothing(folder: Path, clean_home: Path) -> None:
    import socket

    with socket.socket() as silent:  # accepts connections and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        _kubeconfig(clean_home, f"https://127.0.0.1:{silent.getsockname()[1]}")
        async with wizard(folder, "target", (100, 40)) as (app, pilot):
            await until(pilot, lambda: "silent" in shown(app))
            await focus(pilot, app, "target.namespace")
            for letter in "abc":
                begun = time.perf_counter()
                await pilot.press(letter)
                assert time.perf_counter() - begun < 2
            assert app.session.draft.setup.target.namespace == "codehubabc"
            begun = time.perf_counter()
            app.exit(0)
            await until(pilot, lambda: not app.is_running)
        assert time.perf_counter() - begun < 5


def _kubeconfig(home: Path, server: str) -> None:
    path = home / ".kube" / "config"
    path.parent.mkdir()
    path.write_text(
        f"""\
apiVersion: v1
kind: Config
current-context: silent
clusters: [{{name: silent, cluster: {{server: "{server}"}}}}]
contexts: [{{name: silent, context: {{cluster: silent, user: me}}}}]
users: [{{name: me, user: {{token: x}}}}]
"""
    )


async def test_no_kubeconfig_is_said_and_a_context_can_still_be_typed(folder: Path) -> None:
    async with wizard(folder, "target", (100, 40)) as (app, pilot):
        await until(pilot, lambda: "There is no kubeconfig." in shown(app))
        await focus(pilot, app, "target.context")
        await type_text(pilot, "prod")
        await until(pilot, lambda: app.session.draft.setup.target.context == "prod")


async def test_storage_classes_are_picked_on_the_hub_screen(folder: Path, cluster: FakeCluster) -> None:
    async with wizard(folder, "target", (100, 50)) as (app, pilot):
        await until(pilot, lambda: app.session.clusters)
        (details,) = app.session.clusters.values()
        assert details.storage_classes
        app.go_to("hub")
        await until(pilot, partial(_at_with_fields, app, "hub"))
        await until(pilot, lambda: "to pick from" in hint(app, "hub.storage.storage_class"))
