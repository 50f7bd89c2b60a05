"""How a question is declared: as metadata beside the field of the model that holds its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from wizard.setup import rules

if TYPE_CHECKING:
    from wizard.setup.model import Setup


@dataclass(frozen=True)
class Choice:
    """One of the values that a question offers."""

    value: str
    label: str
    description: str = ""


_CHART_TRAIT = re.compile(r"^config\.yaml: (?:hub\.config\.|(?=…))(\S+): ")


@dataclass(frozen=True)
class Ask:
    """The question whose answer is a field: made into form, prompt, flag and docs.

    label: a few words; help: a sentence or two for F1; becomes: the line of the file or command that the
    answer becomes, with {value}; docker, local: the same with those targets, where it is another line; when: whether
    it is asked, given the answers so far; advanced: asked only when the person wants all questions.
    """

    label: str
    help: str
    becomes: str
    choices: tuple[Choice, ...] = ()
    when: Callable[[Setup], bool] | None = None
    advanced: bool = False
    example: str = ""
    docker: str = ""
    local: str = ""

    def line(self, target: str) -> str:
        """The line that the answer becomes with a target (Setup's target.kind), with {value}."""
        if target == "kubernetes":
            return self.becomes
        # Helm hands hub.config to JupyterHub; the other targets write the same traits themselves.
        trait = _CHART_TRAIT.sub(r"jupyterhub_config.py: \1: ", self.becomes)
        return (self.docker if target == "docker" else self.local) or trait


class Answers(BaseModel):
    """Base of all parts of a Setup: frozen, refusing unknown fields and silent conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def _as_rule(rule: rules.Rule) -> Any:
    return AfterValidator(rule)


Text = Annotated[str, _as_rule(rules.plain_text)]
ImageName = Annotated[str, _as_rule(rules.image_name)]
ImageTag = Annotated[str, _as_rule(rules.image_tag)]
ImageReference = Annotated[str, _as_rule(rules.image_reference)]
OptionalPath = Annotated[str, _as_rule(rules.optional(rules.path))]
OptionalReference = Annotated[str, _as_rule(rules.optional(rules.image_reference))]
OptionalRegistry = Annotated[str, _as_rule(rules.optional(rules.registry))]
OptionalUrl = Annotated[str, _as_rule(rules.optional(rules.url))]
OptionalHost = Annotated[str, _as_rule(rules.optional(rules.host))]
OptionalName = Annotated[str, _as_rule(rules.optional(rules.object_name))]
OptionalChecksum = Annotated[str, _as_rule(rules.optional(rules.checksum))]
OptionalMemory = Annotated[str, _as_rule(rules.optional(rules.memory))]
Extension = Annotated[str, _as_rule(rules.extension)]
Package = Annotated[str, _as_rule(rules.package)]
Platform = Annotated[str, _as_rule(rules.platform)]
Digest = Annotated[str, _as_rule(rules.digest)]
ArgName = Annotated[str, _as_rule(rules.build_arg)]
UserName = Annotated[str, _as_rule(rules.user)]
