"""The list of everything that a branch does, as long as it may be; only the rows in sight are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from wizard.widgets.run_rows import Row


class TaskList(ScrollView, can_focus=False):
    """Rows that scroll; `following`: it stays at the end."""

    DEFAULT_CSS = """
    TaskList {
        height: 1fr; width: 1fr; overflow-x: hidden; text-wrap: nowrap; text-overflow: clip;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()
        self.following = True

    def follow(self, *, on: bool) -> None:
        """Stay at the end, or where one reads."""
        self.following = on
        if on:
            self.scroll_end(animate=False, immediate=True, x_axis=False)

    def on_resize(self) -> None:
        """Come into view at the end."""
        self.follow(on=self.following)

    def tell(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        fresh = tuple(rows)
        if fresh == self._rows:
            return
        self._rows = fresh
        self.virtual_size = Size(self.size.width, len(fresh))
        self.follow(on=self.following)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row, at the width of the widget."""
        place = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if place >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        strips = Visual.to_strips(self, self._rows[place].content(width), width, 1, self.visual_style)
        return strips[0] if strips else Strip.blank(width, self.rich_style)
