"""A person who answers by a script: an Asker for tests, which holds that nothing else is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wizard.prompts.asking import Entry, GoBack, Option

BACK = object()
"""Given as an answer: the person goes back."""

Answer = str | object
Answers = Mapping[str, Answer | list[Answer]]


class Scripted:
    """Answers by label; a list is used up one by one, and a label that is not in it keeps the current answer.

    asked: every label, in order; invented: called with each question for which the script has nothing.
    """

    keys = ""

    def __init__(self, answers: Answers, invented: Callable[[str, str], Answer] | None = None) -> None:
        self._answers = {label: list(a) if isinstance(a, list) else a for label, a in answers.items()}
        self._invented = invented
        self.asked: list[str] = []
        self.offered: dict[str, list[Option]] = {}

    def choose(self, label: str, options: Sequence[Option], current: str = "", *, back: bool = True) -> str:
        self.offered[label] = list(options)
        answer = self._next(label, current, back=back)
        assert answer in {option.value for option in options}, f"{answer!r} is not offered for {label}: {options}"
        return answer

    def text(self, entry: Entry) -> str:
        answer = self._next(entry.label, entry.current)
        problem = entry.check(answer)
        assert not problem, problem
        return answer

    def secret(self, label: str) -> str:
        return self._next(label, "")

    def _next(self, label: str, current: str, *, back: bool = True) -> str:
        assert len(self.asked) < 2000, "the questions go round in circles"
        self.asked.append(label)
        answer = self._answers.get(label)
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else None
        if answer is None and self._invented is not None:
            answer = self._invented(label, current)
        if answer is BACK:
            assert back, f"there is no way back from {label}"
            raise GoBack
        return answer if isinstance(answer, str) else current
