"""Freeing a locked release from a screen: what that means is asked first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from textual.app import App

from wizard.errors import StepFailed
from wizard.run.events import Event, Outcome, StepFinished
from wizard.screens.dialogs import Question
from wizard.screens.jobs import Job, Jobs
from wizard.targets.repairing import free, question, repair_of
from wizard.targets.session import Preparation
from wizard.tools.helm_release import Repair


class OnEnd(Protocol):
    """Told whether the release is free now; False when the person said no."""

    def __call__(self, *, done: bool) -> None: ...


def offer_repair(
    app: App[Any],
    jobs: Jobs,
    preparation: Preparation,
    on_end: OnEnd,
    on_error: Callable[[Exception], None],
) -> None:
    """Say what would free the release, and do it if the person agrees."""
    setup = preparation.rendering.setup

    async def repair(_job: Job) -> bool:
        failures: list[StepFinished] = []

        def heed(event: Event) -> None:
            if isinstance(event, StepFinished) and event.outcome is Outcome.FAILED:
                failures.append(event)

        await free(preparation.folder, setup, heed)
        for failure in failures:
            raise StepFailed(failure.what, why=failure.why, fix=failure.fix)
        return True

    def answered(answer: str | None) -> None:
        if answer == "free":
            jobs.start("repair", repair, lambda done: on_end(done=done), on_error)
        else:
            on_end(done=False)

    def ask(found: Repair | None) -> None:
        if found is None:
            on_end(done=True)
            return
        what, why = question(setup, found)
        app.push_screen(Question(what, why, (("free", "Do it"), ("no", "Leave it"))), answered)

    jobs.start("repair", lambda _job: repair_of(setup), ask, on_error)
