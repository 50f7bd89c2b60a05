"""The table of kube contexts: which product each is, and whether its cluster answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wizard.widgets.choose_table import ChooseTable

if TYPE_CHECKING:
    from wizard.tools.clusters import Found
    from wizard.tools.kubeconfig import KubeContext


class ContextTable(ChooseTable):
    """A row for each context, filled in as the clusters answer."""

    def __init__(self) -> None:
        super().__init__((("Context", 28), ("Product", 14), ("Cluster", 14)))
        self._contexts: tuple[KubeContext, ...] = ()
        self._current = ""
        self._found: dict[str, Found] = {}

    def begin(self, contexts: Sequence[KubeContext], current: str) -> None:
        """Show contexts whose clusters are being asked; `current` is kubectl's."""
        self._contexts, self._current, self._found = tuple(contexts), current, {}
        self.show_all()

    def found(self, found: Found) -> None:
        """A cluster has answered, or will not."""
        self._found[found.context.name] = found
        self.show_all()

    def choose(self, key: str) -> None:
        """Put the dot before another context; an empty name is kubectl's current one."""
        super().choose(key or self._current)

    def show_all(self) -> None:
        """Show the rows anew."""
        self.show_rows([(context.name, self._cells(context)) for context in self._contexts])
        self.choose(self._chosen)

    def about(self, name: str) -> Found | None:
        """What is known of a context."""
        return self._found.get(name)

    def _cells(self, context: KubeContext) -> tuple[str, str, str]:
        name = f"{context.name} (current)" if context.name == self._current else context.name
        found = self._found.get(context.name)
        if found is None:
            return name, "", "asking …"
        state = f"✓ {found.version}" if found.reachable else "✖ no answer"
        return name, found.product, state
