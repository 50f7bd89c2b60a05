"""Asks for a folder, completing its path like a shell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Footer, Input, Static

from wizard.recent import is_setup

_MOST_SHOWN = 8


def matching_folders(typed: str) -> list[Path]:
    """The folders that what is typed can be completed to, in order; none where it cannot be looked."""
    whole = Path(typed).expanduser()
    parent, beginning = (whole, "") if typed.endswith("/") or not typed else (whole.parent, whole.name)
    try:
        with os.scandir(parent) as found:
            names = sorted(
                entry.name
                for entry in found
                if entry.name.startswith(beginning)
                and (beginning.startswith(".") or not entry.name.startswith("."))
                and entry.is_dir()
            )
    except OSError:
        return []
    return [parent / name for name in names]


class _FolderSuggester(Suggester):
    """Offers the first folder that fits, as a shell does."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        import asyncio

        if not value:
            return None
        found = await asyncio.to_thread(matching_folders, value)
        if not found:
            return None
        base = value if value.endswith("/") else value[: value.rfind("/") + 1]
        return f"{base}{found[0].name}/"


class FolderDialog(ModalScreen[Path]):
    """The result is the folder, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("tab", "complete", "Complete", id="folder.complete", priority=True),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Open a folder", classes="title", markup=False)
            yield Static("One with a setup, or where a new one is to be made.", classes="text", markup=False)
            yield Input(
                f"{self._folder.absolute()}/", suggester=_FolderSuggester(), compact=True, select_on_focus=False
            )
            yield Static("", id="matches", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the end of the path."""
        self.query_one(Input).action_end()

    @on(Input.Changed)
    def _show_matches(self, event: Input.Changed) -> None:
        self.run_worker(self._list(event.value), exclusive=True, group="matches", exit_on_error=False)

    async def _list(self, typed: str) -> None:
        import asyncio

        found = await asyncio.to_thread(matching_folders, typed)
        lines = [f"{'●' if is_setup(path) else ' '} {path.name}" for path in found[:_MOST_SHOWN]]
        if len(found) > _MOST_SHOWN:
            lines.append(f"  … and {len(found) - _MOST_SHOWN} more")
        self.query_one("#matches", Static).update("\n".join(lines) or "  No folder begins so; it would be made.")

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        self.dismiss(Path(event.value.strip() or ".").expanduser())

    def action_complete(self) -> None:
        """Take what is offered."""
        self.query_one(Input).action_cursor_right()

    def action_cancel(self) -> None:
        """Open nothing."""
        self.dismiss(None)
