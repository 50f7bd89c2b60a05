"""The user's own keys: `keys.yaml` in codehub's configuration folder, a map from a binding's id to its keys.

For example `wizard.next: f8` or `wizard.back: f7,escape`; F1 on the start screen names the ids.
"""

from __future__ import annotations

from pathlib import Path

from wizard.errors import UsageError
from wizard.files import read_text

_LIMIT = 64 * 1024


def keymap_file() -> Path:
    """Where the user's keys are looked for; it need not exist."""
    from platformdirs import user_config_path

    return user_config_path("codehub") / "keys.yaml"


def load_keymap(path: Path) -> dict[str, str]:
    """The keys by binding id, empty where there is no file; raises UsageError for one that cannot be used."""
    if not path.exists():
        return {}
    import yaml

    from wizard.foreign import load_yaml

    try:
        document = load_yaml(read_text(path, limit=_LIMIT)) or {}
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML.", fix="Write lines such as: wizard.next: f8") from error
    if not isinstance(document, dict) or not all(isinstance(one, str) for pair in document.items() for one in pair):
        raise UsageError(f"{path} is not a map from binding ids to keys.", fix="Write lines such as: wizard.next: f8")
    return document
