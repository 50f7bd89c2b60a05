"""One sitting: from the first question to the review, back and forth, with every answer kept."""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from wizard.commands.common import answers_path
from wizard.errors import CodehubError, ExitCode
from wizard.prompts.answering import is_asked, keys, put, title_of
from wizard.prompts.asking import Asker, GoBack, Option, asker, say
from wizard.prompts.reviewing import Review
from wizard.run.wizard_session import WizardSession

REVIEW = "review"


def sit(folder: Path) -> int:
    """Ask, review, save and run; returns the exit code. Raises UsageError as `wizard.prompts.run_prompts` says."""
    way = asker()
    if folder.exists():
        answers_path(folder)  # something that is not a folder cannot be used
    session = WizardSession.open(folder)
    sitting = Sitting(session, way)
    try:
        with _terminal_as_it_was(), _ended_by_signals():
            return sitting.run()
    except (KeyboardInterrupt, EOFError):
        kept = sitting.keep()
        with _terminal_may_be_gone():
            click.echo()
            click.echo(f"Interrupted. {kept}".strip(), err=True)
        return ExitCode.INTERRUPTED
    except (OSError, termios.error):
        sitting.keep()
        with _terminal_may_be_gone():
            raise


class Sitting:
    """Where a person is among the questions."""

    def __init__(self, session: WizardSession, asker: Asker) -> None:
        self.session = session
        self.asker = asker
        self._warned = False
        self._straight_to_review = False

    def run(self) -> int:
        """Everything, from the greeting on."""
        self._greet()
        self._choose_draft()
        here = ""
        while True:
            if here == "":
                self._choose_how_many()
                here = self._next("")
            elif here == REVIEW:
                review = Review(self.session, self.asker)
                outcome = review.show()
                if isinstance(outcome, int):
                    return outcome
                here = self._change(outcome) if outcome else self._before(REVIEW)
            else:
                here = self._ask(here)

    def keep(self) -> str:
        """Keep what was answered; returns what to tell the person about it."""
        try:
            self.session.keep_draft()
        except CodehubError as error:
            return str(error)
        if not self.session.unsaved:
            return ""
        return f"Your answers are kept as a draft in {self.session.folder.path}; they are offered the next time."

    def _greet(self) -> None:
        session = self.session
        say(f"Answers for {session.folder.path.absolute()}", bold=True)
        known = "They begin as codehub.yaml there has them." if session.saved else "Every answer has a default."
        say(f"{known} {self.asker.keys} Nothing is built or changed before the end.")

    def _choose_draft(self) -> None:
        if not self.session.unsaved:
            return
        click.echo()
        options = (
            Option("draft", "Go on with it"),
            Option("anew", "Begin anew", "from codehub.yaml" if self.session.saved else "from the defaults"),
        )
        say("A draft of answers that were not saved is kept here.")
        if self.asker.choose("Draft", options, "draft", back=False) == "anew":
            self.session.forget_draft()
            self.session = WizardSession.open(self.session.folder.path, with_draft=False)

    def _choose_how_many(self) -> None:
        usual = sum(is_asked(key, self.session.draft.setup, advanced=False) for key in keys())
        every = sum(is_asked(key, self.session.draft.setup, advanced=True) for key in keys())
        options = (
            Option("usual", "the usual questions", f"about {usual}; the rest keeps its present answer"),
            Option("all", "all questions", f"about {every}, with mirrors, CAs, node ports and the like"),
            Option("review", "none", "only the review, where single answers can be changed"),
        )
        click.echo()
        chosen = self.asker.choose(
            "How much do you want to be asked", options, "all" if self.session.advanced else "usual", back=False
        )
        self.session.advanced = chosen == "all"
        self._straight_to_review = chosen == "review"

    def _ask(self, key: str) -> str:
        """Put one question; returns where to go on."""
        self._say_heading(key)
        try:
            put(key, self.session, self.asker)
        except GoBack:
            return self._before(key)
        self._keep_quietly()
        return self._next(key)

    def _change(self, key: str) -> str:
        """Ask one question again, and those that apply only now because of it; then the review."""
        before = set(self._asked())
        try:
            put(key, self.session, self.asker)
            self._keep_quietly()
            for other in self._asked():
                if other not in before and other != key:
                    put(other, self.session, self.asker)
                    self._keep_quietly()
        except GoBack:
            say("Back to the review.")
        return REVIEW

    def _asked(self) -> list[str]:
        setup, advanced = self.session.draft.setup, self.session.advanced
        return [key for key in keys() if is_asked(key, setup, advanced=advanced)]

    def _next(self, key: str) -> str:
        if self._straight_to_review:
            return REVIEW
        order = keys()
        after = order[order.index(key) + 1 :] if key else order
        asked = set(self._asked())
        return next((other for other in after if other in asked), REVIEW)

    def _before(self, key: str) -> str:
        """The question before; empty for the choice that comes before all questions."""
        if self._straight_to_review:
            return ""
        order = keys()
        earlier = order if key == REVIEW else order[: order.index(key)]
        asked = set(self._asked())
        return next((other for other in reversed(earlier) if other in asked), "")

    def _say_heading(self, key: str) -> None:
        titles = list(dict.fromkeys(title_of(other) for other in self._asked()))
        title = title_of(key)
        first = next(other for other in self._asked() if title_of(other) == title)
        if key == first:
            click.echo()
            say(f"{title} ({titles.index(title) + 1} of {len(titles)})", bold=True)

    def _keep_quietly(self) -> None:
        """A draft on the disk after each answer; a folder that cannot be written to is told of once."""
        try:
            self.session.keep_draft()
        except CodehubError as error:
            if not self._warned:
                self._warned = True
                say(f"Your answers cannot be kept as a draft. {error.why} {error.fix}".strip(), colour="yellow")


@contextlib.contextmanager
def _terminal_may_be_gone() -> Iterator[None]:
    """A terminal that was closed is what a closed pipe is: nobody reads any more, and nothing is to be said."""
    try:
        yield
    except (OSError, termios.error) as error:
        if error.args and error.args[0] == errno.EIO:
            raise BrokenPipeError from error
        raise


@contextlib.contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """Put the terminal back, however it ends: a signal in the wrong moment keeps prompt_toolkit from doing so."""
    try:
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (OSError, ValueError, termios.error):  # not a terminal
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A closed terminal or `kill` ends a sitting as Ctrl+C does, with the terminal in order and the draft kept."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
