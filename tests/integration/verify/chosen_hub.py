"""Real hubs that differ in what their users get, and in what the check's service may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.integration.singleuser import rig
from tests.integration.singleuser.rig import Hub
from tests.support import parts
from wizard.tools.verify_hub import SCOPES


@dataclass
class ChosenHub(Hub):
    """A hub whose users get the server of `server`, and whose service has `scopes`."""

    server: ClassVar[str] = "guarded"
    scopes: ClassVar[tuple[str, ...]] = SCOPES

    def _hub_command(self) -> list[str]:
        return [str(self.venv / "bin" / "jupyterhub"), "-f", str(Path(__file__).with_name("hub_config.py"))]

    def _environment(self) -> dict[str, str]:
        chosen = {"RIG_SERVER": self.server, "RIG_SCOPES": json.dumps(self.scopes)}
        return {**super()._environment(), **chosen, "RIG_CONFIG": str(rig.HERE / "jupyterhub_config.py")}


@contextmanager
def chosen_hub(folder: Path, server: str = "guarded", scopes: tuple[str, ...] = SCOPES) -> Iterator[ChosenHub]:
    """A hub with its proxy. server: our guarded one, the stock proxy, or one that ends at once."""
    made: type[ChosenHub] = type("Made", (ChosenHub,), {"server": server, "scopes": scopes})
    program = parts.program("hub5")
    assert program is not None
    hub = made.create(folder, program.parent.parent, "chp")
    try:
        assert isinstance(hub, ChosenHub)
        yield hub
    finally:
        hub.finish()
