"""How the state of a check is marked on a screen: a sign that needs no colour, and its style."""

from __future__ import annotations

MARKS = {
    "ok": ("✓", "$text-success"),
    "warn": ("!", "$text-warning"),
    "missing": ("✖", "$text-error"),
    "unknown": ("?", "$text-accent"),
}
"""By state."""
