"""The steps of the wizard in their order, and which of them apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.screens.base import StepScreen
    from wizard.setup.model import Setup


@dataclass(frozen=True)
class WizardStep:
    """One step: `sections` are the beginnings of the dotted fields that are asked on its screen.

    place: module and class of the screen, empty for the run, which begins from the review.
    """

    key: str
    title: str
    place: str
    sections: tuple[str, ...] = ()
    applies: Callable[[Setup], bool] = lambda _setup: True

    def make(self) -> StepScreen:
        """A new screen of this step; its module is imported now."""
        module, _, name = self.place.partition(":")
        screen: StepScreen = getattr(import_module(f"wizard.screens.{module}"), name)()
        return screen


STEPS = (
    WizardStep("checks", "Checks", "checks:ChecksScreen"),
    WizardStep("code-server", "code-server", "code_server:CodeServerScreen", ("code_server.",)),
    WizardStep("images", "Images", "images:ImagesScreen", ("images.", "build."), lambda setup: setup.builds_images),
    WizardStep("target", "Target", "target:TargetScreen", ("target.",)),
    WizardStep("hub", "Hub", "hub:HubScreen", ("hub.",)),
    WizardStep("review", "Review", "review:ReviewScreen"),
    WizardStep("run", "Run", ""),
)


def steps_for(setup: Setup) -> tuple[WizardStep, ...]:
    """The steps that apply to the answers so far."""
    return tuple(step for step in STEPS if step.applies(setup))


def step_of_field(path: str) -> WizardStep | None:
    """The step on whose screen a field is asked; None for what no screen asks."""
    return next((step for step in STEPS if any(path.startswith(section) for section in step.sections)), None)
