"""The pane of one branch of a run: a heading, its steps and their work, and what they say."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, ProgressBar, Static

from wizard.run.events import Outcome
from wizard.run.progress import BranchProgress, RunProgress
from wizard.widgets.log_pane import LogPane
from wizard.widgets.run_rows import RunRows, heading, step_rows, task_rows
from wizard.widgets.task_list import TaskList

COPIED = 50_000
"""Characters that a copy holds at the most: terminals drop a longer one without a word."""


class SearchLine(Input):
    """What is searched for in the log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False, id="search.close"),
        Binding("up", "find(-1)", "Earlier", show=False, id="search.up"),
        Binding("down", "find(1)", "Later", show=False, id="search.down"),
    ]

    class Closed(Message):
        """The search is over."""

    class Find(Message):
        """The next place is wanted, 1 for later and -1 for earlier."""

        def __init__(self, direction: int) -> None:
            super().__init__()
            self.direction = direction

    def action_close(self) -> None:
        """End the search."""
        self.post_message(self.Closed())

    def action_find(self, direction: int) -> None:
        """Go to another place."""
        self.post_message(self.Find(direction))


class BranchPane(Vertical, can_focus=True):
    """Shows a branch; it opens when its branch begins, closes when that succeeds, and stays open on failure."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move('up')", "Up", show=False, id="pane.up"),
        Binding("down", "move('down')", "Down", show=False, id="pane.down"),
        Binding("pageup", "move('page_up')", "Page up", show=False, id="pane.page-up"),
        Binding("pagedown", "move('page_down')", "Page down", show=False, id="pane.page-down"),
        Binding("home", "move('home')", "Begin", show=False, id="pane.home"),
        Binding("end", "move('end')", "End", show=False, id="pane.end"),
        Binding("left", "move('left')", "Left", show=False, id="pane.left"),
        Binding("right", "move('right')", "Right", show=False, id="pane.right"),
        Binding("enter,space", "open_or_close", "Open or close", show=False, id="pane.toggle"),
    ]

    class Toggled(Message):
        """A person opened or closed a pane."""

    def __init__(self, branch: BranchProgress, run: RunProgress) -> None:
        super().__init__(id=f"pane-{branch.key}")
        self.branch = branch
        self.run = run
        self._by_hand: bool | None = None
        self._written = 0

    def compose(self) -> ComposeResult:
        with Horizontal(classes="heading"):
            yield RunRows(classes="title")
            yield ProgressBar(100, show_eta=False, show_percentage=False)
        yield RunRows(classes="steps")
        yield TaskList()
        yield LogPane()
        yield SearchLine(placeholder="search: Enter or ↓ later, ↑ earlier, Esc ends", compact=True)
        yield Static("", classes="state", markup=False)

    @property
    def log_pane(self) -> LogPane:
        """Its log."""
        return self.query_one(LogPane)

    @property
    def opened(self) -> bool:
        """Whether more than the heading is shown."""
        if self._by_hand is not None:
            return self._by_hand
        branch = self.branch
        stopped = branch.outcome is Outcome.CANCELLED and any(
            step.outcome is Outcome.CANCELLED and step.began is not None for step in branch.steps
        )
        return branch.running or branch.outcome is Outcome.FAILED or stopped

    @property
    def lists_tasks(self) -> bool:
        """Whether the list of all tasks is shown in place of the log."""
        return self.has_class("-tasks")

    def show_run(self, now: float, *, whole: bool) -> None:
        """Bring the pane up to date; `whole`: it is the only one in sight, so it is open whatever its branch does."""
        is_open = self.opened or whole
        self.set_class(is_open, "-open")
        failed = self.branch.outcome is Outcome.FAILED
        self.set_class(failed, "-failed")
        if not self.display:
            return
        self.query_one(".title", RunRows).tell([heading(self.branch, self.run, now)])
        bar = self.query_one(ProgressBar)
        bar.update(progress=round(100 * self.branch.fraction))
        bar.display = self.branch.running
        if is_open:
            self.query_one(".steps", RunRows).tell(step_rows(self.branch, self.run, now))
            if self.lists_tasks:
                self.query_one(TaskList).tell(task_rows(self.branch, self.run, now))
            self.show_log()

    def show_log(self) -> None:
        """Add what the branch said since the last time, where the pane is open and in sight."""
        if not self.display or not self.has_class("-open"):
            return
        fresh = self.branch.since(self._written)
        self._written = self.branch.written
        if fresh:
            self.log_pane.add(fresh)

    def show_state(self) -> None:
        """Say at the bottom when the end is not followed."""
        state = self.query_one(".state", Static)
        paused = not self.log_pane.following and not self.lists_tasks
        state.display = paused
        state.update("paused: F follows the end again" if paused else "")

    def action_open_or_close(self) -> None:
        """Open or close the pane."""
        self._by_hand = not self.opened
        self.post_message(self.Toggled())

    def action_move(self, where: str) -> None:
        """Scroll the log, or the tasks where they are shown."""
        target = self.query_one(TaskList) if self.lists_tasks else self.log_pane
        if where in {"up", "page_up", "home"}:
            target.following = False
        getattr(target, f"scroll_{where}")(animate=False)
        if where == "end":
            target.follow(on=True)
        self.show_state()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Reading back by the wheel pauses the log."""
        del event
        target = self.query_one(TaskList) if self.lists_tasks else self.log_pane
        target.following = False
        self.show_state()

    def toggle_follow(self) -> bool:
        """Follow the log's end, or stay where it is; returns whether it follows now."""
        self.log_pane.follow(on=not self.log_pane.following)
        self.show_state()
        return self.log_pane.following

    def toggle_tasks(self) -> None:
        """Show all tasks in place of the log, or the log again."""
        self.toggle_class("-tasks")
        self.show_state()

    def open_search(self) -> None:
        """Let a person type what to search for."""
        self._by_hand = True
        self.remove_class("-tasks")
        self.add_class("-open", "-searching")
        self.query_one(SearchLine).focus()

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        found = self.log_pane.search(event.value)
        if not event.value:
            self.show_state()
            return
        self._say_found(found, found)

    @on(Input.Submitted)
    def _search_on(self, event: Input.Submitted) -> None:
        event.stop()
        self._say_found(*self.log_pane.next_found(1))

    @on(SearchLine.Find)
    def _find(self, event: SearchLine.Find) -> None:
        event.stop()
        self._say_found(*self.log_pane.next_found(event.direction))

    @on(SearchLine.Closed)
    def _search_over(self, event: SearchLine.Closed) -> None:
        event.stop()
        self.log_pane.search("")
        self.remove_class("-searching")
        self.query_one(SearchLine).value = ""
        self.focus()
        self.show_state()

    def _say_found(self, number: int, count: int) -> None:
        state = self.query_one(".state", Static)
        state.display = True
        state.update(f"{number} of {count} lines found" if count else "not found")

    def text_to_copy(self) -> tuple[str, bool]:
        """The log as far as it is kept and fits into a copy, the end of it, and whether that is all."""
        room = COPIED
        lines: list[str] = []
        for line in reversed(self.branch.lines):
            room -= len(line) + 1
            if room < 0:
                return "\n".join(reversed(lines)), False
            lines.append(line)
        return "\n".join(reversed(lines)), True

    @property
    def log_file(self) -> str:
        """The file of the step that failed, is at work, or was the last one; empty where none began."""
        begun = [step for step in self.branch.steps if step.log]
        chosen = [step for step in begun if step.outcome is Outcome.FAILED] or [step for step in begun if step.running]
        return (chosen or begun)[-1].log if begun else ""
