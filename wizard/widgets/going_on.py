"""The message of a field whose answer is accepted."""

from __future__ import annotations

from textual.message import Message


class GoOn(Message):
    """Enter was pressed in a field: the next one is wanted."""
