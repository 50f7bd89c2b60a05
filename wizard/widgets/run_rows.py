"""What a pane says of its steps, as rows of two sides: what, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wizard.reporting import TaskState
from wizard.run.events import Outcome
from wizard.run.progress import BranchProgress, RunProgress, StepProgress, TaskProgress, is_housekeeping
from wizard.wording import amount, counted, duration

TASKS_SHOWN = 4
"""Tasks at work that are listed below their step; the list of all tasks has the others."""

MARKS: dict[Outcome | None, tuple[str, str]] = {
    Outcome.DONE: ("✔", "$text-success"),
    Outcome.SKIPPED: ("»", "$text-muted"),
    Outcome.FAILED: ("✖", "bold $text-error"),
    Outcome.CANCELLED: ("■", "$text-warning"),
    None: ("·", "$text-muted"),
}
RUNNING = ("▶", "bold $text-primary")
_TASK_MARKS = {
    TaskState.DONE: ("✔", "$text-success"),
    TaskState.CACHED: ("✔", "$text-muted"),
    TaskState.FAILED: ("✖", "bold $text-error"),
    TaskState.CANCELLED: ("■", "$text-warning"),
    TaskState.RUNNING: RUNNING,
}


@dataclass(frozen=True)
class Row:
    """One line: a mark, what it is about, and what is known of it, which stands at the right."""

    mark: str
    text: str
    facts: str = ""
    mark_style: str = ""
    style: str = ""
    indent: int = 0

    def content(self, width: int) -> Content:
        """The line at a width: the facts stay whole, the text is cut where it is too long."""
        facts = Content(f"  {self.facts}" if self.facts else "").stylize("$text-muted")
        room = max(0, width - self.indent - 2 - facts.cell_length)
        text = Content(self.text).truncate(room, ellipsis=True)
        return Content.assemble(
            " " * self.indent,
            (f"{self.mark} ", self.mark_style),
            text.pad_right(room - text.cell_length).stylize(self.style),
            facts,
        )


def step_rows(branch: BranchProgress, run: RunProgress, now: float) -> list[Row]:
    """The steps of a branch in few rows: below the one at work what it does, below one that failed why."""
    rows: list[Row] = []
    for step in branch.steps:
        rows.append(_step_row(step, run, now))
        if step.running:
            rows += _working_rows(step, now)
        if step.outcome is Outcome.FAILED:
            rows += [_task_row(task, now) for task in step.tasks.values() if task.latest.state is TaskState.FAILED]
    return rows


def task_rows(branch: BranchProgress, run: RunProgress, now: float) -> list[Row]:
    """Every step with every piece of its work, in the order in which they began."""
    rows: list[Row] = []
    for step in branch.steps:
        rows.append(_step_row(step, run, now))
        rows += [_task_row(task, now) for task in step.tasks.values()]
    return rows


def heading(branch: BranchProgress, run: RunProgress, now: float) -> Row:
    """The one line of a branch."""
    mark, style = RUNNING if branch.running else MARKS[branch.outcome]
    facts = []
    if branch.running or branch.outcome in {Outcome.DONE, Outcome.FAILED, Outcome.CANCELLED}:
        taken = branch.seconds(now)
        facts = [duration(taken)] if taken else []
    if branch.outcome is Outcome.SKIPPED:
        facts = ["nothing to do"]
    elif branch.outcome is Outcome.FAILED:
        facts.insert(0, "failed")
    elif branch.outcome is Outcome.CANCELLED:
        facts.insert(0, "stopped" if branch.begun else "not started")
    elif branch.outcome is None and not branch.running:
        waiting = next(step for step in branch.steps if step.outcome is None)
        facts = [_waits_for(waiting, run)]
    return Row(mark, branch.title, ", ".join(facts), style, "bold")


def _step_row(step: StepProgress, run: RunProgress, now: float) -> Row:
    title = step.summary.title + (f" (attempt {step.attempt})" if step.attempt > 1 else "")
    if step.running:
        facts = [_how_far(step), duration(step.seconds(now))]
        return Row(RUNNING[0], title, ", ".join(filter(None, facts)), RUNNING[1], "bold")
    mark, style = MARKS[step.outcome]
    facts_of = {
        Outcome.DONE: duration(step.seconds(now)),
        Outcome.FAILED: f"failed after {duration(step.seconds(now))}",
        Outcome.SKIPPED: "skipped",
        Outcome.CANCELLED: "stopped" if step.began is not None else "not started",
        None: _waits_for(step, run),
    }
    why = f": {step.summary.why}" if step.outcome is Outcome.SKIPPED and step.summary.why else ""
    return Row(mark, title + why, facts_of[step.outcome], style, "" if step.outcome else "$text-muted")


def _working_rows(step: StepProgress, now: float) -> list[Row]:
    working = step.working()
    shown = [task for task in working if not is_housekeeping(task.latest.name)][-TASKS_SHOWN:]
    rows = [_task_row(task, now) for task in shown]
    counts = step.counts()
    more = len(working) - len(shown)
    done = counts[TaskState.DONE] + counts[TaskState.CACHED]
    summary = [
        f"{done} done" if done else "",
        f"{counts[TaskState.CACHED]} of them cached" if counts[TaskState.CACHED] else "",
        f"{counts[TaskState.FAILED]} failed" if counts[TaskState.FAILED] else "",
        f"{more} more at work" if more else "",
    ]
    if said := ", ".join(filter(None, summary)):
        rows.append(Row(" ", said, "", "", "$text-muted", indent=2))
    return rows


def _task_row(task: TaskProgress, now: float) -> Row:
    latest = task.latest
    mark, style = _TASK_MARKS[latest.state]
    facts = [amount(latest.current, latest.total, latest.unit)] if task.running else []
    seconds = task.seconds(now)
    if latest.state is TaskState.CACHED:
        facts.append("cached")
    elif latest.state is not TaskState.DONE or seconds >= 0.1:
        facts.append(duration(seconds))
    text = latest.name
    if latest.detail and latest.state in {TaskState.RUNNING, TaskState.FAILED}:
        text += f": {latest.detail}"
    return Row(mark, text, ", ".join(filter(None, facts)), style, "" if task.running else "$text-muted", indent=2)


def _how_far(step: StepProgress) -> str:
    progress = step.progress
    return amount(progress.current, progress.total, progress.unit) if progress else ""


def _waits_for(step: StepProgress, run: RunProgress) -> str:
    if step.summary.decision == "skip":
        return "nothing to do"
    open_needs = [run.steps[need] for need in step.summary.needs if need in run.steps and not run.steps[need].outcome]
    if not open_needs:
        return "waiting"
    more = f" and {counted(len(open_needs) - 1, 'more step')}" if len(open_needs) > 1 else ""
    return f"waits for “{open_needs[0].summary.title}”{more}"


class RunRows(Widget):
    """Shows rows, as many lines as there are."""

    DEFAULT_CSS = """
    RunRows { height: auto; width: 1fr; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._rows: tuple[Row, ...] = ()

    def tell(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        fresh = tuple(rows)
        if fresh != self._rows:
            more_or_less = len(fresh) != len(self._rows)
            self._rows = fresh
            self.refresh(layout=more_or_less)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - textual's
        """A line for each row."""
        return len(self._rows)

    def render(self) -> Content:
        """The rows at the widget's width."""
        return Content("\n").join(row.content(self.content_size.width) for row in self._rows)
