"""The line at the top of every screen: where one is, and in which folder."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static


class TopLine(Horizontal):
    """`codehub  3 of 7 · Images`, and the folder on the right."""

    DEFAULT_CSS = """
    TopLine {
        dock: top; height: 1; background: $panel; color: $text; padding: 0 1;
        & > .where { width: auto; }
        & > .folder { width: 1fr; text-align: right; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    def __init__(self, where: str = "", folder: str = "") -> None:
        super().__init__()
        self._where = where
        self._folder = folder

    def compose(self) -> ComposeResult:
        yield Static(self._title(), classes="where")
        yield Static(f"  {self._folder}", classes="folder", markup=False)

    @property
    def where(self) -> str:
        """The place that is shown."""
        return self._where

    def tell(self, where: str, folder: str) -> None:
        """Show another place and folder."""
        self._where, self._folder = where, folder
        for line in self.query(Static):  # none yet while the screen is being made
            line.update(self._title() if line.has_class("where") else Content(f"  {folder}"))

    def _title(self) -> Content:
        return Content.assemble(("codehub", "bold $text-primary"), f"  {self._where}" if self._where else "")
