"""One known thing that can be copied: an address, a password, a command."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

MASK = "••••••••••••"
"""Stands for a secret, whatever its length."""


class FactLine(Static, can_focus=True):
    """A label and a value; a secret is masked until it is revealed. C, Enter or a click copies the value."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Previous", show=False, id="fact.up"),
        Binding("down", "app.focus_next", "Next", show=False, id="fact.down"),
        Binding("c,enter", "copy", "Copy", id="fact.copy"),
    ]
    DEFAULT_CSS = """
    FactLine { height: auto; width: 1fr; padding: 0 1; }
    FactLine:focus { background: $primary 25%; text-style: bold; }
    """

    class Copied(Message):
        """The value is wanted on the clipboard."""

        def __init__(self, label: str, value: str) -> None:
            super().__init__()
            self.label = label
            self.value = value

    def __init__(self, label: str, value: str, *, secret: bool = False) -> None:
        super().__init__(markup=False)
        self.label = label
        self.secret = secret
        self.revealed = False
        self.value = value
        self._draw()

    def reveal(self, *, on: bool) -> None:
        """Show a secret, or mask it again."""
        self.revealed = on
        self._draw()

    def action_copy(self) -> None:
        """Have the value copied, masked or not."""
        self.post_message(self.Copied(self.label, self.value))

    def on_click(self) -> None:
        """A click copies."""
        self.action_copy()

    def _draw(self) -> None:
        shown = MASK if self.secret and not self.revealed else self.value
        label = f"{self.label}  " if self.label else ""
        self.update(Content.assemble((label, "$text-muted"), shown))
