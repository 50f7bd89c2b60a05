"""Which code-server, how it comes into the image, and what is baked in beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Static

from wizard.screens.form import FormScreen, Group
from wizard.screens.jobs import Job, sentence
from wizard.widgets.choose_table import ChooseTable
from wizard.widgets.help_line import HelpLine
from wizard.widgets.version_table import VersionTable

if TYPE_CHECKING:
    from wizard.catalog.models import CodeServerTag, Listing

_PATH = "code_server.version"
_PATIENCE = 20.0
"""Seconds that the sources may take before the list that we have is left as it is."""


@dataclass(frozen=True)
class Versions:
    """A list of versions, and which of them is installed, empty for none."""

    listing: Listing[CodeServerTag]
    installed: str


class PreReleases(Checkbox):
    """A check box whose mark, not only its colour, tells whether it is on."""

    @property
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")


class CodeServerScreen(FormScreen):
    """The table of versions and the questions about code-server."""

    key = "code-server"
    CSS_PATH: ClassVar[CSSPathType | None] = ["base.tcss", "code_server.tcss"]
    intro = "The editor that everybody gets. The newest version is chosen already; Enter accepts it."
    groups = (
        Group("", (_PATH,)),
        Group(
            "",
            tuple(
                f"code_server.{name}"
                for name in (
                    "method",
                    "release_url",
                    "checksum",
                    "repository",
                    "image",
                    "extensions",
                    "packages",
                    "gallery",
                    "settings",
                    "sudo",
                )
            ),
        ),
    )

    def after(self, group: Group) -> Iterator[Widget]:
        """The table below the field."""
        if group.prefixes == (_PATH,):
            with HorizontalGroup(id="filter"):
                yield Input(placeholder="search: 4.13, node 22, 2026-11 …", compact=True, id="search", max_length=200)
                yield PreReleases("pre-releases", compact=True, id="prereleases")
            yield VersionTable()
            yield Static("reading the versions …", id="origin", markup=False)

    def on_mount(self) -> None:
        """Read the list in the background: first what is known, then what there is now."""
        self.jobs.start("versions", self._read_versions, self._show_versions, self._no_versions)

    async def _read_versions(self, job: Job) -> Versions:
        from wizard.catalog import best, listing

        installed = self._installed_version()
        job.tell(self._show_versions, Versions(best("code-server"), installed))
        return Versions(listing("code-server", wait=_PATIENCE), installed)

    def _no_versions(self, error: Exception) -> None:
        self.query_one("#origin", Static).update(sentence(error))

    def _installed_version(self) -> str:
        """What the last finished build of the notebook image put in; empty when there was none."""
        from wizard.plan.images import build_id

        saved = self.session.saved
        record = self.session.folder.load_state().state.steps.get(build_id("notebook"))
        return saved.code_server.version if saved and record and record.outcome == "done" else ""

    def _show_versions(self, versions: Versions) -> None:
        table, listing = self.query_one(VersionTable), versions.listing
        table.choose(self.session.draft.setup.code_server.version)
        table.tell(listing.items, installed=versions.installed)
        note = f"; {listing.note}" if listing.note else ""
        self.query_one("#origin", Static).update(f"{listing.describe()}{note}")
        self._narrow()

    @on(Input.Changed, "#search")
    @on(Checkbox.Changed)
    def _narrow(self) -> None:
        words = self.query_one("#search", Input).value
        self.query_one(VersionTable).narrow(words, prereleases=self.query_one(PreReleases).value)

    @on(Input.Submitted, "#search")
    def _to_table(self) -> None:
        self.query_one(VersionTable).focus()

    @on(ChooseTable.Chosen)
    def _chosen(self, event: ChooseTable.Chosen) -> None:
        self.session.draft.enter(_PATH, event.key)
        self.field(_PATH).show_answer()
        self.answer_changed(_PATH)

    def answer_changed(self, path: str) -> None:
        """Mark the version in the table."""
        super().answer_changed(path)
        if path == _PATH:
            self.query_one(VersionTable).choose(self.session.draft.setup.code_server.version)

    def explain_focus(self) -> None:
        """What the table and its search are for."""
        here = self.focused
        texts = {
            "search": "Words that a row must have: a part of the version, `node 22`, a year. Enter goes to the table.",
            "prereleases": "Show release candidates too. Space switches.",
        }
        if isinstance(here, VersionTable):
            self.query_one(HelpLine).explain("Versions", "Space chooses, Enter chooses and goes on.")
        elif here is not None and here.id in texts:
            self.query_one(HelpLine).explain("Versions", texts[here.id])
        else:
            super().explain_focus()
