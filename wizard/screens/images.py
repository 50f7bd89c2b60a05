"""Names and tags of the images, the registry, and how they are built."""

from __future__ import annotations

from wizard.screens.form import FormScreen, Group
from wizard.setup.model import Setup
from wizard.setup.questions import Question

_ONLY_IF_BUILT = {"images.hub.name", "images.hub.tag"}


class ImagesScreen(FormScreen):
    """The two images."""

    key = "images"
    intro = "Two images are built: one that every user's editor runs in, and one for the hub where the chart's own "
    intro += "is not enough."
    groups = (
        Group("", ("images.registry",)),
        Group("Notebook image", ("images.notebook.",)),
        Group("Hub image", ("images.hub.",)),
        Group("Build", ("build.",)),
    )

    def asked(self, question: Question, setup: Setup) -> bool:
        """The hub image needs a name only where one is built."""
        return super().asked(question, setup) and (question.path not in _ONLY_IF_BUILT or setup.builds_hub)
