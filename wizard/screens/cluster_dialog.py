"""Starting a local cluster from the Target screen: what it is made of, the commands, and what they say."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Footer, Input, Label, Log, Select, Static

from wizard.errors import CodehubError
from wizard.reporting import TaskState
from wizard.screens.jobs import Job, Jobs, sentence
from wizard.text import clean

if TYPE_CHECKING:
    from wizard.tools.cluster_new import NewCluster
    from wizard.tools.cluster_start import StartedCluster


class ClusterDialog(ModalScreen["StartedCluster"]):
    """The result is the cluster that runs, or None."""

    CSS_PATH = "dialogs.tcss"
    DEFAULT_CSS = """
    ClusterDialog { align: center middle; background: $background 60%; }
    ClusterDialog Grid { grid-size: 2; grid-columns: 12 1fr; grid-rows: 1; height: auto; }
    ClusterDialog Log { height: 6; margin-top: 1; display: none; }
    ClusterDialog.-working Log { display: block; }
    ClusterDialog .commands { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", id="dialog.cancel")]

    def __init__(self, wanted: NewCluster, products: tuple[str, ...], host: str) -> None:
        super().__init__()
        self._wanted = wanted
        self._products = products
        self._host = host
        self._jobs: Jobs | None = None

    def compose(self) -> ComposeResult:
        new = self._wanted
        with Vertical(classes="dialog"):
            yield Static("Start a local cluster", classes="title", markup=False)
            with Grid():
                yield Label("Product")
                yield Select(
                    [(one, one) for one in self._products],
                    value=new.product,
                    allow_blank=False,
                    compact=True,
                    id="product",
                )
                yield Label("Driver", classes="-minikube")
                yield Input("", placeholder="minikube's choice", compact=True, id="driver", classes="-minikube")
                yield Label("CPUs", classes="-minikube")
                yield Input(str(new.cpus), type="integer", compact=True, id="cpus", classes="-minikube")
                yield Label("Memory, MiB", classes="-memory")
                yield Input(str(new.memory), type="integer", compact=True, id="memory", classes="-memory")
                yield Label("Ingress")
                yield Checkbox("with an ingress controller", new.ingress, compact=True, id="ingress")
            yield Static("", classes="commands", markup=False)
            yield Log(auto_scroll=True)
            with Horizontal(classes="buttons"):
                yield Button("Start it", id="start", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the commands of what is proposed."""
        self._jobs = Jobs(self.app)
        self._show()

    def on_unmount(self) -> None:
        """Stop what is being started."""
        if self._jobs:
            self._jobs.cancel_all()

    @on(Select.Changed)
    @on(Input.Changed)
    @on(Checkbox.Changed)
    def _show(self) -> None:
        product = str(self.query_one("#product", Select).value)
        for field in self.query(".-minikube"):
            field.display = product == "minikube"
        for field in self.query(".-memory"):
            field.display = product in {"minikube", "k3d"}
        try:
            self._wanted = self._chosen(product)
            said, usable = "\n".join(f"$ {line}" for line in self._wanted.commands()), True
        except CodehubError as error:
            said, usable = f"✖ {sentence(error)}", False
        self.query_one(".commands", Static).update(said)
        self.query_one("#start", Button).disabled = not usable

    def _chosen(self, product: str) -> NewCluster:
        return dataclasses.replace(
            self._wanted,
            product=product,
            driver=self.query_one("#driver", Input).value.strip() if product == "minikube" else "",
            cpus=int(self.query_one("#cpus", Input).value or 0),
            memory=int(self.query_one("#memory", Input).value or 0),
            ingress=self.query_one("#ingress", Checkbox).value,
        )

    @on(Button.Pressed, "#start")
    def _start(self) -> None:
        from wizard.tools.cluster_start import start_cluster

        wanted = self._wanted
        self.add_class("-working")
        for widget in self.query("Grid, #start"):
            widget.disabled = True
        self.query_one("#cancel", Button).focus()
        if self._jobs is not None:
            self._jobs.start("start", lambda job: start_cluster(wanted, _ToLog(job, self)), self._started, self._failed)

    def _started(self, started: StartedCluster) -> None:
        from wizard.tools.hub_entries import hosts_command

        if started.address and self._host and started.address != "127.0.0.1":
            command = hosts_command(f"{started.address} {self._host}")
            self.app.copy_to_clipboard(command)
            self.app.notify(command, title=f"This machine does not know {self._host} yet; copied", timeout=30)
        self.dismiss(started)

    def _failed(self, error: Exception) -> None:
        self.query_one(".commands", Static).update(f"✖ {sentence(error)}")
        for widget in self.query("Grid, #start"):
            widget.disabled = False
        self.query_one("#start", Button).focus()

    def write(self, lines: Iterable[str]) -> None:
        """Add to what the programs say."""
        self.query_one(Log).write_lines(lines)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Start nothing; what is being started is stopped."""
        self.dismiss(None)


class _ToLog:
    """A Reporter that writes into the dialog."""

    def __init__(self, job: Job, dialog: ClusterDialog) -> None:
        self._job = job
        self._dialog = dialog

    def lines(self, lines: Iterable[str], *, task: str = "", stream: str = "out") -> None:  # noqa: ARG002
        self._job.tell(self._dialog.write, [clean(line) for line in lines])

    def task(
        self,
        task: str,  # noqa: ARG002 - a Reporter's signature
        name: str,
        state: TaskState,
        *,
        current: int = 0,  # noqa: ARG002
        total: int = 0,  # noqa: ARG002
        unit: str = "",  # noqa: ARG002
        detail: str = "",  # noqa: ARG002
    ) -> None:
        if state is TaskState.RUNNING:
            self._job.tell(self._dialog.write, [f"$ {name}"])

    def progress(self, current: int, total: int, unit: str = "steps") -> None:
        """Not shown."""

    def notice(self, text: str, *, level: str = "warning") -> None:  # noqa: ARG002
        self._job.tell(self._dialog.write, [clean(text)])
