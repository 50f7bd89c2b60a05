"""A coloured diff; every line keeps its mark, so that it can be read without colours."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from wizard.wording import counted

MOST_LINES = 2_000
"""Lines of a diff that are shown."""

_STYLES = {"+": "$text-success", "-": "$text-error", "@": "$text-accent"}


class DiffView(VerticalScroll, can_focus=True):
    """Shows one diff, or a sentence where there is none."""

    DEFAULT_CSS = """
    DiffView { height: 1fr; width: 1fr; padding: 0 1; scrollbar-size-vertical: 1; background: $surface; }
    DiffView:focus { background: $panel; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(Static(markup=False), id=id)

    def show(self, title: str, text: str) -> None:
        """Show a diff under a title."""
        lines = text.splitlines()
        shown = [coloured(line) for line in lines[:MOST_LINES] if not line.startswith(("--- ", "+++ "))]
        if len(lines) > MOST_LINES:
            shown.append(Content(f"… and {counted(len(lines) - MOST_LINES, 'more line')}"))
        self._update([Content.styled(title, "bold"), *shown])

    def _update(self, lines: Iterable[Content]) -> None:
        self.query_one(Static).update(Content("\n").join(lines))
        self.scroll_home(animate=False)


def coloured(line: str) -> Content:
    """One line of a diff in its colour."""
    return Content.styled(line.replace("\t", "    "), _STYLES.get(line[:1], ""))
