"""Where it will run: the kind of target, the cluster, and what is in it to pick from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from wizard.screens.form import FormScreen, Group
from wizard.screens.jobs import Job, sentence
from wizard.widgets.choose_table import ChooseTable
from wizard.widgets.context_table import ContextTable
from wizard.widgets.help_line import HelpLine
from wizard.wording import counted

if TYPE_CHECKING:
    from wizard.catalog.models import ChartRelease, Listing
    from wizard.tools.cluster_start import StartedCluster
    from wizard.tools.clusters import Details, Found
    from wizard.tools.kubeconfig import KubeConfig

_CONTEXT = "target.context"


class TargetScreen(FormScreen):
    """Contexts are read live and asked in the background; whatever they do, the keys answer."""

    key = "target"
    intro = "Where the hub and the editors will run."
    CSS_PATH: ClassVar[CSSPathType | None] = ["base.tcss", "target.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "start_cluster", "Start a cluster", id="target.start-cluster"),
    ]
    groups = (
        Group("", ("target.kind",)),
        Group("Cluster", (_CONTEXT,)),
        Group("", ("target.namespace", "target.release")),
        Group("How browsers reach it", ("target.expose.",)),
        Group("This Docker host", ("target.docker.",)),
        Group("Chart and images", ("target.chart.", "target.delivery", "target.pull_secret")),
        Group("Afterwards", ("target.verify",)),
    )

    def after(self, group: Group) -> Iterator[Widget]:
        """The table of contexts below their field."""
        if group.title == "Cluster":
            yield ContextTable()
            yield Static("", id="cluster", markup=False)

    def on_mount(self) -> None:
        """Begin to ask."""
        self.query_one(ContextTable).choose(self.session.draft.setup.target.context)
        self._look_at_contexts()
        self.jobs.start("charts", self._read_charts, self._show_charts, lambda _error: None)
        self._ask_cluster()

    def _look_at_contexts(self) -> None:
        self.jobs.start("contexts", self._survey, self._surveyed, self._no_contexts)

    def _surveyed(self, found: Sequence[Found]) -> None:
        """Offer to start a cluster where none answers."""
        from wizard.tools.cluster_new import available

        if not any(one.reachable for one in found) and (there := available()):
            text = f"No cluster answers. F4 starts one with {' or '.join(there)}."
            self.notify(text, title="Start a local cluster?", timeout=15)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A cluster can be started where it is wanted and its program is there."""
        if action == "start_cluster":
            from wizard.tools.cluster_new import available

            return self.session.draft.setup.target.kind == "kubernetes" and bool(available())
        return super().check_action(action, parameters)

    def action_start_cluster(self) -> None:
        """Start a cluster of minikube, kind or k3d."""
        from wizard.screens.cluster_dialog import ClusterDialog
        from wizard.tools.cluster_new import available, proposal

        host = self.session.draft.setup.target.expose.host
        self.app.push_screen(ClusterDialog(proposal(), available(), host), self._cluster_started)

    def _cluster_started(self, started: StartedCluster | None) -> None:
        if started is None:
            return
        entered = {_CONTEXT: started.context}
        if started.ingress_class and self.session.draft.setup.target.expose.host:
            entered |= {"target.expose.kind": "ingress", "target.expose.ingress_class": started.ingress_class}
        for path, value in entered.items():
            self.session.draft.enter(path, value)
            self.field(path).show_answer()
            self.answer_changed(path)
        self.notify(f"{started.context} runs Kubernetes {started.version}.")
        self._look_at_contexts()

    def show_fields(self) -> None:
        """The table belongs to Kubernetes only."""
        super().show_fields()
        kubernetes = self.session.draft.setup.target.kind == "kubernetes"
        self.query_one(ContextTable).display = kubernetes
        self.query_one("#cluster").display = kubernetes

    async def _survey(self, job: Job) -> Sequence[Found]:
        from wizard.tools.clusters import survey
        from wizard.tools.kubeconfig import read_kubeconfig

        config = read_kubeconfig()
        job.tell(self._begin, config)
        return await survey(lambda found: job.tell(self.query_one(ContextTable).found, found), contexts=config.contexts)

    def _begin(self, config: KubeConfig) -> None:
        table = self.query_one(ContextTable)
        table.begin(config.contexts, config.current)
        table.styles.height = min(max(len(config.contexts), 1), 7) + 1
        if config.unreadable:
            self.notify("\n".join(config.unreadable), title="Not readable", severity="warning")

    def _no_contexts(self, error: Exception) -> None:
        self.query_one(ContextTable).styles.height = 1
        self.query_one("#cluster", Static).update(sentence(error))

    async def _read_charts(self, job: Job) -> Listing[ChartRelease]:
        from wizard.catalog import best, listing

        job.tell(self._show_charts, best("chart"))
        return listing("chart", wait=20)

    def _show_charts(self, charts: Listing[ChartRelease]) -> None:
        offers = [(one.version, f"JupyterHub {one.jupyterhub}") for one in charts.items if not one.prerelease]
        self.field("target.chart.version").offer(offers)
        self.show_fields()

    @on(ChooseTable.Chosen)
    def _chosen(self, event: ChooseTable.Chosen) -> None:
        self.session.draft.enter(_CONTEXT, event.key)
        self.field(_CONTEXT).show_answer()
        self.answer_changed(_CONTEXT)

    def answer_changed(self, path: str) -> None:
        """Another context has other things to pick from."""
        super().answer_changed(path)
        if path in {_CONTEXT, "target.kind"}:
            self.query_one(ContextTable).choose(self.session.draft.setup.target.context)
            self._ask_cluster()

    def _ask_cluster(self) -> None:
        """Ask the chosen cluster what it has; each context once."""
        target = self.session.draft.setup.target
        self.jobs.cancel("details")
        if target.kind != "kubernetes":
            return
        known = self.session.clusters.get(target.context)
        if known is not None:
            self._show_details(target.context, known)
            return
        self.query_one("#cluster", Static).update("asking the cluster what it has …")
        self._offer(None)

        async def ask(_job: Job) -> Details:
            import asyncio

            from wizard.tools.clusters import details

            await asyncio.sleep(0.4)  # a name is still being typed
            return await details(target.context)

        self.jobs.start("details", ask, lambda found: self._show_details(target.context, found), self._no_details)

    def _no_details(self, error: Exception) -> None:
        self.query_one("#cluster", Static).update(f"✖ {sentence(error)}")

    def _show_details(self, context: str, details: Details) -> None:
        self.session.clusters[context] = details
        parts = [
            details.product,
            f"Kubernetes {details.version}",
            *([counted(details.nodes, "node")] if details.nodes is not None else []),
            ", ".join(details.architectures),
        ]
        self.query_one("#cluster", Static).update("✓ " + " · ".join(part for part in parts if part))
        self._offer(details)

    def _offer(self, details: Details | None) -> None:
        namespaces = details.namespaces or () if details else ()
        classes = details.ingress_classes or {} if details else {}
        self.field("target.namespace").offer([(name, "") for name in namespaces])
        self.field("target.expose.ingress_class").offer(
            [(name, "the default" if default else "") for name, default in classes.items()]
        )
        self.show_fields()

    @on(DataTable.RowHighlighted)
    def _row_highlighted(self) -> None:
        self.explain_focus()

    def explain_focus(self) -> None:
        """In the table: what is known of the context under the cursor."""
        table = self.query_one(ContextTable)
        if self.focused is not table:
            super().explain_focus()
            return
        found = table.about(table.key_here)
        text = f"{found.context.server}. {found.why}" if found else "Space chooses, Enter chooses and goes on."
        self.query_one(HelpLine).explain(table.key_here, text.strip())
