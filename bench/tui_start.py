"""The wizard's first paint beside that of a bare Textual app, each from the start of its Python to the end of it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import ROOT, Row, command, side_by_side

_BARE = """
from textual.app import App
from textual.widgets import Footer, Header, Input, Label, ListItem, ListView, Static
class Bare(App):
    def compose(self):
        yield Header(); yield Static("one"); yield Label("two"); yield Input()
        yield ListView(ListItem(Label("three")), ListItem(Label("four"))); yield Footer()
    def on_mount(self): self.call_after_refresh(self.exit)
Bare().run(headless=True)
"""

_WIZARD = """
import sys
from pathlib import Path
from wizard.app import CodehubApp
class Timed(CodehubApp):
    def on_mount(self):
        self.call_after_refresh(self.exit)
Timed(Path(sys.argv[1])).run(headless=True)
"""


def rows() -> Iterator[Row]:
    """Measure; both draw on nothing, so that no terminal's speed counts."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        empty = Path(folder) / "hub"
        empty.mkdir()
        ours = command(sys.executable, "-P", "-c", _WIZARD, empty, env=env)
        yield Row(
            "the wizard's first paint",
            "a Textual app with 8 widgets",
            *side_by_side(ours, command(sys.executable, "-P", "-c", _BARE, env=env), 10),
            goal="≤ 1.5",
            note="from the start of Python to its end",
        )
