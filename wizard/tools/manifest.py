"""The objects of a manifest, as Helm gives it."""

from __future__ import annotations

from typing import Any

import yaml

from wizard.errors import StepFailed
from wizard.foreign import load_manifest
from wizard.text import clean


def manifest_objects(text: str, *, as_texts: bool = False) -> list[dict[str, Any]]:
    """Each document that is a mapping; as_texts: every scalar as the text that it is.

    Raises StepFailed for a manifest that is no YAML, or more than a manifest can be.
    """
    try:
        return load_manifest(text, as_texts=as_texts)
    except yaml.YAMLError as error:
        raise StepFailed(
            "The release's manifest cannot be read.",
            why=clean(str(error).partition("\n")[0]),
            fix="Look at it: `helm get manifest RELEASE -n NAMESPACE`. The chart's templates make it.",
            address="helm-failed",
        ) from None
