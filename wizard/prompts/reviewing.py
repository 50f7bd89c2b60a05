"""The review: what the answers come to, what is wrong with them, and what to do now."""

from __future__ import annotations

from collections.abc import Iterator

import click

from wizard.commands.apply import apply_folder
from wizard.commands.common import quoted
from wizard.commands.files import show_changes, summary
from wizard.errors import CodehubError, ExitCode
from wizard.prompts.answering import in_words, is_asked, keys, label_of, title_of
from wizard.prompts.asking import Asker, GoBack, Option, say
from wizard.recent import recall, remember
from wizard.run.lock import folder_lock
from wizard.run.wizard_session import CLIENT_SECRET, WizardSession
from wizard.setup.command import init_command
from wizard.setup.model import Setup
from wizard.setup.problems import Problem
from wizard.setup.questions import get, question
from wizard.targets.session import Rendering, rendering, write


class Review:
    """Shows everything before anything happens."""

    def __init__(self, session: WizardSession, asker: Asker) -> None:
        self._session = session
        self._asker = asker
        self._problems: list[Problem] = []
        self._made: Rendering | None = None

    def show(self) -> int | str:
        """Show it and ask what to do: the exit code when the sitting is over, else the question to ask again.

        An empty text means: back to the last question.
        """
        self._look()
        while True:
            click.echo()
            try:
                chosen = self._asker.choose("What now", self._options(), "run" if self._made else "")
            except GoBack:
                return ""
            try:
                outcome = self._do(chosen)
            except GoBack:
                continue
            if outcome is not None:
                return outcome

    def _look(self) -> None:
        """Find out what the answers come to, and say it."""
        session = self._session
        click.echo()
        say("Review", bold=True)
        _say_answers(session)
        self._problems = session.problems()
        self._made = None
        if not any(problem.level == "error" for problem in self._problems):
            try:
                self._made = rendering(session.folder, setup=session.draft.setup, client_secret=session.client_secret)
            except CodehubError as error:
                say(str(error), colour="red")
        if self._made:
            self._say_files(self._made)
        for problem in self._problems:
            word, colour = ("To mend", "red") if problem.level == "error" else ("Note", "yellow")
            say(f"{word}: {_label(problem)}: {in_words(problem)}", colour=colour)
        click.echo()
        say("The same by a command, in a new folder:")
        click.echo(f"  {self._command()}")

    def _say_files(self, made: Rendering) -> None:
        say(f"Files in {self._session.folder.path.absolute()}:")
        answers = "same" if self._session.saved == self._session.draft.setup else "written"
        click.echo(f"  {answers:<8} codehub.yaml")
        for line in summary(made.changes):
            click.echo(f"  {line}")

    def _command(self) -> str:
        return init_command(self._session.folder.path, self._session.draft.setup)

    def _options(self) -> list[Option]:
        options = []
        if self._made:
            options += [
                Option("run", "Save and run", "writes the files, shows the plan and asks once more"),
                Option("save", "Save only", "writes the files; run them any day with codehub apply"),
            ]
        mendable = {problem.field: problem for problem in reversed(self._problems) if _field(problem)}
        options += [Option(field, f"Mend: {_label(problem)}") for field, problem in reversed(mendable.items())]
        options.append(Option("change", "Change an answer"))
        if self._made and any(change.diff for change in self._made.changes if change.kind in {"update", "edited"}):
            options.append(Option("diff", "Show what changes in the files"))
        options += [
            Option("leave", "Leave", "the answers are kept as a draft"),
            Option("forget", "Leave and forget these answers"),
        ]
        return options

    def _do(self, chosen: str) -> int | str | None:
        """Carry a choice out: the exit code, or the question to ask again, or None to ask what to do again."""
        match chosen:
            case "run" | "save" if self._made:
                return self._save(self._made, run=chosen == "run")
            case "change":
                return self._choose_question()
            case "diff" if self._made:
                show_changes(self._made.changes)
                return None
            case "leave":
                return self._leave()
            case "forget":
                self._session.forget_draft()
                return ExitCode.DONE
            case _:
                return chosen

    def _choose_question(self) -> str:
        setup = self._session.draft.setup
        asked = [key for key in keys() if is_asked(key, setup, advanced=True)]
        titles = list(dict.fromkeys(map(title_of, asked)))
        title = self._asker.choose("About", [Option(title, title) for title in titles])
        options = [Option(key, label_of(key), _now(key, self._session)) for key in asked if title_of(key) == title]
        return self._asker.choose("Which answer", options)

    def _save(self, made: Rendering, *, run: bool) -> int | None:
        session = self._session
        overwrite = [change.path for change in made.changes if change.asks and self._gives_up(change.path, change.diff)]
        try:
            with folder_lock(session.folder.private):
                made = rendering(
                    session.folder, setup=session.draft.setup, overwrite=overwrite, client_secret=session.client_secret
                )
                session.save()
                write(session.folder, made)
        except CodehubError as error:
            say(f"Not saved. {error}", colour="red")
            return None
        folder = session.folder.path
        remember(recall().with_folder(folder))
        say(f"Saved in {folder.absolute()}.")
        if not run:
            say(f"Next: codehub plan {quoted(folder)}, then codehub apply {quoted(folder)}")
            return ExitCode.DONE
        return apply_folder(folder)

    def _leave(self) -> int | None:
        try:
            self._session.keep_draft()
        except CodehubError as error:
            say(f"The draft cannot be kept. {error}", colour="red")
            return None
        return ExitCode.DONE

    def _gives_up(self, path: str, diff: str) -> bool:
        """Whether a person's own version of a file is to be replaced."""
        click.echo()
        say(f"You changed {path}, and codehub has something new for it too:")
        for line in diff.splitlines():
            say(line, indent=2)
        options = (Option("keep", "Keep mine"), Option("take", "Take codehub's", "yours is lost"))
        return self._asker.choose(path, options, "keep") == "take"


def _say_answers(session: WizardSession) -> None:
    """Each answer that is asked, or differs from the default, and what it becomes."""
    setup, title = session.draft.setup, ""
    for key in _told(setup, advanced=session.advanced):
        if title_of(key) != title:
            title = title_of(key)
            say(f"{title}:")
        say(f"{label_of(key)}: {_now(key, session)}", indent=2)
        one = question(key)
        if one:
            say(f"becomes: {one.becomes(setup)}", indent=6, colour="bright_black")


def _told(setup: Setup, *, advanced: bool) -> Iterator[str]:
    usual = Setup()
    for key in keys():
        if not is_asked(key, setup, advanced=True):
            continue
        if is_asked(key, setup, advanced=advanced) or get(setup, key) != get(usual, key):
            yield key


def _now(key: str, session: WizardSession) -> str:
    if key == CLIENT_SECRET:
        return "missing" if session.wants_client_secret else "•••"
    return session.draft.shown(key) or "(empty)"


def _field(problem: Problem) -> bool:
    return problem.field == CLIENT_SECRET or question(problem.field) is not None


def _label(problem: Problem) -> str:
    return label_of(problem.field) if _field(problem) else problem.field
