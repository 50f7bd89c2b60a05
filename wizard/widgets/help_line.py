"""The two lines at the bottom that explain where the focus is."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class HelpLine(Static):
    """What the focused field is for; F1 says more."""

    DEFAULT_CSS = """
    HelpLine { height: 2; padding: 0 1; background: $surface; color: $text; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def explain(self, title: str, text: str) -> None:
        """Show a help text with its title."""
        self.update(Content.assemble((title, "bold"), ": " if title and text else "", text))
