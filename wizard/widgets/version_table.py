"""The table of code-server versions: searched, filtered, and chosen from."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.catalog.models import CodeServerTag
from wizard.widgets.choose_table import ChooseTable


class VersionTable(ChooseTable):
    """A row for each tag."""

    def __init__(self) -> None:
        super().__init__((("Tag", 20), ("VS Code", 9), ("Node", 5), ("Date", 10), ("", 18)))
        self._tags: tuple[CodeServerTag, ...] = ()
        self._installed = ""
        self._shown: tuple[CodeServerTag, ...] = ()

    def tell(self, tags: Sequence[CodeServerTag], *, installed: str) -> None:
        """The whole list; `installed`: the tag that is deployed, empty for none."""
        self._tags, self._installed, self._shown = tuple(tags), installed, ()

    def narrow(self, words: str, *, prereleases: bool) -> None:
        """Show the rows that have all words."""
        wanted = words.lower().split()
        shown = tuple(
            tag
            for tag in self._tags
            if (prereleases or not tag.prerelease or tag.tag in {self._chosen, self._installed})
            and all(word in _words(tag) for word in wanted)
        )
        if shown != self._shown or not shown:
            self._shown = shown
            newest = next((tag.tag for tag in self._tags if not tag.prerelease), "")
            self.show_rows([(tag.tag, self._cells(tag, newest)) for tag in shown])

    def _cells(self, tag: CodeServerTag, newest: str) -> tuple[str, ...]:
        notes = {
            "newest": tag.tag == newest,
            "installed now": tag.tag == self._installed,
            "pre-release": tag.prerelease,
        }
        named = ", ".join(note for note, holds in notes.items() if holds)
        return (tag.tag, tag.vscode or "?", str(tag.node_major), str(tag.date or "?"), named)


def _words(tag: CodeServerTag) -> str:
    return f"{tag.tag} vs code {tag.vscode} node {tag.node_major} {tag.date}".lower()
