"""Putting one declared question to a person, and taking the answer into the draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from wizard.errors import CodehubError
from wizard.prompts.asking import Asker, Entry, Option, say
from wizard.run.wizard_session import CLIENT_SECRET, WizardSession
from wizard.setup.draft import MAX_TYPED
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers, Problem
from wizard.setup.questions import Question, question, questions
from wizard.setup.review import review
from wizard.setup.store import with_settings

SHOWN = 6
"""Suggestions that are printed; all of them can be completed."""
PATIENCE = 1.0
"""Seconds that a live list of versions may take, before the one that is known is offered."""

SECTIONS = {"code_server": "code-server", "images": "Images", "build": "Images", "target": "Target", "hub": "Hub"}
"""The title that the questions of a section stand under."""


def keys() -> tuple[str, ...]:
    """Every question in its order: dotted fields, and the client secret, which is no answer of codehub.yaml."""
    paths = [one.path for one in questions()]
    paths.insert(paths.index("hub.auth.client_id") + 1, CLIENT_SECRET)
    return tuple(paths)


def is_asked(key: str, setup: Setup, *, advanced: bool) -> bool:
    """Whether a question is put to the person, given the answers so far."""
    if key == CLIENT_SECRET:
        return setup.uses_oauth
    one = _question(key)
    return one.applies(setup) and (advanced or not one.ask.advanced)


def title_of(key: str) -> str:
    """The title of the group that a question belongs to."""
    return SECTIONS[key.partition(".")[0]]


def label_of(key: str) -> str:
    """What a question is called."""
    return "Client secret" if key == CLIENT_SECRET else _question(key).ask.label


def put(key: str, session: WizardSession, asker: Asker) -> None:
    """Ask one question; the answer is in the session then. Raises GoBack, KeyboardInterrupt or EOFError."""
    if key == CLIENT_SECRET:
        _put_client_secret(session, asker)
        return
    one = _question(key)
    click.echo()
    say(f"{one.ask.label}. {one.ask.help}")
    if one.ask.example and not one.ask.choices:
        say(f"Example: {one.ask.example}", indent=2)
    session.draft.enter(key, _answer(one, session, asker))
    setup = session.draft.setup
    say(f"becomes: {one.becomes(setup)}", indent=2, colour="bright_black")
    for problem in review(setup):
        if problem.field == key:
            say(in_words(problem), indent=2, colour="yellow")


def in_words(problem: Problem) -> str:
    """What is wrong with an answer, without the name of its field."""
    return f"{problem.rule[:1].upper()}{problem.rule[1:]}. {problem.fix}".strip()


def _question(key: str) -> Question:
    found = question(key)
    if found is None:
        raise KeyError(key)
    return found


def _answer(one: Question, session: WizardSession, asker: Asker) -> str:
    current = session.draft.shown(one.path)
    if one.kind == "choice":
        options = [Option(choice.value, choice.label, choice.description) for choice in one.ask.choices]
        return asker.choose(one.ask.label, options, current)
    if one.kind == "bool":
        return asker.choose(one.ask.label, (Option("true", "yes"), Option("false", "no")), current)
    suggestions = _suggestions(one.path)
    if suggestions:
        more = " …" if len(suggestions) > SHOWN else ""
        say(f"Known: {', '.join(suggestions[:SHOWN])}{more}", indent=2)
    return asker.text(Entry(one.ask.label, current, _checker(one, session.draft.setup), suggestions, one.is_path))


def _checker(one: Question, setup: Setup) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(text) > MAX_TYPED:
            return f"That is too long: {len(text):,} characters, of {MAX_TYPED:,} at the most."
        try:
            with_settings(setup, [f"{one.path}={text}"])
        except InvalidAnswers as error:
            return in_words(error.problems[0])
        return ""

    return check


def _put_client_secret(session: WizardSession, asker: Asker) -> None:
    click.echo()
    say("Client secret. From the provider's page for this app; it goes to secrets.yaml only, which you alone can read.")
    if session.client_secret or not session.wants_client_secret:
        say("There is one already; leave it empty to keep that.", indent=2)
    else:
        say("Leave it empty to put it into secrets.yaml later; nothing can be deployed before.", indent=2)
    session.client_secret = asker.secret("Client secret") or session.client_secret
    say("becomes: secrets.yaml: hub.config.…client_secret", indent=2, colour="bright_black")


def _suggestions(path: str) -> Sequence[str]:
    """Answers that this machine or the catalogue knows of; none where nothing is known."""
    if path == "code_server.version":
        from wizard.catalog import listing

        return [tag.tag for tag in listing("code-server", wait=PATIENCE).items if not tag.prerelease]
    if path == "target.chart.version":
        from wizard.catalog import listing

        return [release.version for release in listing("chart", wait=PATIENCE).items if not release.prerelease]
    if path == "target.context":
        from wizard.tools.kubeconfig import read_kubeconfig

        try:
            return [context.name for context in read_kubeconfig().contexts]
        except CodehubError:
            return []
    return []
