"""What the tests that take pictures share: the looks, the sizes, and where a picture is kept.

A picture is compared with the one in `__snapshots__`; `--snapshot-update` accepts new ones: look at them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex
from textual.filter import Monochrome
from textual.pilot import Pilot

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
LOOKS = ("dark", "no-color", "light")

Walk = Callable[[Pilot[int]], Awaitable[object]]
Take = Callable[..., Awaitable[None]]

in_every_size = pytest.mark.parametrize("size", SIZES)


def named(walk: Callable[..., object]) -> str:
    """A walk's name in the name of its pictures."""
    return walk.__name__.replace("_", "-")


class Picture(SVGImageExtension):  # type: ignore[misc]
    """A file for each picture, in whose name the look stands beside the test's parameters."""

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        name = str(super().get_snapshot_name(test_location=test_location))
        return f"{name.removesuffix(']')}-{index}]" if isinstance(index, str) else name


async def put_on(pilot: Pilot[int], look: str) -> None:
    """Let the running wizard look as if it had been started so, which saves starting it for each look."""
    app = pilot.app
    theme = "codehub-light" if look == "light" else "codehub-dark"
    if (app.theme, app.no_color) == (theme, look == "no-color"):
        return
    app.no_color = look == "no-color"  # what Textual does at its start where NO_COLOR is set
    app._filters = [one for one in app._filters if not isinstance(one, Monochrome)]
    if app.no_color:
        app._filters.append(Monochrome())
    if app.theme == theme:
        app.refresh_css(animate=False)
    app.theme = theme  # which refreshes, where it changes
    await pilot.pause()
    await pilot.wait_for_scheduled_animations()
