"""What a plan would change in the cluster, asked in the background and shown below the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.screens.jobs import Jobs, sentence
from wizard.widgets.plan_view import PlanView

if TYPE_CHECKING:
    from wizard.targets.kubernetes_diff import Difference
    from wizard.targets.session import Preparation

JOB = "diff"
"""The name of the job that asks."""


def ask_cluster(view: PlanView, jobs: Jobs, preparation: Preparation) -> None:
    """Begin to ask, where the plan deploys to a cluster."""
    from wizard.targets.kubernetes_diff import can_differ, difference

    if not can_differ(preparation):
        return

    def show(found: Difference) -> None:
        blocks = [(f"{one.change} {one.title}", one.lines if one.change == "changed" else ()) for one in found.objects]
        view.replace_last(found.summary, blocks, found.notes)

    def give_up(error: Exception) -> None:
        view.replace_last("What would change in the cluster is not known.", (), [sentence(error)])

    view.add("asking the cluster what would change in it …", ())
    jobs.start(JOB, lambda _job: difference(preparation), show, give_up)
