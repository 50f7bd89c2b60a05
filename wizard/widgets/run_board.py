"""The panes of a run: below each other where there is room, else one at a time under tabs."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Tab, Tabs

from wizard.run.events import Outcome
from wizard.run.progress import BranchProgress, RunProgress
from wizard.widgets.branch_pane import BranchPane
from wizard.widgets.run_rows import MARKS, RUNNING

STACK_WIDTH, STACK_HEIGHT = 100, 30
"""Columns and rows of the board from which on all panes are shown; a zoomed one is alone wherever."""


class BranchTabs(Tabs, can_focus=False):
    """The branches in one line; the number keys and the mouse choose."""


class RunBoard(Vertical):
    """Shows a run's branches; `current` is the pane that keys are about."""

    def __init__(self) -> None:
        super().__init__(id="board")
        self._run: RunProgress | None = None
        self._current = ""
        self._zoomed = False
        self._chosen = False

    def compose(self) -> ComposeResult:
        yield BranchTabs()
        yield Vertical(id="panes")

    @property
    def panes(self) -> list[BranchPane]:
        """In the order of the plan."""
        return list(self.query(BranchPane))

    @property
    def current(self) -> BranchPane | None:
        """The pane with the focus, or that had it last."""
        return next((pane for pane in self.panes if pane.branch.key == self._current), None)

    @property
    def single(self) -> bool:
        """Whether one pane is shown at a time."""
        return self._zoomed or self.app.size.width < STACK_WIDTH or self.app.size.height < STACK_HEIGHT

    def shows(self, run: RunProgress) -> bool:
        """Whether it is this run that is shown."""
        return self._run is run

    async def begin(self, run: RunProgress) -> None:
        """Show another run, all of whose branches are known."""
        self._run, self._chosen, self._current = run, False, next(iter(run.branches), "")
        tabs, panes = self.query_one(BranchTabs), self.query_one("#panes")
        await panes.remove_children()
        await tabs.clear()
        await panes.mount(*(BranchPane(branch, run) for branch in run.branches.values()))
        for number, branch in enumerate(run.branches.values(), 1):
            await tabs.add_tab(Tab(_label(number, branch), id=f"tab-{branch.key}"))
        self.lay_out()
        self.panes[0].focus()

    def show_run(self, now: float) -> None:
        """Bring what is in sight up to date, at a reading of the monotonic clock."""
        if self._run is None:
            return
        self._follow_the_run()
        tabs = self.query_one(BranchTabs)
        for number, pane in enumerate(self.panes, 1):
            pane.show_run(now, whole=self.single)
            tab, label = tabs.query_one(f"#tab-{pane.branch.key}", Tab), _label(number, pane.branch)
            if tab.label != label:
                tab.label = label

    def show_logs(self) -> None:
        """Only add to the logs that are in sight."""
        for pane in self.panes:
            pane.show_log()

    def lay_out(self) -> None:
        """Show one pane or all, as there is room, or as was wished."""
        self.set_class(self.single, "-single")
        for pane in self.panes:
            is_current = pane.branch.key == self._current
            pane.set_class(is_current, "-current")
            pane.display = is_current or not self.single
        tabs = self.query_one(BranchTabs)
        if self._current and tabs.query(Tab):
            # Told of our own choice we would make it again, and two of them would take turns for ever.
            with tabs.prevent(Tabs.TabActivated):
                tabs.active = f"tab-{self._current}"

    def choose(self, key: str, *, by_hand: bool) -> None:
        """Make a pane the current one; once a person did, it only changes for a failure."""
        self._chosen = self._chosen or by_hand
        self._current = key
        self.lay_out()
        pane = self.current
        if pane is not None and not pane.has_focus_within:
            pane.focus()

    def zoom(self) -> bool:
        """Show the current pane alone, or all again; returns whether it is alone now."""
        self._zoomed = not self._zoomed
        self.lay_out()
        return self._zoomed

    def _follow_the_run(self) -> None:
        """Where one pane is shown and nobody chose: one that is at work."""
        pane = self.current
        if self._chosen or not self.single or pane is None or pane.branch.running:
            return
        busy = next((other for other in self.panes if other.branch.running), None)
        if busy is not None:
            self.choose(busy.branch.key, by_hand=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane with the focus is the current one."""
        pane = next((one for one in event.widget.ancestors_with_self if isinstance(one, BranchPane)), None)
        if pane is not None and pane.branch.key != self._current:
            self._current = pane.branch.key
            self.lay_out()

    @on(Tabs.TabActivated)
    def _tab_chosen(self, event: Tabs.TabActivated) -> None:
        event.stop()
        key = (event.tab.id or "").removeprefix("tab-")
        if key != self._current and event.tab.id == self.query_one(BranchTabs).active:
            self.choose(key, by_hand=True)


def _label(number: int, branch: BranchProgress) -> Content:
    mark, style = RUNNING if branch.running else MARKS[branch.outcome]
    percent = f" {100 * branch.fraction:.0f}%" if branch.running and branch.fraction else ""
    failed = " failed" if branch.outcome is Outcome.FAILED else ""
    name = branch.title.removesuffix(" image")
    return Content.assemble(f"{number} ", (mark, style), f" {name}{percent}{failed}")
