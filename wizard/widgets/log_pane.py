"""The output of one branch: follows its end or stays where one reads, and can be searched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.strip import Strip
from textual.widgets import Log

from wizard.run.progress import LOG_LINES


def _width(line: str) -> int:
    """Columns of a line without control characters."""
    return len(line) if line.isascii() else cell_len(line)


class LogPane(Log, can_focus=False):
    """Lines without control characters; those that hold what is searched for are marked.

    At most LOG_LINES lines are kept. `following`: new lines scroll into view.
    """

    COMPONENT_CLASSES = {"log-pane--found"}  # noqa: RUF012 - textual's
    DEFAULT_CSS = """
    LogPane {
        height: 1fr; width: 1fr; background: $surface; color: $text;
        scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1; padding: 0 1;
        & > .log-pane--found { background: $warning 40%; text-style: bold underline; }
    }
    """

    def __init__(self) -> None:
        super().__init__(max_lines=LOG_LINES, auto_scroll=False)
        self.following = True
        self._wanted: re.Pattern[str] | None = None
        self._at = 0

    def add(self, lines: Iterable[str]) -> None:
        """Add lines at the end; where one reads stays in view unless the end is followed."""
        added = list(lines)[-LOG_LINES:]
        kept = self._lines
        dropped = max(0, len(kept) + len(added) - LOG_LINES)
        # What write_lines does, at a tenth of its time: it goes into each line thrice and measures them in a thread,
        # which under a flood of output holds up the keys.
        kept.extend(added)
        del kept[:dropped]
        self._width = max(self._width, max(map(_width, added), default=0))
        size = Size(self._width, len(kept))
        if size != self.virtual_size:
            # Set as usual it would have the whole screen laid out anew, though only scroll bars depend on it.
            self.set_reactive(LogPane.virtual_size, size)
            self._scroll_update(size)
        self._render_line_cache.clear()
        self.refresh()
        self._at = max(0, self._at - dropped)
        if self.following:
            self.scroll_end(animate=False, immediate=True, x_axis=False)
        elif dropped:
            self.scroll_to(y=max(0, self.scroll_offset.y - dropped), animate=False, immediate=True)

    def on_resize(self) -> None:
        """With less room the end would fall out of sight."""
        if self.following:
            self.scroll_end(animate=False, immediate=True, x_axis=False)

    def follow(self, *, on: bool) -> None:
        """Begin or stop to follow the end."""
        self.following = on
        if on:
            self.scroll_end(animate=False, immediate=True, x_axis=False)

    def search(self, text: str) -> int:
        """Mark what holds the text, upper and lower case alike, and show the last of it; returns how many lines do."""
        self._wanted = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self._render_line_cache.clear()
        self.refresh()
        found = self._found()
        if found:
            self._show(found[-1])
        return len(found)

    def next_found(self, direction: int) -> tuple[int, int]:
        """Show the next line that holds the text (or the one before, for -1): its number among how many."""
        found = self._found()
        if not found:
            return 0, 0
        beyond = [y for y in found if (y > self._at if direction > 0 else y < self._at)]
        target = (beyond[0] if direction > 0 else beyond[-1]) if beyond else found[0 if direction > 0 else -1]
        self._show(target)
        return found.index(target) + 1, len(found)

    def _found(self) -> Sequence[int]:
        if self._wanted is None:
            return []
        return [y for y, line in enumerate(self.lines) if self._wanted.search(line)]

    def _show(self, y: int) -> None:
        self.following, self._at = False, y
        match = self._wanted.search(self.lines[y]) if self._wanted else None
        x = match.start() - 10 if match and match.end() > self.size.width - 4 else 0
        self.scroll_to(x=x, y=max(0, y - self.size.height // 2), animate=False, immediate=True)

    def _render_line_strip(self, y: int, rich_style: Style) -> Strip:
        line = self._process_line(self.lines[y])
        if self._wanted is None or not self._wanted.search(line):
            return super()._render_line_strip(y, rich_style)
        text = Text(line, no_wrap=True, style=rich_style)
        style = self.get_component_rich_style("log-pane--found")
        for match in self._wanted.finditer(line):
            text.stylize(style, *match.span())
        return Strip(text.render(self.app.console), text.cell_len)
