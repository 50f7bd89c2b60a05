"""What the run screen says of the whole run, and of its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.errors import CodehubError, ExitCode
from wizard.run.events import Outcome, StepFinished
from wizard.run.progress import RunProgress
from wizard.widgets.run_rows import MARKS, RUNNING, Row
from wizard.wording import counted, duration

TAIL_SHOWN = 8
"""Last lines of a failed step that the end shows; its pane has more."""

_HELP = (
    "Each branch of the run has a pane: it opens when its work begins, closes when that is done, and stays open when "
    "it fails. In a small terminal one pane is shown at a time."
)
HELP = (
    ("", _HELP),
    ("Tab, 1 to 9", "go from pane to pane; Enter opens or closes one"),
    ("Z", "the pane alone, or all of them"),
    ("arrows, Page up, Page down, Home, End", "read the log; that pauses it, F follows its end again"),
    ("/", "search the log: Enter goes on, ↑ back, Esc ends"),
    ("T", "every piece of work with its time, in place of the log"),
    ("Y", "copy the log of the pane, as far as a terminal takes it"),
    ("L", "the step's whole log file in your pager"),
    ("X, Ctrl+C", "stop the run, after a question"),
)

REPAIR = "repair"
"""The choice that frees a locked release."""

_BACK = ("back", "Back to the answers")
_QUIT = ("quit", "Quit")


@dataclass(frozen=True)
class Ending:
    """How a run ended: well, or with texts (label, text) and choices (key, label) for what to do."""

    well: bool
    title: str
    texts: Sequence[tuple[str, str]] = ()
    choices: Sequence[tuple[str, str]] = ()
    bad: bool = False
    branch: str = ""
    exit_code: int = ExitCode.DONE


def overall(run: RunProgress, now: float, *, stopping: bool) -> Row:
    """The line of the whole run."""
    facts = duration(run.seconds(now))
    if run.finished is not None:
        mark, style = MARKS[run.finished.outcome]
        words = {Outcome.DONE: "Done", Outcome.SKIPPED: "Nothing to do", Outcome.FAILED: "Failed"}
        return Row(mark, words.get(run.finished.outcome, "Stopped"), facts, style, "bold")
    if stopping:
        return Row("■", "Stopping what runs …", facts, "$text-warning", "bold")
    if not run.steps:
        return Row(RUNNING[0], "Starting …", "", RUNNING[1], "bold")
    text = f"{run.done} of {counted(len(run.to_run), 'step')} done"
    if run.failures:
        return Row("✖", f"{text}, {len(run.failures)} failed; what runs comes to its end", facts, "$text-error", "bold")
    return Row(RUNNING[0], text, facts, RUNNING[1], "bold")


def ending(run: RunProgress, error: CodehubError | None, *, locked: bool = False) -> Ending:
    """How a run ended; `error` when it could not begin or go on, `locked` when a locked release is the cause."""
    if error is not None:
        texts = (("why", error.why), ("do", error.fix), ("log", str(error.log or "")))
        first = (REPAIR, "Free the release and run") if locked else ("again", "Try again")
        choices = (first, _BACK, _QUIT)
        return Ending(False, error.what, texts, choices, bad=True, exit_code=error.exit_code)
    finished = run.finished
    if finished is None or finished.outcome in {Outcome.DONE, Outcome.SKIPPED}:
        return Ending(True, finished.summary if finished else "")
    if run.failures and finished.outcome is Outcome.FAILED:
        return _failed(run, run.failures, finished.exit_code)
    choices = (("again", "Go on with the run"), _BACK, _QUIT)
    return Ending(False, finished.summary, (), choices, exit_code=finished.exit_code)


def _failed(run: RunProgress, failures: Sequence[StepFinished], exit_code: int) -> Ending:
    first = failures[0]
    title = run.steps[first.step].summary.title
    others = [run.steps[end.step].summary.title for end in failures[1:]]
    tail = "\n".join(first.untold_tail[-TAIL_SHOWN:])
    texts = (
        ("why", first.why),
        ("do", first.fix),
        ("log", first.log),
        ("failed too", ", ".join(others)),
        ("last lines", f"\n{tail}" if tail else ""),
    )
    choices = ((f"retry-{first.step}", f"Retry from “{title}”"), _BACK, _QUIT)
    return Ending(
        False,
        f"✖ {first.what or title}",
        texts,
        choices,
        bad=True,
        branch=run.steps[first.step].summary.branch,
        exit_code=exit_code,
    )
