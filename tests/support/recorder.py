"""A Reporter that remembers what it was told, as tests want to look at it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wizard.reporting import TaskState


@dataclass(frozen=True)
class Seen:
    """One report about a piece of work."""

    task: str
    name: str
    state: TaskState
    current: int = 0
    total: int = 0
    unit: str = ""
    detail: str = ""


@dataclass
class Recorder:
    """Everything that a tool reported, in its order."""

    tasks: list[Seen] = field(default_factory=list)
    output: list[tuple[str, str, str]] = field(default_factory=list)
    steps: list[tuple[int, int, str]] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)

    def lines(self, lines: Iterable[str], *, task: str = "", stream: str = "out") -> None:
        self.output.extend((task, stream, line) for line in lines)

    def task(
        self,
        task: str,
        name: str,
        state: TaskState,
        *,
        current: int = 0,
        total: int = 0,
        unit: str = "",
        detail: str = "",
    ) -> None:
        self.tasks.append(Seen(task, name, state, current, total, unit, detail))

    def progress(self, current: int, total: int, unit: str = "steps") -> None:
        self.steps.append((current, total, unit))

    def notice(self, text: str, *, level: str = "warning") -> None:
        self.notices.append((level, text))

    def last(self) -> dict[str, TaskState]:
        """The final state of each piece of work."""
        return {seen.task: seen.state for seen in self.tasks}

    def text(self, task: str | None = None) -> list[str]:
        """The lines of output, of one piece of work or of all."""
        return [line for name, _, line in self.output if task in {None, name}]
