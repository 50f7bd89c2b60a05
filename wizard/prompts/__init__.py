"""The wizard without a screen: the same questions one after the other, for any terminal and for screen readers."""

from __future__ import annotations

from pathlib import Path


def run_prompts(folder: Path) -> int:
    """Ask for the answers of a folder, review them, save them and run them if asked to; returns the exit code.

    Everything answered is kept as a draft in the folder, whatever ends it. Raises UsageError where there is nobody to
    ask, or where what the folder has cannot be used.
    """
    from wizard.prompts.sitting import sit

    return sit(folder)


__all__ = ["run_prompts"]
