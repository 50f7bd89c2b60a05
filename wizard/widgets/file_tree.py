"""The tree of files that a write would leave, each with what happens to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from wizard.run.changes import ChangeKind, FileChange

MARKS: dict[ChangeKind, tuple[str, str, str]] = {
    "new": ("+", "$text-success", "new"),
    "update": ("~", "$text-warning", "changed by codehub"),
    "same": ("=", "$text-muted", "stays as it is"),
    "edited": ("!", "$text-error", "edited by you, and codehub has something new too"),
    "kept": ("k", "$text-muted", "yours, kept"),
    "removed": ("-", "$text-error", "no longer needed, removed"),
}
"""Mark, style and words of each kind of change."""


_WORTH_A_LOOK = {"update", "edited", "removed"}


class FileTree(Tree[FileChange]):
    """Files in their folders; folders with nothing new are closed."""

    DEFAULT_CSS = """
    FileTree {
        height: 1fr; width: 34; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; overflow-x: hidden;
    }
    """

    class Shown(Message):
        """The cursor is on another file."""

        def __init__(self, change: FileChange) -> None:
            super().__init__()
            self.change = change

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__("files", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = True

    def tell(self, changes: Iterable[FileChange], overwrite: Collection[str]) -> None:
        """Show these files; `overwrite` names those that a person gave up."""
        here = self.change_here
        self.clear()
        folders: dict[str, TreeNode[FileChange]] = {}
        for change in sorted(changes, key=lambda one: ("/" in one.path, one.path)):
            *parents, name = change.path.split("/")
            node = self.root
            for depth, parent in enumerate(parents):
                path = "/".join(parents[: depth + 1])
                if path not in folders:
                    folders[path] = node.add(f"{parent}/", expand=False)
                node = folders[path]
            mark = "o" if change.path in overwrite else MARKS[change.kind][0]
            leaf = node.add_leaf(f"{mark} {name}", change)
            if change.kind in _WORTH_A_LOOK:
                _open(leaf)
            if here is not None and change.path == here.path:
                self.call_after_refresh(self._go_to, leaf)
        if here is None and self.root.children:
            self.call_after_refresh(self._go_to, self.root.children[0])

    def _go_to(self, node: TreeNode[FileChange]) -> None:
        """Tell of the file even where the cursor was on its line before: it may be another change now."""
        self.move_cursor(node)
        if node.data is not None:
            self.post_message(self.Shown(node.data))

    @property
    def change_here(self) -> FileChange | None:
        """The file under the cursor; None on a folder."""
        return self.cursor_node.data if self.cursor_node else None

    def render_label(self, node: TreeNode[FileChange], base_style: Style, style: Style) -> Text:
        """The mark in its colour, then the name."""
        label = super().render_label(node, base_style, style)
        if node.data is not None:
            colour = self.app.theme_variables.get(MARKS[node.data.kind][1].removeprefix("$"), "")
            label.stylize(colour if colour.startswith("#") else "", 0, 1)
        return label

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[FileChange]) -> None:
        """Tell which file is looked at."""
        if event.node.data is not None:
            self.post_message(self.Shown(event.node.data))


def _open(node: TreeNode[FileChange]) -> None:
    parent = node.parent
    while parent is not None:
        parent.expand()
        parent = parent.parent
