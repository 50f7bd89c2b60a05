"""What is wrong with answers, in words that name the field, the value, the rule and a fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from wizard.errors import UsageError
from wizard.setup.rules import RuleError

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class Problem:
    """Something about one field: an error stops `render` and `apply`, a warning is shown and no more."""

    field: str
    rule: str
    fix: str = ""
    value: str = ""
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        value = f" = {self.value}" if self.value else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.field}{value}: {self.rule}.{fix}"


class InvalidAnswers(UsageError):
    """Answers that break rules; `problems` has each of them."""

    address = "answers"

    def __init__(self, where: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(
            f"{where} has {'an answer' if count == 1 else f'{count} answers'} that cannot be used.",
            why="\n     ".join(str(problem) for problem in self.problems),
            fix="Correct it there, or with: codehub init --set FIELD=VALUE",
        )


_TYPES = {
    "string_type": "must be text; put it in quotes, YAML reads it as something else",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "list_type": "must be a list: [one, two]",
    "dict_type": "must be a map: {NAME: value}",
    "model_type": "must be a map of fields",
    "model_attributes_type": "must be a map of fields",
    "missing": "is missing",
    "finite_number": "must be a finite number",
}


def from_validation(error: ValidationError, prefix: str = "") -> list[Problem]:
    """Pydantic's findings as problems; `prefix` is the dotted path that was validated."""
    return [_problem(detail, prefix) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, prefix: str) -> Problem:
    field = ".".join(filter(None, [prefix, *map(str, detail["loc"])])) or "codehub.yaml"
    value = detail["input"]
    shown = _short(value)
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, RuleError):
        return Problem(field, cause.rule, cause.fix, shown)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Problem(field, "there is no such answer", _closest(field), shown)
    if kind == "literal_error":
        return Problem(field, f"must be one of {detail['ctx']['expected']}", "", shown)
    if kind == "string_type" and isinstance(value, bool | int | float):
        return Problem(field, _TYPES[kind], f'Write "{_as_written(value)}".', shown)
    rule = _TYPES.get(kind) or _lower_first(detail["msg"].removeprefix("Input "))
    return Problem(field, rule, "", shown)


def _closest(field: str) -> str:
    from wizard.setup.questions import questions

    paths = [question.path for question in questions()]
    near = get_close_matches(field, paths, n=1, cutoff=0.6) or [
        path for path in paths if path.rpartition(".")[2] == field.rpartition(".")[2]
    ]
    return f"Did you mean {near[0]}?" if near else "`codehub fields` lists them."


def _as_written(value: bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: Any) -> str:
    if isinstance(value, Mapping | list) or value is None:
        return ""
    text = (
        repr(value) if isinstance(value, str) else _as_written(value) if isinstance(value, int | float) else str(value)
    )
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
