"""All questions, in the order in which they are asked, taken from the model's declarations."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from wizard.setup.ask import Ask, OptionalPath
from wizard.setup.model import Setup
from wizard.setup.problems import Problem, from_validation
from wizard.setup.typed import show_list, show_map


@dataclass(frozen=True)
class Question:
    """One question: `path` is the dotted field that its answer goes to, `kind` how it is typed in."""

    path: str
    ask: Ask
    kind: typing.Literal["text", "choice", "bool", "int", "float", "list", "map"]
    annotation: Any

    @property
    def section(self) -> str:
        """The first part of the path; each section is a step of the wizard."""
        return self.path.partition(".")[0]

    @property
    def is_path(self) -> bool:
        """Whether the answer is the path of a file, which can be completed."""
        (rule,) = typing.get_args(OptionalPath)[1:]
        return rule in typing.get_args(self.annotation)

    def applies(self, setup: Setup) -> bool:
        """Whether it is asked, given the answers so far."""
        if self.section in {"images", "build"} and not setup.builds_images:
            return False
        return self.ask.when is None or self.ask.when(setup)

    def becomes(self, setup: Setup) -> str:
        """The line of a file or command that the present answer becomes."""
        return self.ask.line(setup.target.kind).format(value=self.show(setup))

    def show(self, setup: Setup) -> str:
        """The present answer as a person would type it."""
        return show(get(setup, self.path))

    def check(self, value: Any) -> Problem | None:
        """What is wrong with a value for this field by itself, or None."""
        try:
            TypeAdapter(self.annotation).validate_python(value, strict=True)
        except ValidationError as error:
            return from_validation(error, self.path)[0]
        return None


def show(value: Any) -> str:
    """A value as a person would type it: lists with commas, maps as K=V, yes and no for booleans."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return show_list(value)
    if isinstance(value, dict):
        return show_map(value)
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return str(value)


@cache
def questions() -> tuple[Question, ...]:
    """Every question of the model, in order."""
    return tuple(_walk(Setup, ""))


def question(path: str) -> Question | None:
    """The question of a dotted field, or None when there is no such field."""
    return next((one for one in questions() if one.path == path), None)


def get(setup: Setup, path: str) -> Any:
    """The answer at a dotted path; AttributeError when there is no such field."""
    value: Any = setup
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Question]:
    hints = typing.get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        if field.alias:
            continue
        path, hint = prefix + name, hints[name]
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            yield from _walk(hint, path + ".")
            continue
        ask = next((item for item in field.metadata if isinstance(item, Ask)), None)
        if ask is None:
            raise TypeError(f"{path} has no question")
        yield Question(path, ask, _kind(hint, ask), hint)


def _kind(hint: Any, ask: Ask) -> typing.Literal["text", "choice", "bool", "int", "float", "list", "map"]:
    bare = hint
    while typing.get_origin(bare) is typing.Annotated:
        bare = typing.get_args(bare)[0]
    if ask.choices:
        return "choice"
    origin = typing.get_origin(bare) or bare
    kinds: dict[Any, typing.Literal["text", "bool", "int", "float", "list", "map"]] = {
        bool: "bool",
        int: "int",
        float: "float",
        list: "list",
        dict: "map",
        str: "text",
    }
    if origin is types.UnionType or origin not in kinds:
        raise TypeError(f"no question can be made for {json.dumps(str(hint))}")
    return kinds[origin]
