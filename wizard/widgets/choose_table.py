"""A table to choose one row of: the cursor only looks, Space chooses, Enter chooses and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.coordinate import Coordinate
from textual.message import Message
from textual.widgets import DataTable

from wizard.widgets.going_on import GoOn


class ChooseTable(DataTable[Content]):
    """Rows with a key each; a dot stands before the one that is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "take", "Choose", id="table.choose"),
        Binding("enter", "take_and_go", "Choose and go on", show=False, id="table.accept"),
    ]
    DEFAULT_CSS = """
    ChooseTable { height: 10; overflow-x: hidden; margin: 0 1 0 2; background: $surface; scrollbar-size-vertical: 1; }
    """

    class Chosen(Message):
        """A row was chosen."""

        def __init__(self, table: ChooseTable, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> ChooseTable:
            return self.table

    def __init__(self, columns: Sequence[tuple[str, int]], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(cursor_type="row", id=id)
        self._columns_wanted = (("", 1), *columns)
        self._keys: list[str] = []
        self._chosen = ""

    def on_mount(self) -> None:
        """The columns, with their widths in cells."""
        for label, width in self._columns_wanted:
            self.add_column(label, width=width)

    def show_rows(self, rows: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Show other rows, each with its key; the cursor goes to the chosen one, or stays on its row."""
        before = self.key_here or self._chosen
        self._keys = [key for key, _ in rows]
        self.clear()
        self.add_rows((self._dot(key), *map(Content, cells)) for key, cells in rows)
        here = before if before in self._keys else self._chosen
        self.move_cursor(row=self._keys.index(here) if here in self._keys else 0, animate=False)

    @property
    def key_here(self) -> str:
        """The key of the cursor's row, empty where there are none."""
        return self._keys[self.cursor_row] if 0 <= self.cursor_row < len(self._keys) else ""

    def choose(self, key: str) -> None:
        """Put the dot before another row."""
        self._chosen = key
        for index, other in enumerate(self._keys):
            self.update_cell_at(Coordinate(index, 0), self._dot(other))

    def action_take(self) -> None:
        """Choose the row of the cursor."""
        if self._keys:
            self.post_message(self.Chosen(self, self.key_here))

    def action_take_and_go(self) -> None:
        """Choose the row of the cursor and go on."""
        self.action_take()
        self.post_message(GoOn())

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """A click chooses."""
        event.stop()
        self.action_take()

    def _dot(self, key: str) -> Content:
        return Content("●" if key == self._chosen else " ")
